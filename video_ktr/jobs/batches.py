"""Work in batches: which are left to do, and the next one made ready while the last is worked on."""

from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Piece = TypeVar("Piece")
Ready = TypeVar("Ready")
Done = TypeVar("Done")


def pending_batches(
    items: Sequence[Item], done: Container[str], batch_size: int, *, key: Callable[[Item], str]
) -> list[list[Item]]:
    """Batches of the items whose `key` is not in `done`.

    Batches start at multiples of `batch_size`, whatever is done: a run that goes on forms those that a run from the
    start would form.
    """
    batches = [items[first : first + batch_size] for first in range(0, len(items), batch_size)]
    pending = [[item for item in batch if key(item) not in done] for batch in batches]
    return [batch for batch in pending if batch]


def run_ahead(
    batches: Sequence[Piece], prepare: Callable[[Piece], Ready], run: Callable[[Ready], Done]
) -> Iterator[Done]:
    """``run(prepare(batch))`` of each batch, in order; `prepare` works on the next batch in a thread meanwhile."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        ahead = pool.submit(prepare, batches[0]) if batches else None
        for following in [*batches[1:], None]:
            if ahead is None:
                return
            ready = ahead.result()
            ahead = pool.submit(prepare, following) if following is not None else None
            yield run(ready)
