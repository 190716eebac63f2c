"""The text of a reply while its tokens are drawn."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import Any

from torch import Tensor
from transformers.generation.streamers import BaseStreamer

OnText = Callable[[str], None]
_UNFINISHED = "\ufffd"  # what a token that ends inside a character decodes to


class TokenTexts:
    """The text that each token adds: put together they are the decoded whole, special tokens left out.

    A token that ends inside a character adds nothing, and the one that ends the character adds all of it. Right for
    byte-level vocabularies, those of the Qwen models: their texts may be cut wherever a character ends.
    """

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer
        self._pending: list[int] = []

    def push(self, token_id: int) -> str:
        """What the next token adds."""
        self._pending.append(token_id)
        text = self._decode()
        if text.endswith(_UNFINISHED):
            return ""
        self._pending = []
        return text

    def finish(self) -> str:
        """What is left of a text that ends inside a character."""
        text = self._decode()
        self._pending = []
        return text

    def _decode(self) -> str:
        text: str = self._tokenizer.decode(self._pending, skip_special_tokens=True)
        return text


def token_texts(tokenizer: Any, token_ids: Sequence[int]) -> list[str]:
    """One text a token, as `TokenTexts` gives them; what is left at the end belongs to the last token."""
    texts = TokenTexts(tokenizer)
    pieces = [texts.push(token_id) for token_id in token_ids]
    return [*pieces[:-1], pieces[-1] + texts.finish()] if pieces else []


class TextStreamer(BaseStreamer):
    """Hands the text of one row to `on_text`, piece by piece; no piece is empty.

    transformers' own streamers hold text back until a word or a line ends; here a token is told when it is drawn.
    """

    def __init__(self, tokenizer: Any, on_text: OnText):
        self._texts = TokenTexts(tokenizer)
        self._on_text = on_text
        self._prompt_seen = False

    def put(self, value: Tensor) -> None:
        """What `generate` calls: with the prompt first, then with each token."""
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        for token_id in value.flatten().tolist():
            self._tell(self._texts.push(token_id))

    def end(self) -> None:
        """What `generate` calls at the end."""
        self._tell(self._texts.finish())

    def _tell(self, text: str) -> None:
        if text:
            self._on_text(text)


class _Abandoned(Exception):  # noqa: N818  # no error: nobody reads any more
    """Ends a generation whose reader has gone."""


def iterate_texts(generate: Callable[[OnText], object]) -> Iterator[str]:
    """Yield the texts that `generate` hands to its argument, while it runs in a thread of its own.

    What `generate` raises is raised here, behind the texts it gave. When the iterator is closed early, `generate` is
    ended at its next text, and closing waits for that.
    """
    texts: SimpleQueue[str | None] = SimpleQueue()
    abandoned = Event()

    def tell(text: str) -> None:
        if abandoned.is_set():
            raise _Abandoned
        texts.put(text)

    def work() -> None:
        try:
            generate(tell)
        finally:
            texts.put(None)

    with ThreadPoolExecutor(max_workers=1) as threads:
        done = threads.submit(work)
        try:
            while (text := texts.get()) is not None:
                yield text
        finally:
            abandoned.set()
        done.result()
