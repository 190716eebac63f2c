"""A benchmark as a task of lmms-eval, in the same words and scored by the same rules as `video-ktr evaluate` has.

A task is a folder of its own: documents.jsonl, a line a question, and a YAML file that names the functions below.
lmms-eval finds it through `--include_path`. Nothing here needs lmms-eval.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from video_ktr.data.schema import Sample
from video_ktr.errors import ConfigError
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.lmms_messages import Messages, to_lmms
from video_ktr.evaluation.scoring import score_output
from video_ktr.evaluation.wording import Wording
from video_ktr.jobs.whole_files import whole_file

DOCUMENTS = "documents.jsonl"
METRICS = ("video_r1", "official", "lenient")
_HERE = "!function video_ktr.evaluation.lmms_task"
_YAML = """\
task: {task}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {documents}
test_split: test
output_type: generate_until
doc_to_messages: {here}.doc_to_messages
doc_to_visual: {here}.doc_to_visual
doc_to_text: {here}.doc_to_text
doc_to_target: gold
process_results: {here}.process_results
# Scored as they are written: the rules read the tags.
reasoning_tags: none
metric_list:
{metrics}"""
_METRIC = """\
  - metric: {metric}
    aggregation: {here}.mean
    higher_is_better: true
"""

Document = Mapping[str, Any]


def write_task(folder: str | Path, benchmark: str, questions: Sequence[Question], wording: Wording) -> str:
    """Write the task into `folder` and give back its name, `video_ktr_` before the benchmark's.

    Documents hold question and conversation as JSON texts, since `datasets` wants one shape for all, and media by
    absolute path. A rule that can score none of the questions is no metric of the task.

    Raises ConfigError when `benchmark` is unknown, or words its questions by the times of the frames (subtitles): in
    lmms-eval a task does not know them.
    """
    known = find_benchmark(benchmark)
    if known.needs_frame_times:
        raise ConfigError(f"{benchmark} words its questions by the times of the frames, which lmms-eval does not tell")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with whole_file(target / DOCUMENTS) as partial, partial.open("w", encoding="ascii") as handle:
        for question in questions:
            document = {
                "id": question.id,
                "benchmark": benchmark,
                "gold": question.gold,
                "question": json.dumps(_plain(question)),
                "messages": json.dumps(to_lmms(_absolute(wording.messages(known, question)))),
            }
            handle.write(json.dumps(document) + "\n")
    wrong = [score_output(known, question, None, "failed") for question in questions]
    scored = [name for name in METRICS if any(getattr(one, name) is not None for one in wrong)]
    task = "video_ktr_" + re.sub(r"\W+", "_", known.name)
    metrics = "".join(_METRIC.format(metric=name, here=_HERE) for name in scored)
    text = _YAML.format(task=task, documents=DOCUMENTS, here=_HERE, metrics=metrics)
    (target / f"{task}.yaml").write_text(text, encoding="utf-8")
    return task


def doc_to_messages(document: Document) -> Messages:
    """The conversation, called by lmms-eval for models that take messages."""
    messages: Messages = json.loads(document["messages"])
    return messages


def doc_to_text(document: Document) -> str:
    """The text of the conversation, which lmms-eval logs as the input."""
    return "\n".join(part["text"] for part in _parts(document) if part["type"] == "text")


def doc_to_visual(document: Document) -> list[str]:
    """The media of the conversation, for models that take no messages."""
    return [part["url"] for part in _parts(document) if part["type"] != "text"]


def process_results(document: Document, results: Sequence[str]) -> dict[str, float | None]:
    """The scores of one output by every rule; None where a rule cannot score it."""
    record = json.loads(document["question"])
    sample = Sample(**{**record["sample"], "options": tuple(record["sample"]["options"])})
    question = Question(**{**record, "sample": sample})
    scored = score_output(find_benchmark(document["benchmark"]), question, results[0])
    return {name: getattr(scored, name) for name in METRICS}


def mean(scores: Sequence[float | None]) -> float:
    """Micro average over the outputs that the rule can score; at least one, or `write_task` had left the rule out."""
    return fmean(score for score in scores if score is not None)


def _parts(document: Document) -> list[dict[str, Any]]:
    return [part for message in doc_to_messages(document) for part in message["content"]]


def _plain(question: Question) -> dict[str, Any]:
    plain = {name: dict(getattr(question, name)) for name in ("groups", "details")}
    return {"id": question.id, "sample": asdict(question.sample), "gold": question.gold, **plain}


def _absolute(messages: Messages) -> Messages:
    return [{**message, "content": [_at_home(part) for part in message["content"]]} for message in messages]


def _at_home(part: dict[str, Any]) -> dict[str, Any]:
    kind = part["type"]
    return part if kind == "text" else {**part, kind: str(Path(part[kind]).absolute())}
