// Numbers and texts as they are shown.

const MINUS = "\u2212";
const count = (value) => value.toLocaleString("en-US");
const nats = (value) => value.toFixed(2).replace("-", MINUS);
const drop = (value) => (value < 0 ? "" : "+") + nats(value);

function percentText(share) {
  const percent = share * 100;
  if (percent !== 0 && percent < 0.1) return "< 0.1 %";
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

const wholePercent = (ratio) => Math.round(100 * ratio);

// Characters that would turn the order of letters around, and with it what a reader takes the text for, by number.
function inReadingOrder(text) {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (mark) => `[U+${mark.charCodeAt(0).toString(16).toUpperCase()}]`);
}

// A token's text with its white space made visible.
function visible(text) {
  if (text === "") return "\u2205";
  return text.replaceAll(" ", "\u2423").replaceAll("\n", "\u21b5").replaceAll("\t", "\u21e5");
}

function timeText(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}
