// What a word's tokens scored, and how probable they were with and without what each signal takes away.

const CHANGES = { visual: ["with video", "without"], temporal: ["in order", "shuffled"] };

function probabilityChange(completion, name, token) {
  const before = completion.logProbs?.[token];
  const after = completion.otherLogProbs[name]?.[token];
  if (before === undefined || after === undefined) return make("span", { class: "soft" }, "\u2013");
  const [first, second] = [Math.exp(before), Math.exp(after)];
  const lines = [[CHANGES[name][0], first, name], [CHANGES[name][1], second, "other"]].map(([label, share, kind]) =>
    make("span", { class: "change" }, make("span", {}, label), bar(share, kind), make("b", {}, percentText(share))),
  );
  return make("span", { class: "changes" }, ...lines);
}

function scoreRow(completion, name, token, bits) {
  const score = completion.scores[name]?.[token];
  const chosen = (bits & BITS[name]) !== 0;
  const label = make("th", { scope: "row" }, make("span", { class: `chip ${name}${chosen ? " chosen" : ""}` }, LETTERS[name]), ` ${LABELS[name]}`);
  if (chosen) label.append(make("span", { class: "hidden" }, ", selected"));
  const value = score === undefined ? "not measured" : nats(score);
  const detail = make("td", {});
  if (name in CHANGES) detail.append(probabilityChange(completion, name, token));
  return row(label, cell(value, score === undefined ? "soft" : "number"), detail);
}

function tokenTable(completion, token, bits, titled) {
  const table = make("table", { class: "scores" });
  if (titled) table.append(make("caption", {}, "token ", make("code", {}, visible(completion.tokens[token]))));
  table.append(make("tbody", {}, ...SIGNALS.map((name) => scoreRow(completion, name, token, bits))));
  return table;
}

// One table for each token of the word; titled where there are several.
function wordTables(completion, index, marks) {
  const tokens = completion.words[index];
  return tokens.map((token) => tokenTable(completion, token, marks.bits[token], tokens.length > 1));
}
