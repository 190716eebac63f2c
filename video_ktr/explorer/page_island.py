"""The data of an explorer page as JSON that can stand inside an HTML script element."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from video_ktr.explorer.page_data import COUNTERFACTUALS, Alternative, Completion, Frame, Page, Prompt
from video_ktr.records.token_text import LABELS, MEANINGS, SIGNALS

# No text can then end the script element or open a comment in it.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


def island(page: Page) -> str:
    """The page as ASCII JSON in which `<`, `>` and `&`, and all that is not ASCII, are written as escapes.

    Scores keep nine significant digits, which give back the same float32: the browser selects the tokens that Python
    does. Numbers that are only shown keep five.
    """
    data = {
        "title": page.title,
        "facts": page.facts,
        "ratios": page.ratios,
        "scope": page.scope,
        "signals": [{"name": name, "label": LABELS[name], "meaning": MEANINGS[name]} for name in SIGNALS],
        "prompts": [_prompt(prompt) for prompt in page.prompts],
    }
    return json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_ESCAPES)


def _prompt(prompt: Prompt) -> dict[str, Any]:
    return {
        "question": prompt.question,
        "media": prompt.media,
        "note": prompt.note,
        "frames": [_frame(frame) for frame in prompt.frames],
        "completions": [_completion(completion) for completion in prompt.completions],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    return {"seconds": frame.seconds, "slot": frame.slot, "image": base64.b64encode(frame.image).decode("ascii")}


def _completion(completion: Completion) -> dict[str, Any]:
    alternatives = {name: getattr(completion, f"{name}_alternatives") for name in COUNTERFACTUALS}
    return {
        "tokens": completion.tokens,
        "words": completion.words,
        "facts": completion.facts,
        "logProbs": _rounded(completion.log_probs),
        "otherLogProbs": {name: _rounded(getattr(completion, f"{name}_log_probs")) for name in COUNTERFACTUALS},
        "scores": {name: _float32(getattr(completion, f"{name}_scores")) for name in SIGNALS},
        "trained": completion.trained and {name: _bits(mask) for name, mask in completion.trained.items()},
        "alternatives": {name: lists and [_table(row) for row in lists] for name, lists in alternatives.items()},
        "frameScores": completion.frame_scores and [_rounded(row) for row in completion.frame_scores],
    }


def _table(alternatives: list[Alternative]) -> list[list[Any]]:
    return [[a.text, _digits(a.probability, 5), _digits(a.other_probability, 5)] for a in alternatives]


def _bits(mask: Sequence[bool]) -> list[int]:
    return [int(value) for value in mask]


def _float32(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [_digits(float(np.float32(value)), 9) for value in values]


def _rounded(values: Sequence[float] | None) -> list[float] | None:
    return None if values is None else [_digits(value, 5) for value in values]


def _digits(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
