// The legend that is also the controls: signals on and off, their ratios, the scope, as trained or live.

function signalControl({ name, label, meaning }) {
  const known = isScored(name) || isTrained(name);
  const toggle = make("input", { type: "checkbox", id: `on-${name}`, disabled: !known });
  toggle.checked = state.on[name];
  const range = make("input", { type: "range", id: `ratio-${name}`, min: 0, max: 100, step: 1, disabled: !isScored(name), "aria-label": `Ratio of ${label} tokens, percent` });
  range.value = state.percent[name];
  const title = make("label", { for: `on-${name}`, title: meaning }, toggle, make("span", { class: `chip ${name} chosen`, "aria-hidden": "true" }, LETTERS[name]), make("span", { class: `sample word ${name}` }, label));
  const said = make("p", { class: "soft" }, known ? meaning + wholePercent(name) : "not measured");
  const chosen = make("span", { id: `count-${name}`, class: "number" });
  const value = make("output", { id: `value-${name}`, for: `ratio-${name}`, class: "number" });
  return make("div", { class: "signal" }, make("div", { class: "split" }, title, chosen), make("div", { class: "slider" }, range, value), said);
}

// The slider holds whole percent; a ratio that is not one is said.
function wholePercent(name) {
  const percent = 100 * (data.ratios[name] ?? 0);
  return Math.abs(percent - Math.round(percent)) < 1e-9 ? "" : `; set to ${percent.toPrecision(4)} %`;
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
  if (id.startsWith("ratio-")) setPercent(signal, Number(value));
  if (name === "scope") state.scope = value;
  if (name === "mode") state.mode = value;
  if (name === "scope" || id.startsWith("ratio-")) goLive();
  showSelection();
}

function setPercent(signal, percent) {
  for (const name of byId("together").checked ? SIGNALS : [signal]) {
    state.percent[name] = percent;
    byId(`ratio-${name}`).value = percent;
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

// Beside each signal, how many tokens of this reply it selects now.
function showValues({ bits }) {
  for (const name of SIGNALS) {
    const chosen = bits.reduce((sum, value) => sum + (value & BITS[name] ? 1 : 0), 0);
    byId(`count-${name}`).textContent = state.on[name] ? `${count(chosen)} tokens` : "off";
    byId(`value-${name}`).textContent = `${state.percent[name]} %`;
  }
}

function showStatus({ learned }) {
  const total = learned.length;
  const chosen = someOf(learned);
  const isOff = state.mode === "live" && !SIGNALS.some((name) => state.on[name] && state.percent[name] > 0);
  byId("status").textContent = isOff
    ? "No signal is on: plain GRPO, where every token learns."
    : `${count(chosen)} of ${count(total)} tokens learn: update ratio ${percentText(chosen / Math.max(1, total))}.`;
}
