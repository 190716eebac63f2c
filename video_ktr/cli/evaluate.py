"""Evaluate a model on benchmarks: every question asked once, scored by the published and the official rules.

  video-ktr evaluate --model M --benchmark mmvu --questions FILE --media DIR --frames 16,32,64 --out DIR

settings, from --config FILE or as --key value or --section.key value:
  model            checkpoint folder or hub name
  benchmark        one or more names parted by commas; package.module:OBJECT for one's own
  questions        official file or folder, or the JSON of Video-R1; of several benchmarks each its own: questions.mmvu
  media_root       as --media: folder of the media files, or media_root.mmvu; unless given, where the questions are
  allow_outside_media   whether paths may lead outside media_root (false)
  frames           numbers of frames at most, parted by commas (16); images do not change with them
  out              folder of the results, one below it for each benchmark and number of frames: mmvu/16f
  mode             rule of the numbers that are shown: video_r1 or official (video_r1); the result has all
  prompt           reasoning, another template's name or file, or official: the benchmark's own form (reasoning)
  media_first      whether the video stands before the text
  limit            only so many questions, drawn by the seed; the result is marked as partial
  engine           transformers, vllm or ray; engine_kwargs: its arguments, such as engine_kwargs.tensor_parallel_size
  ray              with engine ray: engine, workers, num_gpus, num_cpus, address
  batch_size       questions asked at once (8); those of like length go together
  temperature      and top_p, top_k, max_new_tokens, seed: how answers are drawn (0: greedy, 1.0, off, 1024, 0)
  media            fields of MediaConfig over those of the published evaluation; max_prompt_tokens: longest prompt
  frame_cache      folder where decoded frames are kept for later runs
  retry_failed     as --retry-failed: whether what failed or had no readable media is asked again (false)

Missing or unreadable media, empty outputs and failures are counted, wrong, and never left out of an average. The same
command goes on where an interrupted one stopped. Each result folder holds rows.jsonl, one row a question with its
output and scores, and result.json; rejects.jsonl in the benchmark's folder lists records that are no questions.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, merged, read_settings, take

if TYPE_CHECKING:
    from video_ktr.cli.evaluation_settings import QuestionSet
    from video_ktr.evaluation.runner import Evaluation

SUMMARY = "run a model on benchmarks and score it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of settings")
    parser.add_argument("--media", metavar="DIR", help="the setting media_root")
    parser.add_argument("--retry-failed", action="store_true", help="the setting retry_failed")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    switches: dict[str, Any] = {"media_root": arguments.media} if arguments.media else {}
    if arguments.retry_failed:
        switches["retry_failed"] = True
    given = merged(overrides, switches)
    evaluate(read_settings(arguments.config, given) if arguments.config else given)


def evaluate(settings: Settings) -> None:
    """Evaluate as `settings` say. Raises ConfigError or DataError; mistakes in settings before the model is loaded."""
    from rich.console import Console

    from video_ktr.cli.evaluation_display import screen_table, watching
    from video_ktr.cli.evaluation_settings import read_mode
    from video_ktr.evaluation.answer_source import AnswerSource
    from video_ktr.evaluation.runner import evaluate_benchmark

    mode, source, summaries = read_mode(settings), AnswerSource(), []
    for evaluation in plan(settings):
        summary = evaluate_benchmark(evaluation, source, partial(watching, evaluation, mode))
        summaries.append((evaluation, summary))
        say(f"result: {evaluation.folder}")
    Console().print(screen_table(summaries, mode))


def plan(settings: Settings) -> "list[Evaluation]":
    """Every run that is asked for. Raises ConfigError or DataError for what cannot be run."""
    from video_ktr.cli.evaluation_settings import (
        check_sources,
        read_benchmarks,
        read_config,
        read_frames,
        read_question_set,
        read_wording,
    )
    from video_ktr.cli.models import check_model, load_processor
    from video_ktr.evaluation.model_identity import model_identity
    from video_ktr.jobs.ray_stage import require_ray

    configs = [read_config(settings, frames) for frames in read_frames(settings)]
    benchmarks, wording = read_benchmarks(settings), read_wording(settings)
    out = Path(take(settings, "out", "name the folder of the results"))
    check_sources(settings, benchmarks)
    if configs[0].engine == "ray":
        require_ray()
    check_model(configs[0].model)
    load_processor(configs[0].model)
    sets = [read_question_set(settings, benchmark, alone=len(benchmarks) == 1) for benchmark in benchmarks]
    common = {"wording": wording, "model": model_identity(configs[0].model)}
    parts = [_part(settings, one, configs[0].seed, out) for one in sets]
    return [_run(part, config, out, common) for part in parts for config in configs]


def _part(settings: Settings, one: "QuestionSet", seed: int, out: Path) -> dict[str, Any]:
    """What all runs of a benchmark share."""
    from video_ktr.cli.evaluation_settings import chosen
    from video_ktr.cli.media_check import tell_missing_media
    from video_ktr.evaluation.summary import question_warnings

    questions, how = chosen(one.questions, settings, seed)
    tell_missing_media((question.sample.path for question in questions), str(one.source), "count as wrong")
    folder = out / one.benchmark.name
    folder.mkdir(parents=True, exist_ok=True)
    one.rejects.write(folder / "rejects.jsonl")
    warnings = question_warnings(one.benchmark, one.questions, one.rejects)
    for warning in warnings:
        say(warning)
    return {
        "benchmark": one.benchmark,
        "questions": questions,
        "roots": one.roots.roots,
        "partial": how,
        "warnings": warnings,
    }


def _run(part: dict[str, Any], config: Any, out: Path, common: dict[str, Any]) -> "Evaluation":
    from video_ktr.evaluation.runner import Evaluation

    folder = out / part["benchmark"].name / f"{config.media.max_frames}f"
    return Evaluation(**part, **common, config=config, folder=folder)
