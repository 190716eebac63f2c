"""How long prompts get, against the limit."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from video_ktr.cli.checkup.finding import Finding, judged
from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.sample import Sample
from video_ktr.errors import MediaError


@dataclass(frozen=True, eq=False)
class EncodedSample:
    """A question and its prompt."""

    sample: Sample
    prompt: EncodedPrompt

    @property
    def patches(self) -> int:
        """Patches of its images and videos, before the merger."""
        grids = (self.prompt.image_grid, self.prompt.video_grid)
        return sum(int(grid.prod(dim=1).sum()) for grid in grids if grid is not None)


def encode_some(
    samples: Sequence[Sample], template: PromptTemplate, encoder: PromptEncoder, number: int, seed: int
) -> list[EncodedSample]:
    """Encode `number` questions drawn by `seed`; those whose media cannot be read are left to `check_media`.

    The encoder must have no limit, so that longer prompts can be counted.
    """
    drawn = random.Random(seed).sample(list(samples), min(number, len(samples)))  # noqa: S311  # not a secret
    encoded = []
    for sample in drawn:
        try:
            encoded.append(EncodedSample(sample, encoder.encode(build_messages(sample, template))))
        except MediaError:
            continue
    return encoded


def check_prompts(encoded: Sequence[EncodedSample], limit: int | None) -> Finding:
    """Compare the prompts' lengths with the limit: a longer prompt would stop the run, for none is cut."""
    if not encoded:
        return Finding("prompts", "warning", "no prompt could be encoded: mend the media first")
    lengths = sorted(len(item.prompt.input_ids_P) for item in encoded)
    text = f"{lengths[0]} to {lengths[-1]} tokens, median {lengths[len(lengths) // 2]}, in {len(lengths)} prompts"
    over = 0 if limit is None else sum(length > limit for length in lengths)
    if over:
        text += f"; {over} are longer than max_prompt_tokens={limit}: lower media.max_frames or media.max_pixels"
    return judged("prompts", text, problem=bool(over))
