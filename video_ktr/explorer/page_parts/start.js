// What is redrawn when: a prompt draws its frames and replies, a reply its words, a control only the selection.

const shown = { marks: [] };

function showSelection() {
  shown.marks = currentMarks();
  const marks = shown.marks[state.completion];
  markWords(marks);
  showValues(marks);
  showStatus(marks);
  showShares(shown.marks);
  showTop(shown.marks);
  showPinned();
  refreshCard();
}

function openReply(index) {
  hideCard();
  state.pinned = null;
  state.completion = index;
  showReply();
  showOpenReply();
  showSelection();
  showHeat();
}

function openPrompt(index) {
  state.prompt = index;
  const { question, media, note, completions } = thePrompt();
  byId("question").textContent = question;
  byId("media").textContent = [media, note].filter(Boolean).join(" \u00b7 ");
  byId("prompt").value = index;
  byId("previous").disabled = index === 0;
  byId("next").disabled = index === data.prompts.length - 1;
  byId("top-of").hidden = completions.length < 2;
  showFrames();
  showReplies();
  openReply(0);
}

// Where the strip of frames stays in sight, what scrolls below it keeps clear of it.
function watchStage() {
  const stage = byId("stage");
  const measure = () => root.style.setProperty("--stage", `${stage.offsetHeight}px`);
  new ResizeObserver(measure).observe(stage);
}

function start() {
  document.title = data.title;
  byId("title").textContent = data.title;
  setFacts(byId("page-facts"), data.facts);
  watchTheme();
  watchStage();
  fillPrompts();
  fillControls();
  fillTop();
  watchPointer();
  watchKeys();
  openPrompt(0);
}

start();
