// The pinned word: its scores, and the tokens whose probability changes most in its place.

const ALTERNATIVES = {
  visual: ["Without the video", "with video", "without"],
  temporal: ["With frames out of order", "in order", "shuffled"],
};

function alternativeTable(completion, name, token, titled) {
  const [title, first, second] = ALTERNATIVES[name];
  const drawn = completion.tokens[token];
  const caption = make("caption", {}, make("span", { class: `chip ${name} chosen`, "aria-hidden": "true" }, LETTERS[name]), ` ${title}`);
  if (titled) caption.append(" at ", make("code", {}, visible(drawn)));
  const rows = completion.alternatives[name][token].map(([text, before, after]) => {
    const label = make("th", { scope: "row" }, make("code", {}, visible(text)));
    if (text === drawn) label.append(make("span", { class: "soft" }, " drawn"));
    const bars = make("td", { class: "bars" }, bar(before, name), bar(after, "other"));
    return row(label, cell(percentText(before)), cell(percentText(after)), bars);
  });
  const heads = row(head("token"), head(first, "col", "number"), head(second, "col", "number"), make("td", {}));
  return make("table", { class: "alternatives" }, caption, make("thead", {}, heads), make("tbody", {}, ...rows));
}

function showPinned() {
  const body = byId("pinned-body");
  if (state.pinned === null) {
    body.replaceChildren(make("p", { class: "soft" }, "Click a word, or press Enter on one: what else could have stood there, and which frames it hangs on."));
    return;
  }
  const completion = theReply();
  const tokens = completion.words[state.pinned];
  const title = make("p", { class: "pinned-word" }, visible(wordText(completion, state.pinned).trimStart()));
  const parts = [title, ...wordTables(completion, state.pinned, shown.marks[state.completion])];
  for (const name of COUNTERFACTUALS) {
    if (completion.alternatives[name] === null) continue;
    parts.push(...tokens.map((token) => alternativeTable(completion, name, token, tokens.length > 1)));
  }
  body.replaceChildren(...parts);
}
