// The reply as words. They are built once for each reply; a new selection only changes the classes of those it touches.

const reply = { spans: [], bits: new Uint8Array(0), learned: new Uint8Array(0) };

function wordText(completion, index) {
  return completion.words[index].map((token) => completion.tokens[token]).join("");
}

function showReply() {
  const completion = theReply();
  const parts = [];
  reply.spans = completion.words.map((_, index) => {
    const text = wordText(completion, index);
    const bare = text.trimStart();
    const span = make("span", { role: "option", class: "word", tabindex: "-1", "aria-selected": "false" }, bare || visible(text));
    span.dataset.word = index;
    if (!bare) span.classList.add("blank");
    parts.push(text.slice(0, text.length - bare.length), span);
    return span;
  });
  reply.bits = new Uint8Array(reply.spans.length);
  reply.learned = new Uint8Array(reply.spans.length);
  byId("reply").replaceChildren(...parts);
  const isOneOfMany = thePrompt().completions.length > 1; // then its facts stand in the table of replies
  byId("reply-title").textContent = isOneOfMany ? `Reply ${state.completion + 1}` : "Reply";
  setFacts(byId("reply-facts"), isOneOfMany ? {} : completion.facts);
  state.word = 0;
  if (reply.spans.length) reply.spans[0].tabIndex = 0;
}

// A word carries every signal that any of its tokens carries.
function markWords({ bits, learned }) {
  theReply().words.forEach((tokens, index) => {
    let signals = 0;
    let learns = 0;
    for (const token of tokens) {
      signals |= bits[token];
      learns |= learned[token] ? 1 : 0;
    }
    if (signals !== reply.bits[index]) {
      const list = reply.spans[index].classList;
      for (const name of SIGNALS) list.toggle(name, (signals & BITS[name]) !== 0);
      reply.bits[index] = signals;
    }
    if (learns !== reply.learned[index]) {
      reply.spans[index].classList.toggle("learned", learns === 1);
      reply.learned[index] = learns;
    }
  });
}

const wordOf = (target) => {
  const span = target instanceof Element ? target.closest(".word") : null;
  return span === null ? null : Number(span.dataset.word);
};

// One word at a time can be reached by the tabulator key; the arrows move it.
function moveTo(index) {
  reply.spans[state.word].tabIndex = -1;
  state.word = index;
  reply.spans[index].tabIndex = 0;
  reply.spans[index].focus();
}

function pin(index) {
  if (state.pinned !== null) reply.spans[state.pinned].setAttribute("aria-selected", "false");
  state.pinned = index;
  if (index !== null) reply.spans[index].setAttribute("aria-selected", "true");
  showPinned();
  showHeat();
  document.querySelector("aside").scrollTop = 0;
}

const togglePin = (index) => pin(state.pinned === index ? null : index);
