// Elements made from tags, attributes and text. Text is only ever text: nothing here reads markup.

const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const row = (...cells) => make("tr", {}, ...cells);
const cell = (text, kind = "number") => make("td", { class: kind }, text);
const head = (text, scope = "col", kind = "") => make("th", { scope, class: kind }, text);

function setFacts(list, facts) {
  const pairs = Object.entries(facts).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  list.replaceChildren(...pairs);
  list.hidden = pairs.length === 0;
}

// A bar from 0 to 1 that repeats a number beside it, so it is hidden from screen readers.
function bar(share, kind) {
  const fill = make("span", { class: `fill ${kind}` });
  fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  return make("span", { class: "bar", "aria-hidden": "true" }, fill);
}
