// Keys: arrows move between words, Enter pins, Escape lets go, V, T and U switch signals.

const SWITCHES = { v: "visual", t: "temporal", u: "entropy" };

// The word on the line above (-1) or below (1) that stands nearest to this one.
function verticalNeighbour(index, direction) {
  const box = (at) => reply.spans[at].getClientRects()[0];
  const start = box(index);
  const middle = (start.left + start.right) / 2;
  const isOtherLine = (a, b) => Math.abs(a.top - b.top) > a.height / 2;
  let best = index;
  let line = null;
  for (let at = index + direction; at >= 0 && at < reply.spans.length; at += direction) {
    const here = box(at);
    if (!isOtherLine(start, here)) continue;
    line ??= here;
    if (isOtherLine(line, here)) break;
    const distance = (rectangle) => Math.abs((rectangle.left + rectangle.right) / 2 - middle);
    if (best === index || distance(here) < distance(box(best))) best = at;
  }
  return best;
}

const MOVES = {
  ArrowRight: (index) => index + 1,
  ArrowLeft: (index) => index - 1,
  ArrowDown: (index) => verticalNeighbour(index, 1),
  ArrowUp: (index) => verticalNeighbour(index, -1),
  Home: () => 0,
  End: () => reply.spans.length - 1,
};

function keyInReply(event) {
  if (event.key in MOVES) {
    moveTo(Math.max(0, Math.min(reply.spans.length - 1, MOVES[event.key](state.word))));
  } else if (event.key === "Enter" || event.key === " ") {
    togglePin(state.word);
  } else {
    return;
  }
  event.preventDefault();
}

function watchKeys() {
  byId("reply").addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.altKey && !event.metaKey && reply.spans.length) keyInReply(event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLSelectElement) return;
    if (event.key === "Escape") {
      hideCard();
      pin(null);
    }
    const name = SWITCHES[event.key.toLowerCase()];
    if (name) toggleSignal(name);
  });
}
