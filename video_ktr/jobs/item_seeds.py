"""A seed for each draw of a run, whatever batch it falls in."""

import hashlib


def item_seed(seed: int, key: str, number: int) -> int:
    """The seed of the `number`-th draw for the item `key` of a run seeded with `seed`, from 0 to 2^63 - 1."""
    digest = hashlib.sha256(f"{seed}/{key}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
