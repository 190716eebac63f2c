// The legend that is also the controls: signals on and off, their ratios, the scope, as trained or live.

function signalControl({ name, label, meaning }) {
  const known = isScored(name) || isTrained(name);
  const toggle = make("input", { type: "checkbox", id: `on-${name}`, disabled: !known });
  toggle.checked = state.on[name];
  const range = make("input", { type: "range", id: `ratio-${name}`, min: 0, max: 100, step: 1, disabled: !isScored(name), "aria-label": `Ratio of ${label} tokens, percent` });
  range.value = wholePercent(state.ratio[name]);
  const title = make("label", { for: `on-${name}`, title: meaning }, toggle, make("span", { class: `chip ${name} chosen`, "aria-hidden": "true" }, LETTERS[name]), make("span", { class: `sample word ${name}` }, label));
  const said = make("p", { class: "soft" }, known ? meaning : "not measured");
  const chosen = make("span", { id: `count-${name}`, class: "number" });
  const value = make("output", { id: `value-${name}`, for: `ratio-${name}`, class: "number" });
  return make("div", { class: "signal" }, make("div", { class: "split" }, title, chosen), make("div", { class: "slider" }, range, value), said);
}

function choice(id, legend, options, chosen) {
  const labels = Object.entries(options).map(([value, text]) => {
    const input = make("input", { type: "radio", name: id, id: `${id}-${value}`, value });
    input.checked = value === chosen;
    return make("label", {}, input, make("span", {}, text));
  });
  return make("fieldset", { class: "choice" }, make("legend", {}, legend), ...labels);
}

function fillControls() {
  const together = make("label", { class: "plain" }, make("input", { type: "checkbox", id: "together" }), " move all ratios");
  const letters = make("label", { class: "plain" }, make("input", { type: "checkbox", id: "letters" }), " letters");
  const choices = make("div", { class: "choices" });
  if (state.mode === "trained") choices.append(choice("mode", "Selection", { trained: "as trained", live: "live" }, state.mode));
  choices.append(choice("scope", "Tokens compete within", { sequence: "their reply", group: "all replies" }, state.scope), together, letters);
  byId("controls").replaceChildren(make("div", { class: "signals" }, ...data.signals.map(signalControl)), choices);
  byId("controls").addEventListener("input", (event) => changeControl(event.target));
}

function changeControl({ id, name, value, checked }) {
  if (id === "letters") byId("reply").classList.toggle("lettered", checked);
  const signal = id.replace(/^(on|ratio)-/, "");
  if (id.startsWith("on-")) state.on[signal] = checked;
  if (id.startsWith("ratio-")) setRatio(signal, Number(value) / 100);
  if (name === "scope") state.scope = value;
  if (name === "mode") state.mode = value;
  if (name === "scope" || id.startsWith("ratio-")) goLive();
  showSelection();
}

function setRatio(signal, ratio) {
  for (const name of byId("together").checked ? SIGNALS : [signal]) {
    state.ratio[name] = ratio;
    byId(`ratio-${name}`).value = wholePercent(ratio);
  }
}

function goLive() {
  state.mode = "live";
  const live = byId("mode-live");
  if (live) live.checked = true;
}

function toggleSignal(name) {
  const toggle = byId(`on-${name}`);
  if (toggle.disabled) return;
  toggle.checked = !toggle.checked;
  changeControl(toggle);
}

// Beside each signal, how many tokens of this reply it selects now. A ratio from the settings may lie between two steps
// of its slider.
function showValues({ bits }) {
  for (const name of SIGNALS) {
    const chosen = bits.reduce((sum, value) => sum + (value & BITS[name] ? 1 : 0), 0);
    byId(`count-${name}`).textContent = state.on[name] ? `${count(chosen)} tokens` : "off";
    byId(`value-${name}`).textContent = `${Number((100 * state.ratio[name]).toPrecision(4))} %`;
  }
}

function showStatus({ learned }) {
  const total = learned.length;
  const chosen = someOf(learned);
  byId("status").textContent = isPlain(state)
    ? "No signal is on: plain GRPO, where every token learns."
    : `${count(chosen)} of ${count(total)} tokens learn: update ratio ${percentText(chosen / Math.max(1, total))}.`;
}
