// The card beside the word under the pointer, or the one in focus.

const card = byId("card");
let cardWord = null;

function showCard(index) {
  if (index === cardWord) return;
  hideCard();
  if (index === null) return;
  cardWord = index;
  const completion = theReply();
  const title = make("p", { class: "card-word" }, visible(wordText(completion, index).trimStart()));
  card.replaceChildren(title, ...wordTables(completion, index, shown.marks[state.completion]));
  card.hidden = false;
  reply.spans[index].setAttribute("aria-describedby", "card");
  placeCard(reply.spans[index].getClientRects()[0]);
}

// After a new selection: the marks in an open card are the old ones.
function refreshCard() {
  const open = cardWord;
  hideCard();
  showCard(open);
}

function hideCard() {
  if (cardWord !== null) reply.spans[cardWord]?.removeAttribute("aria-describedby");
  cardWord = null;
  card.hidden = true;
}

// Below the word, or above it where the window ends.
function placeCard(word) {
  const { width, height } = card.getBoundingClientRect();
  const below = word.bottom + 8;
  const fits = below + height <= window.innerHeight;
  card.style.top = `${fits ? below : Math.max(4, word.top - height - 8)}px`;
  card.style.left = `${Math.max(4, Math.min(word.left, document.documentElement.clientWidth - width - 8))}px`;
}

function watchPointer() {
  const box = byId("reply");
  box.addEventListener("pointerover", (event) => showCard(wordOf(event.target)));
  box.addEventListener("pointerleave", hideCard);
  box.addEventListener("focusin", (event) => showCard(wordOf(event.target)));
  box.addEventListener("focusout", hideCard);
  box.addEventListener("click", (event) => {
    const index = wordOf(event.target);
    if (index === null) return;
    moveTo(index);
    togglePin(index);
  });
  const follow = () => cardWord !== null && placeCard(reply.spans[cardWord].getClientRects()[0]);
  window.addEventListener("scroll", follow, { passive: true });
}
