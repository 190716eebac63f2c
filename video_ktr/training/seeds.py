"""Randomness that depends on where a run stands and on nothing else, so that a resumed run draws it again."""

import hashlib

from torch import Generator


def derived_generator(*parts: int | str) -> Generator:
    """A CPU generator seeded by a digest of `parts`: seed, step, prompt index and the like."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return Generator().manual_seed(int.from_bytes(digest[:8], "big") % 2**63)
