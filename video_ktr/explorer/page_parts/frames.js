// The frames with their times, a temporal slot at a time, lit by how much the pinned word hangs on each slot.

function frameFigure(frame, number) {
  const time = frame.seconds === null ? `frame ${number}` : timeText(frame.seconds);
  const name = frame.seconds === null ? `frame ${number}` : `frame ${number}, at ${time}`;
  const image = make("img", { src: `data:image/jpeg;base64,${frame.image}`, alt: name, draggable: "false" });
  return make("figure", {}, image, make("figcaption", {}, time));
}

function showFrames() {
  const { frames } = thePrompt();
  const slots = new Map();
  frames.forEach((frame, index) => {
    if (!slots.has(frame.slot)) {
      const item = make("li", { class: "slot" }, make("div", { class: "pictures" }), make("p", { class: "heat" }));
      item.dataset.slot = frame.slot;
      slots.set(frame.slot, item);
    }
    slots.get(frame.slot).firstChild.append(frameFigure(frame, index + 1));
  });
  byId("frames").replaceChildren(...slots.values());
  byId("stage").hidden = frames.length === 0;
}

// The drop of a word in a slot is that of its token with the largest drop, up or down.
function wordDrops(completion, index) {
  const rows = completion.words[index].map((token) => completion.frameScores[token]);
  return rows[0].map((_, slot) => rows.map((values) => values[slot]).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)));
}

// Nats. A word whose largest drop is below stays dim: its probability changes by less than a tenth whatever is left out.
const FULL_HEAT = 0.1;

function showHeat() {
  const completion = theReply();
  const isLit = state.pinned !== null && completion.frameScores !== null;
  const drops = isLit ? wordDrops(completion, state.pinned) : [];
  const largest = Math.max(...drops.map(Math.abs));
  const strip = byId("frames");
  strip.classList.toggle("lit", isLit);
  for (const item of strip.children) {
    const value = drops[item.dataset.slot] ?? 0;
    item.classList.toggle("against", value < 0);
    item.classList.toggle("strongest", isLit && largest > 0 && Math.abs(value) === largest);
    item.style.setProperty("--heat", isLit ? Math.abs(value) / Math.max(largest, FULL_HEAT) : 0);
    item.lastChild.textContent = isLit ? drop(value) : "";
  }
  const strongest = strip.querySelector(".strongest");
  if (strongest) strip.scrollLeft = strongest.offsetLeft - (strip.clientWidth - strongest.offsetWidth) / 2;
  byId("frames-note").textContent = framesNote(completion, isLit);
}

function framesNote(completion, isLit) {
  if (completion.frameScores === null) return "";
  if (!isLit) return "Pin a word to light the frames that it hangs on.";
  return "Nats by which the word's log-probability drops (+) or rises (\u2212) once these frames are left out; of a word's tokens, the one that changes most.";
}
