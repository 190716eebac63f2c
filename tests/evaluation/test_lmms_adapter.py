"""With lmms-eval itself; skipped where it is not installed, which nothing else needs."""

import json
import logging
from dataclasses import replace

import pytest

from video_ktr.errors import ConfigError
from video_ktr.evaluation.answer_source import AnswerSource
from video_ktr.evaluation.lmms_export import write_samples
from video_ktr.evaluation.lmms_task import write_task
from video_ktr.evaluation.result_file import read_result
from video_ktr.evaluation.runner import evaluate_benchmark

evaluator = pytest.importorskip("lmms_eval.evaluator", exc_type=ImportError)

from lmms_eval.api.instance import Instance  # noqa: E402
from lmms_eval.loggers import EvaluationTracker  # noqa: E402
from lmms_eval.tasks import TaskManager  # noqa: E402

from video_ktr.evaluation.lmms_adapter import VideoKTR  # noqa: E402

MEDIA = {"min_pixels": 784, "max_pixels": 3136}
NOT_OURS = ("doc_hash",)


@pytest.fixture(scope="module")
def model(eval_world):
    return VideoKTR(pretrained=str(eval_world / "model"), frames=4, max_new_tokens=8, batch_size=2, media=MEDIA)


def request(kind="generate_until", **kwargs):
    message = [{"role": "user", "content": [{"type": "text", "text": "A or B?"}]}]
    arguments = ("A or B?", lambda _: message, kwargs, 0, "task", "test")
    return Instance(kind, arguments, 0, metadata={"task": "task", "doc_id": 0, "repeats": 1})


def test_a_run_of_lmms_eval_logs_what_evaluate_writes(model, evaluation, tmp_path, monkeypatch):
    monkeypatch.setenv("LMMS_EVAL_DATASETS_CACHE", str(tmp_path / "cache"))
    greedy = replace(evaluation, config=replace(evaluation.config, temperature=0.0))
    evaluate_benchmark(greedy, AnswerSource())
    result = read_result(greedy.folder)
    task = write_task(tmp_path / "task", "mmvu", greedy.questions, greedy.wording)
    manager = TaskManager(include_path=str(tmp_path / "task"), include_defaults=False)
    ran = evaluator.simple_evaluate(
        model=model, tasks=[task], task_manager=manager, log_samples=True, bootstrap_iters=0
    )
    tracker = EvaluationTracker(output_path=str(tmp_path / "log"))
    tracker.general_config_tracker.model_name_sanitized, tracker.date_id = "m", "today"
    tracker.save_results_samples(task, ran["samples"][task])
    (logged,) = (tmp_path / "log").rglob("*.jsonl")
    theirs = [json.loads(line) for line in logged.read_text().splitlines()]
    ours = [json.loads(line) for line in write_samples(result, tmp_path / "ours.jsonl").read_text().splitlines()]
    assert [list(sample) for sample in theirs] == [list(sample) for sample in ours]
    for their, our in zip(theirs, ours, strict=True):
        assert {key: their[key] for key in their if key not in NOT_OURS} == {
            key: our[key] for key in our if key not in NOT_OURS
        }
    for mode, summary in result.meta["modes"].items():
        assert ran["results"][task][f"{mode},none"] == pytest.approx(summary["overall"]["accuracy"])


def test_lengths_are_ours_and_a_task_that_asks_for_others_is_told(model, caplog):
    model.task_dict = {"task": {"test": [{}]}}
    with caplog.at_level(logging.WARNING):
        (reply,) = model.generate_until([request(max_new_tokens=1, until=["<"])])
    assert reply.token_counts.output_tokens > 1
    assert "task task asks for max_new_tokens 1; replies may have 8 tokens" in caplog.text


def test_what_it_does_not_do_is_refused(model, monkeypatch):
    with pytest.raises(ConfigError, match="task 'task' scores by log-likelihood"):
        model.loglikelihood([request("loglikelihood")])
    with pytest.raises(ConfigError, match="task 'task' goes over several rounds"):
        model.generate_until_multi_round([request("generate_until_multi_round")])
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="in one process"):
        VideoKTR(pretrained="m")
    monkeypatch.setenv("WORLD_SIZE", "1")
    with pytest.raises(ConfigError, match="model '/none'"):
        VideoKTR.create_from_arg_string("pretrained=/none", {"batch_size": 1})
