"""Evaluates a model on one benchmark at one number of frames, in batches that survive a kill."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from video_ktr.data.keyed_samples import digest_of, keyed
from video_ktr.evaluation.answer_record import RETRIED, Answer
from video_ktr.evaluation.answer_source import AnswerSource
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.length_order import by_length
from video_ktr.evaluation.result_file import write_result, write_rows
from video_ktr.evaluation.summary import Summary, summarise
from video_ktr.evaluation.wording import Wording
from video_ktr.jobs.batches import pending_batches
from video_ktr.jobs.ledger import LEDGER, Ledger
from video_ktr.jobs.run_record import claim_folder, require_same_run
from video_ktr.training.run_directory import environment

WINDOW_BATCHES = 16
"""Batches among whose questions those of like length are put together."""

Advance = Callable[[Sequence[Answer]], None]
Watch = Callable[[Sequence[Answer]], AbstractContextManager[Advance]]
"""Called with the answers of earlier runs; gives, while the run lasts, what to call with the answers of each batch."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is to be done."""

    benchmark: Benchmark
    questions: Sequence[Question]
    """All of one benchmark, or a part of them; their ids are unique."""
    roots: Sequence[Path]
    """Folders of the media: a question is the same when they move."""
    config: EvaluationConfig
    wording: Wording
    folder: Path
    """Of the result; holds nothing else."""
    model: Mapping[str, str | None]
    """What `model_identity` says."""
    partial: Mapping[str, int] | None = None
    """When not all questions are asked: how they were chosen."""
    warnings: Sequence[str] = ()
    """What is to be said of the questions."""

    def deciding(self) -> dict[str, Any]:
        """All that decides the answers, as plain values."""
        shown = [self.wording.shown(self.benchmark, question)[0] for question in self.questions]
        ids = json.dumps([question.id for question in self.questions])
        return {
            **self.config.deciding(),
            "benchmark": self.benchmark.name,
            "content of the model": dict(self.model),
            "prompt": self.wording.to_json(),
            "limit": self.partial,
            "questions": [digest_of(keyed(shown, self.roots)), hashlib.sha256(ids.encode()).hexdigest()[:32]],
        }


def evaluate_benchmark(
    evaluation: Evaluation, source: AnswerSource, watch: Watch = lambda _: nullcontext(lambda _: None)
) -> Summary:
    """Ask what was not asked yet, and write rows.jsonl and result.json into the folder.

    Answers go to a ledger batch by batch, so that a kill costs at most the batch in flight; a run that goes on forms
    the batches that a run from the start would form. The two files are made from the ledger, in the order of the
    questions, and cover all of them: questions whose media are missing or unreadable, whose prompt is too long or on
    which the engine failed are wrong and counted. Outputs are scored anew each time, by every rule.

    Raises:
        ConfigError: The folder holds something else or a run with other settings, another process works in it, or the
            engine cannot start or breaks.
        DataError: The folder's ledger is damaged.
    """
    claim_folder(evaluation.folder)
    with Ledger(evaluation.folder / LEDGER, Answer) as ledger:
        require_same_run(evaluation.folder, evaluation.deciding(), fresh=not ledger.records)
        _ask_pending(evaluation, ledger, source, watch)
        answers = [ledger.records[question.id] for question in evaluation.questions]
    rows = [
        answer.row(evaluation.benchmark, question)
        for answer, question in zip(answers, evaluation.questions, strict=True)
    ]
    summary = summarise(evaluation.benchmark, rows, warnings=evaluation.warnings)
    write_rows(evaluation.folder, rows)
    write_result(evaluation.folder, _meta(evaluation, answers), summary)
    return summary


def _ask_pending(evaluation: Evaluation, ledger: Ledger[Answer], source: AnswerSource, watch: Watch) -> None:
    config = evaluation.config
    again = RETRIED if config.retry_failed else ()
    done = [answer for answer in ledger.records.values() if answer.state not in again]
    ordered = by_length(evaluation.questions, config.media, WINDOW_BATCHES * config.batch_size)
    batches = pending_batches(ordered, {answer.key for answer in done}, config.batch_size, key=lambda q: q.id)
    if not batches:
        return
    with watch(done) as advance:
        for answers in source.answers(batches, config, evaluation.benchmark, evaluation.wording):
            ledger.append(answers)
            advance(answers)


def _meta(evaluation: Evaluation, answers: Sequence[Answer]) -> dict[str, Any]:
    config = evaluation.config
    drawn = ("temperature", "top_p", "top_k", "max_new_tokens", "seed")
    return {
        "title": evaluation.benchmark.title,
        "model": evaluation.model["name"],
        "model_content": {key: value for key, value in evaluation.model.items() if key != "name"},
        "frames": config.media.max_frames,
        "media": asdict(config.media),
        "max_prompt_tokens": config.max_prompt_tokens,
        "template": evaluation.wording.to_json(),
        "engine": {
            "name": config.runs_on,
            "version": _version(config.runs_on),
            "arguments": config.engine_kwargs or {},
            "ray": config.engine == "ray",
        },
        "sampling": {name: getattr(config, name) for name in drawn},
        "environment": environment(),
        "seconds": round(sum(answer.seconds for answer in answers), 3),
        "partial": evaluation.partial,
        "failures": {answer.key: answer.detail for answer in answers if answer.detail},
    }


def _version(package: str) -> str | None:
    # By what can be imported: vLLM for CPUs is a distribution of another name.
    distributions = packages_distributions().get(package)
    return version(distributions[0]) if distributions else None
