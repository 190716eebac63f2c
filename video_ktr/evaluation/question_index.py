"""Finds the question that a saved record is about, by id or by text."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from video_ktr.data.media_roots import VIDEO_SUFFIXES
from video_ktr.data.schema import IMAGE_SUFFIXES
from video_ktr.evaluation.benchmarks.question import Question

_IDS = ("id", "problem_id", "question_id", "Question ID")
_TEXTS = ("problem", "question", "Question")
_VIDEOS = ("path", "video", "video_id", "video ID", "videoID")
_SUFFIXES = IMAGE_SUFFIXES | {suffix.lower() for suffix in VIDEO_SUFFIXES}
_IMAGE_MARK = re.compile(r"<image ?\d*>")


class QuestionIndex:
    """The questions of a benchmark by id, by text, and by text and video."""

    def __init__(self, questions: Sequence[Question]):
        self._texts = {question.id: _texts_of(question) for question in questions}
        self._by_text: dict[tuple[str, ...], list[str]] = {}
        for question in questions:
            video = _stem(question.sample.path or "")
            for text in self._texts[question.id]:
                self._by_text.setdefault((text,), []).append(question.id)
                self._by_text.setdefault((text, video), []).append(question.id)

    def find(self, record: Mapping[str, Any], times: Counter[tuple[str, ...]]) -> str | None:
        """The id of the question that `record` is about; None when there is none, or several fit.

        `times` counts how often each id and each text with its video came before: the second record of id "7" is
        about the second question of that id, "7#2". The caller keeps it for one file.
        """
        texts = _texts(_first(record, _TEXTS), record.get("options"))
        by_id = self._by_id(_first(record, _IDS), times)
        if by_id is not None and (not texts or self._texts[by_id].intersection(texts)):
            return by_id
        video = _stem(_first(record, _VIDEOS))
        for key in ((text, video) for text in texts if video):
            if alike := self._by_text.get(key):
                times[key] += 1
                return alike[min(times[key], len(alike)) - 1]
        for text in texts:
            if alike := self._by_text.get((text,)):
                return alike[0] if len(alike) == 1 else None
        return None

    def _by_id(self, told: str, times: Counter[tuple[str, ...]]) -> str | None:
        if told not in self._texts:
            return None
        times[(told,)] += 1
        again = f"{told}#{times[(told,)]}"
        return again if again in self._texts else told


def normalised(text: str) -> str:
    """The text without case, marks of images, and more than single blanks."""
    return " ".join(_IMAGE_MARK.sub(" ", text).casefold().split())


def _texts_of(question: Question) -> set[str]:
    asked = question.details.get("question")
    official = _texts(asked, None) if isinstance(asked, str) else []
    return {*official, *_texts(question.sample.problem, question.sample.options)}


def _texts(problem: str, options: object) -> list[str]:
    """The forms of a question's text, most telling first: with its options, then without."""
    lines = list(map(str, options)) if isinstance(options, list | tuple) else []
    texts = (normalised("\n".join([problem, *lines])), normalised(problem)) if problem else ()
    return list(dict.fromkeys(text for text in texts if text))


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first of the keys that has a text or a whole number, as text; "" without any."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _stem(path: str) -> str:
    """The name of a file without folders and suffix; an id stays as it is."""
    name = PurePosixPath(path)
    return name.stem if name.suffix.lower() in _SUFFIXES else name.name
