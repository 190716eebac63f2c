// Which prompt and which of its replies is being read.

const SHORT = 90;
const shorten = (text) => (text.length > SHORT ? `${text.slice(0, SHORT - 1)}\u2026` : text);

function fillPrompts() {
  const options = data.prompts.map((prompt, index) => make("option", { value: index }, `${index + 1}. ${shorten(prompt.question)}`));
  byId("prompt").replaceChildren(...options);
  byId("prompts").hidden = data.prompts.length < 2;
  byId("prompt").addEventListener("change", (event) => openPrompt(Number(event.target.value)));
  byId("previous").addEventListener("click", () => openPrompt(state.prompt - 1));
  byId("next").addEventListener("click", () => openPrompt(state.prompt + 1));
  byId("replies-table").addEventListener("click", (event) => {
    const line = event.target.closest("tr[data-reply]");
    if (line) openReply(Number(line.dataset.reply));
  });
}

const factCell = (text) => cell(text, text.length > 24 ? "soft" : "number");

function showReplies() {
  const { completions } = thePrompt();
  const names = [...new Set(completions.flatMap((completion) => Object.keys(completion.facts)))];
  const lines = completions.map((completion, index) => {
    const button = make("button", { type: "button", "aria-label": `Reply ${index + 1}` }, String(index + 1));
    const facts = names.map((name) => factCell(completion.facts[name] ?? "\u2013"));
    const line = row(make("th", { scope: "row" }, button), ...facts, cell(count(completion.tokens.length)), cell("", "number share"));
    line.dataset.reply = index;
    return line;
  });
  const heads = [...names, "tokens", "update ratio"].map((name) => head(name, "col", "number"));
  byId("replies-table").replaceChildren(make("thead", {}, row(head("reply"), ...heads)), make("tbody", {}, ...lines));
  byId("replies").hidden = completions.length < 2;
}

function showShares(marks) {
  byId("replies-table").querySelectorAll("tr[data-reply]").forEach((line, index) => {
    const { learned } = marks[index];
    line.lastChild.textContent = percentText(someOf(learned) / Math.max(1, learned.length));
  });
}

function showOpenReply() {
  for (const line of byId("replies-table").querySelectorAll("tr[data-reply]")) {
    const isOpen = Number(line.dataset.reply) === state.completion;
    line.classList.toggle("open", isOpen);
    line.querySelector("button").setAttribute("aria-pressed", String(isOpen));
  }
}
