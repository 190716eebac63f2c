import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from video_ktr.errors import ConfigError
from video_ktr.evaluation.answer_source import AnswerSource
from video_ktr.evaluation.result_file import read_result
from video_ktr.evaluation.runner import evaluate_benchmark


class StoppedError(Exception):
    pass


class Watched:
    """Remembers what was done before and the batches since; ends the run after `most` batches."""

    def __init__(self, most=99):
        self.most, self.before, self.batches = most, None, []

    @contextmanager
    def __call__(self, done):
        self.before = [answer.key for answer in done]
        yield self.advance

    def advance(self, answers):
        self.batches.append([answer.key for answer in answers])
        if len(self.batches) == self.most:
            raise StoppedError


@pytest.fixture(scope="module")
def source():
    return AnswerSource()


def rows(evaluation):
    return (evaluation.folder / "rows.jsonl").read_bytes()


def test_every_question_has_a_row_in_the_order_of_the_file(evaluation, source):
    summary = evaluate_benchmark(evaluation, source)
    found = read_result(evaluation.folder)
    assert [row["id"] for row in found.rows] == [question.id for question in evaluation.questions]
    right = sum(row["scores"]["video_r1"] for row in found.rows)
    assert summary.modes["video_r1"].overall.accuracy == right / 6
    assert found.meta["counts"]["questions"] == 6


def test_a_run_that_goes_on_asks_the_rest_in_the_same_batches(evaluation, source, tmp_path):
    whole = Watched()
    evaluate_benchmark(evaluation, source, whole)
    parts = replace(evaluation, folder=tmp_path / "parts")
    first, rest = Watched(most=1), Watched()
    with pytest.raises(StoppedError):
        evaluate_benchmark(parts, source, first)
    assert not (parts.folder / "rows.jsonl").exists()
    evaluate_benchmark(parts, source, rest)
    assert rest.before == first.batches[0]
    assert first.batches + rest.batches == whole.batches
    assert [len(batch) for batch in whole.batches] == [2, 2, 2]
    assert rows(parts) == rows(evaluation)


def test_a_finished_run_loads_no_model(evaluation, source):
    evaluate_benchmark(evaluation, source)
    unused, watched = AnswerSource(), Watched()
    evaluate_benchmark(evaluation, unused, watched)
    assert unused._engine is None
    assert watched.before is None


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"model": {"name": "m", "sha256": "1"}}, "content of the model"),
        ({"partial": {"limit": 6}}, "limit"),
    ],
)
def test_what_decides_the_answers_may_not_change(evaluation, source, changes, name):
    evaluate_benchmark(evaluation, source)
    with pytest.raises(ConfigError, match=rf"\({name} changed\)"):
        evaluate_benchmark(replace(evaluation, **changes), source)


def test_other_questions_are_refused(evaluation, source):
    evaluate_benchmark(evaluation, source)
    with pytest.raises(ConfigError, match=r"\(questions changed\)"):
        evaluate_benchmark(replace(evaluation, questions=evaluation.questions[:5]), source)


def test_only_what_failed_is_asked_again(evaluation, source, tmp_path):
    lost = tmp_path / "lost.mp4"
    first = evaluation.questions[0]
    content = Path(first.sample.path).read_bytes()
    away = replace(first, sample=replace(first.sample, path=str(lost)))
    parts = replace(evaluation, questions=[away, *evaluation.questions[1:]])
    assert evaluate_benchmark(parts, source).counts["missing media"] == 1
    lost.write_bytes(content)
    assert evaluate_benchmark(parts, source).counts["missing media"] == 1
    watched = Watched()
    again = replace(parts, config=replace(parts.config, retry_failed=True))
    assert evaluate_benchmark(again, source, watched).counts["answered"] == 6
    assert watched.batches == [[first.id]]
    assert len(watched.before) == 5


def test_the_result_says_how_much_was_asked(evaluation, source):
    quick = replace(evaluation, partial={"limit": 6, "of": 99, "seed": 0}, warnings=["six questions"])
    evaluate_benchmark(quick, source)
    meta = json.loads((quick.folder / "result.json").read_text())
    assert (meta["partial"], meta["warnings"]) == ({"limit": 6, "of": 99, "seed": 0}, ["six questions"])
    assert meta["seconds"] > 0
