// Which tokens each signal selects: the rule of video_ktr.attribution.select_key_tokens.
//
// Tokens compete within their reply (scope "sequence") or within all replies of their prompt (scope "group"). Scores are
// compared as float32. A reply without scores selects nothing and stays out of its group's ranking.

// A ratio as the decimal that it prints as: 0.125 is 125 of 1000.
function decimal(ratio) {
  const [digits, exponent = "0"] = String(ratio).split("e");
  const [whole, behind = ""] = digits.split(".");
  return [BigInt(whole + behind), 10n ** BigInt(behind.length - Number(exponent))];
}

// How many of `length` tokens are selected when no two scores are equal. Only whole numbers: nothing is rounded wrongly.
function wantedCount(length, ratio, scope) {
  if (length === 0 || ratio === 0) return 0;
  const [part, all] = decimal(ratio);
  const ceilOfShare = (share, of) => Number((share * BigInt(of) + all - 1n) / all);
  if (scope === "sequence") return Math.max(1, ceilOfShare(part, length));
  return length - ceilOfShare(all - part, length - 1);
}

// Places of the scores, highest first; equal scores stay in the order of their places.
function rank(scores) {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  return { scores, order };
}

function selectedPlaces({ scores, order }, ratio, scope) {
  const wanted = wantedCount(scores.length, ratio, scope);
  if (wanted === 0 || scope === "sequence") return order.slice(0, wanted);
  // Every score that reaches the lowest selected one, ties included.
  let end = wanted;
  while (end < order.length && scores[order[end]] === scores[order[wanted - 1]]) end += 1;
  return order.slice(0, end);
}

// The units that rank together: scores laid end to end, with the reply and its first place.
function unitsOf(prompt, name, scope) {
  const parts = [];
  prompt.completions.forEach((reply, index) => {
    if (reply.scores[name] !== null) parts.push({ index, scores: reply.scores[name] });
  });
  const groups = scope === "group" ? [parts] : parts.map((part) => [part]);
  return groups.map((group) => {
    const owners = group.flatMap((part) => part.scores.map((_, token) => [part.index, token]));
    return { ...rank(Float32Array.from(group.flatMap((part) => part.scores))), owners };
  });
}

const rankings = new Map();

function rankedUnits(promptIndex, name, scope) {
  const key = `${promptIndex} ${name} ${scope}`;
  if (!rankings.has(key)) rankings.set(key, unitsOf(data.prompts[promptIndex], name, scope));
  return rankings.get(key);
}

// Without a signal there is nothing to select by, and every token learns.
const isPlain = ({ mode, on, ratio }) => mode === "live" && !SIGNALS.some((name) => on[name] && ratio[name] > 0);

// For each reply of the prompt, the signals of every token as bits, and the tokens that learn.
function liveMarks(promptIndex, { on, ratio, scope }) {
  const marks = data.prompts[promptIndex].completions.map((reply) => new Uint8Array(reply.tokens.length));
  for (const name of SIGNALS.filter((signal) => on[signal])) {
    for (const unit of rankedUnits(promptIndex, name, scope)) {
      for (const place of selectedPlaces(unit, ratio[name], scope)) {
        const [reply, token] = unit.owners[place];
        marks[reply][token] |= BITS[name];
      }
    }
  }
  return marks.map((bits) => ({ bits, learned: isPlain(state) ? bits.map(() => 1) : bits }));
}

// The same as training recorded it; what learned can differ from what was selected, in a control experiment.
function trainedMarks(promptIndex, { on }) {
  return data.prompts[promptIndex].completions.map(({ tokens, trained }) => {
    const bits = new Uint8Array(tokens.length);
    for (const name of SIGNALS.filter((signal) => on[signal] && trained?.[signal])) {
      trained[name].forEach((chosen, token) => {
        if (chosen) bits[token] |= BITS[name];
      });
    }
    return { bits, learned: trained?.union ? Uint8Array.from(trained.union) : bits };
  });
}

const currentMarks = () => (state.mode === "trained" ? trainedMarks : liveMarks)(state.prompt, state);
const someOf = (bits) => bits.reduce((sum, value) => sum + (value ? 1 : 0), 0);
