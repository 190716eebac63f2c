"""What an explorer page shows: prompts with their frames, and replies with what every token scored."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from video_ktr.attribution.scope import SelectionScope
from video_ktr.records.token_text import SIGNALS

COUNTERFACTUALS = ("visual", "temporal")
"""The signals that compare two passes: `Completion` holds log-probabilities and alternatives of each."""
UNION = "union"
"""The key of the tokens that learned, in `Completion.trained`."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame as the model saw it.

    Example: ``Frame(seconds=1.5, image=jpeg, slot=1)`` is the third of frames that are merged in pairs.
    """

    seconds: float | None
    """When it stands in the video; None for a picture, or where times are not known."""
    image: bytes
    """JPEG."""
    slot: int
    """The temporal slot of the vision tower that it belongs to, from 0."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A token that the model might have drawn in the place of the one it drew.

    Example: ``Alternative(text=" blue", probability=0.02, other_probability=0.41)``.
    """

    text: str
    probability: float
    """Under the true video."""
    other_probability: float
    """Under the counterfactual."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """One reply. Lists of tokens have one entry for each of `tokens`; None: not measured, or the signal is off.

    Raises ValueError when built from lists of other lengths, words that are not the tokens in order, or numbers that
    are not finite.
    """

    tokens: list[str]
    """The text of each token; put together they are the reply."""
    words: list[list[int]]
    """The tokens of each word, as places in `tokens`."""
    log_probs: list[float] | None = None
    """Of the drawn tokens under the true video, nats."""
    visual_log_probs: list[float] | None = None
    """The same without the video."""
    temporal_log_probs: list[float] | None = None
    """The same with the frames in another order."""
    visual_scores: list[float] | None = None
    temporal_scores: list[float] | None = None
    entropy_scores: list[float] | None = None
    trained: dict[str, list[bool]] | None = None
    """The tokens that training selected by each signal, and under "union" those that learned; None outside training.
    A signal that was off has no entry."""
    visual_alternatives: list[list[Alternative]] | None = None
    """For each token, those whose probability changes most without the video, most changed first."""
    temporal_alternatives: list[list[Alternative]] | None = None
    """The same for the order of the frames."""
    frame_scores: list[list[float]] | None = None
    """Token by slot: how much the token's log-probability drops once that slot is left out, nats."""
    facts: dict[str, str] = field(default_factory=dict)
    """What else is known of it (reward, advantage, step), ready to be shown."""

    def __post_init__(self) -> None:
        n = len(self.tokens)
        if [place for word in self.words for place in word] != list(range(n)) or not all(self.words):
            raise ValueError(f"words must hold the places of all {n} tokens once and in order")
        for name in ("log_probs", *(f"{kind}_log_probs" for kind in COUNTERFACTUALS)):
            _require_numbers(name, getattr(self, name), n)
        for name in SIGNALS:
            _require_numbers(f"{name}_scores", getattr(self, f"{name}_scores"), n)
        for name, mask in (self.trained or {}).items():
            if name not in (*SIGNALS, UNION):
                raise ValueError(f"trained has an entry {name!r}; the entries are {', '.join((*SIGNALS, UNION))}")
            _require_length(f"trained[{name!r}]", mask, n)
        for name in COUNTERFACTUALS:
            self._require_alternatives(f"{name}_alternatives", n)
        if self.frame_scores is not None:
            _require_length("frame_scores", self.frame_scores, n)
            for row in self.frame_scores:
                _require_numbers("frame_scores", row, len(self.frame_scores[0]))

    def _require_alternatives(self, name: str, n: int) -> None:
        lists: list[list[Alternative]] | None = getattr(self, name)
        if lists is not None:
            _require_length(name, lists, n)
            _require_finite(name, (p for of in lists for a in of for p in (a.probability, a.other_probability)))


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question with its media, and the replies to it that were sampled together: group scope ranks over them.

    Raises ValueError without a reply, or when a reply has no score for the slot of a frame.
    """

    question: str
    media: str
    """File name; "" without media."""
    frames: list[Frame]
    completions: list[Completion]
    note: str = ""
    """Stands beside the file name: why there are no frames, for one."""

    def __post_init__(self) -> None:
        if not self.completions:
            raise ValueError("a prompt needs a completion")
        slots = max((frame.slot + 1 for frame in self.frames), default=0)
        for completion in self.completions:
            for row in completion.frame_scores or []:
                if len(row) < slots:
                    raise ValueError(f"frame_scores have {len(row)} slots, and the frames belong to {slots}")


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that one page shows. Raises ValueError without a prompt, or for a ratio that is no share of a signal."""

    title: str
    prompts: list[Prompt]
    ratios: dict[str, float]
    """The share of tokens that each signal selects when the page opens; a signal without an entry is off."""
    scope: SelectionScope
    facts: dict[str, str] = field(default_factory=dict)
    """What else is known of the run or the model, ready to be shown."""

    def __post_init__(self) -> None:
        if not self.prompts:
            raise ValueError("a page needs a prompt")
        for name, ratio in self.ratios.items():
            if name not in SIGNALS or not 0 <= ratio <= 1:
                raise ValueError(f"ratios has {name!r}: {ratio!r}; give {', '.join(SIGNALS)} a share from 0 to 1")


def _require_numbers(name: str, values: Sequence[float] | None, length: int) -> None:
    if values is not None:
        _require_length(name, values, length)
        _require_finite(name, values)


def _require_length(name: str, values: Sequence[object], length: int) -> None:
    if len(values) != length:
        raise ValueError(f"{name} has {len(values)} entries, and {length} are needed")


def _require_finite(name: str, values: Iterable[float]) -> None:
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"{name} holds a number that is not finite")
