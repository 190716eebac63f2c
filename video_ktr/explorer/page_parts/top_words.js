// The words that the present selection marks most often, in this reply or in all replies to the prompt.

const MOST = 15;
const trimmed = (text) => text.trim().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").toLowerCase();

function countWords(marks) {
  const found = new Map();
  thePrompt().completions.forEach((completion, index) => {
    if (state.top === "reply" && index !== state.completion) return;
    completion.words.forEach((tokens, word) => {
      const text = trimmed(wordText(completion, word));
      if (!text) return;
      if (!found.has(text)) found.set(text, { text, seen: 0, any: 0, visual: 0, temporal: 0, entropy: 0, first: null });
      const entry = found.get(text);
      const bits = tokens.reduce((all, token) => all | marks[index].bits[token], 0);
      entry.seen += 1;
      entry.any += bits ? 1 : 0;
      for (const name of SIGNALS) entry[name] += bits & BITS[name] ? 1 : 0;
      if (bits && index === state.completion) entry.first ??= word;
    });
  });
  return found;
}

const sorting = { by: "any" };

function showTop(marks) {
  const entries = [...countWords(marks).values()].filter((entry) => entry[sorting.by] > 0);
  entries.sort((a, b) => b[sorting.by] - a[sorting.by] || b.any / b.seen - a.any / a.seen);
  const lines = entries.slice(0, MOST).map((entry) => {
    const word = entry.first === null ? make("span", {}, entry.text) : make("button", { type: "button", class: "link", "data-first": entry.first }, entry.text);
    const counts = SIGNALS.map((name) => cell(entry[name] ? count(entry[name]) : "\u00b7"));
    return row(make("th", { scope: "row" }, word), ...counts, cell(`${count(entry.any)} of ${count(entry.seen)}`));
  });
  if (!lines.length) lines.push(row(make("td", { colspan: 5, class: "soft" }, "No word is selected.")));
  byId("top").tBodies[0].replaceChildren(...lines);
}

function sortButton(by, label, content, kind) {
  const button = make("button", { type: "button", class: "link", "data-sort": by, "aria-label": `Sort by ${label}` }, content);
  return make("th", { scope: "col", class: "number", "aria-sort": by === sorting.by ? "descending" : "none" }, kind ? make("span", { class: kind }, button) : button);
}

function fillTop() {
  const heads = SIGNALS.map((name) => sortButton(name, LABELS[name], LETTERS[name], `chip ${name} chosen`));
  byId("top").replaceChildren(make("thead", {}, row(head("word"), ...heads, sortButton("any", "times selected", "selected"))), make("tbody"));
  byId("top").addEventListener("click", (event) => {
    const { sort, first } = event.target.closest("button")?.dataset ?? {};
    if (first !== undefined) moveTo(Number(first));
    if (sort === undefined) return;
    sorting.by = sort;
    for (const button of byId("top").querySelectorAll("[data-sort]")) {
      button.closest("th").setAttribute("aria-sort", button.dataset.sort === sort ? "descending" : "none");
    }
    showTop(shown.marks);
  });
  byId("top-of").replaceChildren(make("option", { value: "reply" }, "this reply"), make("option", { value: "group" }, "all replies to the prompt"));
  byId("top-of").addEventListener("change", (event) => {
    state.top = event.target.value;
    showTop(shown.marks);
  });
}
