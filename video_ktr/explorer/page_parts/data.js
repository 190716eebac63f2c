// What the page shows, and which part of it is being looked at.

const data = JSON.parse(byId("data").textContent, (_, value) => (typeof value === "string" ? inReadingOrder(value) : value));
const SIGNALS = data.signals.map((signal) => signal.name);
const LABELS = Object.fromEntries(data.signals.map((signal) => [signal.name, signal.label]));
const LETTERS = { visual: "V", temporal: "T", entropy: "U" };
const BITS = { visual: 1, temporal: 2, entropy: 4 };
const COUNTERFACTUALS = ["visual", "temporal"];

const everyReply = data.prompts.flatMap((prompt) => prompt.completions);
const isScored = (name) => everyReply.some((reply) => reply.scores[name] !== null);
const isTrained = (name) => everyReply.some((reply) => reply.trained !== null && name in reply.trained);

const state = {
  prompt: 0,
  completion: 0,
  mode: everyReply.some((reply) => reply.trained !== null) ? "trained" : "live",
  scope: data.scope,
  on: Object.fromEntries(SIGNALS.map((name) => [name, name in data.ratios])),
  ratio: Object.fromEntries(SIGNALS.map((name) => [name, data.ratios[name] ?? 0.2])),
  word: 0,
  pinned: null,
  top: "reply",
};

const thePrompt = () => data.prompts[state.prompt];
const theReply = () => thePrompt().completions[state.completion];
