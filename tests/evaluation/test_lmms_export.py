import json
from dataclasses import asdict

import pytest

from tests.evaluation.results import result, row
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.evaluation.answer_source import AnswerSource
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.lmms_export import lmms_samples, write_samples
from video_ktr.evaluation.lmms_task import doc_to_text, process_results, write_task
from video_ktr.evaluation.result_file import read_result
from video_ktr.evaluation.runner import evaluate_benchmark

# What lmms-eval 0.7.3 wrote for a task of one reply without filters, and the types that its values had.
LOGGED = {
    "doc_id": int,
    "target": str,
    "filtered_resps": str,
    "token_counts": list,
    "doc_hash": str,
    "video_r1": float,
    "official": float,
    "lenient": float,
    "input": str,
}
PLAIN = {"name": "plain", **asdict(PROMPT_TEMPLATES["plain"])}


def written(found, tmp_path):
    path = write_samples(found, tmp_path / "log" / "samples.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_keys_and_types_are_those_of_lmms_eval(tmp_path):
    samples = written(result(tmp_path, [row("x"), row("y", 0.0)]), tmp_path)
    for sample in samples:
        assert list(sample) == list(LOGGED)
        assert {key: type(value) for key, value in sample.items()} == LOGGED
    assert [sample["doc_id"] for sample in samples] == [0, 1]
    assert samples[0]["token_counts"] == [{"output_tokens": 7}]
    assert [sample["video_r1"] for sample in samples] == [1.0, 0.0]
    assert samples[0]["target"] == "B"
    assert samples[1]["filtered_resps"] == "<think>so A</think><answer>A</answer>"


def test_the_input_is_the_prompt_where_it_is_known(tmp_path):
    question = "What is meant by x?"
    for number, (template, text) in enumerate(
        [
            (PLAIN, f"{question} A. cup B. pen"),
            ({**PLAIN, "name": "official"}, f"{question}\nA. cup\nB. pen"),
            (None, f"{question}\nA. cup\nB. pen"),
        ]
    ):
        (sample,) = lmms_samples(result(tmp_path / str(number), [row("x")], template=template))
        assert sample["input"] == text


def test_what_was_not_answered_is_there_and_wrong(tmp_path):
    lost = row("x", 0.0, output=None, state="missing media", extracted=None, length=None)
    unscored = row("y", scores={"video_r1": 1.0, "official": None, "lenient": None})
    first, second = written(result(tmp_path, [lost, unscored]), tmp_path)
    assert (first["filtered_resps"], first["token_counts"], first["video_r1"]) == ("", [None], 0.0)
    assert (second["official"], second["lenient"]) == (None, None)


def test_the_hash_tells_questions_apart_and_nothing_else(tmp_path):
    def hashes(name, rows):
        return [sample["doc_hash"] for sample in lmms_samples(result(tmp_path / name, rows))]

    a = hashes("a", [row("x"), row("y")])
    b = hashes("b", [row("x", 0.0, path="/elsewhere/x.mp4", length=3), row("y", gold="A")])
    assert a[0] == b[0]
    assert len({*a, b[1]}) == 3


@pytest.fixture
def evaluated(evaluation):
    evaluate_benchmark(evaluation, AnswerSource())
    return read_result(evaluation.folder)


def test_there_and_back(evaluated, evaluation, tmp_path):
    """Samples of an evaluation are what the task of the same questions makes of the same outputs."""
    write_task(tmp_path, evaluation.benchmark.name, evaluation.questions, evaluation.wording)
    documents = [json.loads(line) for line in (tmp_path / "documents.jsonl").read_text().splitlines()]
    for sample, document in zip(written(evaluated, tmp_path), documents, strict=True):
        assert sample["input"] == doc_to_text(document)
        assert sample["target"] == document["gold"]
        scores = process_results(document, [sample["filtered_resps"]])
        assert scores == {mode: sample[mode] for mode in scores}
    assert evaluated.meta["benchmark"] == find_benchmark("mmvu").name
