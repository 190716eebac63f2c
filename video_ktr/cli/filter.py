"""Difficulty filter: try every question several times and keep those that are neither too easy nor too hard.

  video-ktr filter --model M --questions FILE --trials 8 --low 0.2 --high 0.8 --out DIR

settings, from --config FILE or as --key value or --section.key value:
  model            checkpoint folder or hub name, the model that reinforcement learning is to start from
  questions        file of questions; media_root: folder of its media files; num_questions: only so many, by the seed
  split            of a folder or hub data set (train); subset: its configuration, where it has several
  out              folder of the results
  trials           answers a question (8); low, high: bounds of the accuracy that is kept, both included (0.2, 0.8)
  engine           transformers, vllm or ray; engine_kwargs: its arguments
  ray              with engine ray: engine, workers, num_gpus, num_cpus, address
  batch_size       questions tried at once (8)
  seed             of the trials
  temperature      and top_p, top_k, max_new_tokens: how answers are drawn (1.0, 1.0, off, 768)
  prompt_template  wording around the question; media_first: whether the video stands before the text
  on_bad_record    report or stop; allow_outside_media: whether paths may lead outside media_root (false)
  media            fields of MediaConfig, such as media.max_frames; max_prompt_tokens: longest prompt
  frame_cache      folder where decoded frames are kept for later runs
  retry_unreadable whether questions whose media could not be read are tried again (false)

Accuracy is the mean accuracy reward of a question's trials: the share of right answers for multiple choice and
numbers, the mean of graded scores for OCR, free-form and regression. Questions that cannot be scored, and those whose
media cannot be read, are counted apart and not kept.

The same command goes on where an interrupted one stopped. out/kept.jsonl holds the kept questions, accuracies.parquet
one row a question, summary.md and histogram.png the overview, unreadable.jsonl what could not be shown to the model,
rejects.jsonl the records that are no usable questions.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.media_check import tell_missing_media
from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, read_settings, take
from video_ktr.errors import DataError

if TYPE_CHECKING:
    from video_ktr.data.keyed_samples import KeyedSample
    from video_ktr.data.prompts import PromptTemplate
    from video_ktr.data.rejects import Rejects
    from video_ktr.filtering.config import FilterConfig
    from video_ktr.filtering.outcome import Outcome
    from video_ktr.jobs.ledger import Ledger

SUMMARY = "keep questions of middling difficulty"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of settings")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    filter_questions(read_settings(arguments.config, overrides) if arguments.config else overrides)


def filter_questions(settings: Settings) -> None:
    """Filter as `settings` say. Raises ConfigError or DataError before the model is loaded."""
    from rich.console import Console

    from video_ktr.cli.questions import load_template, read_questions
    from video_ktr.data.keyed_samples import digest_of, keyed
    from video_ktr.data.sample import ReadOptions
    from video_ktr.filtering.outcome import Outcome
    from video_ktr.filtering.results import write_results
    from video_ktr.filtering.summary import screen_table
    from video_ktr.jobs.figure_files import require_matplotlib
    from video_ktr.jobs.ledger import LEDGER, Ledger
    from video_ktr.jobs.run_record import claim_folder, require_same_run

    config = read_config(settings)
    folder = Path(take(settings, "out", "name the folder of the results"))
    template = load_template(settings)
    require_matplotlib()
    samples, rejects = read_questions(settings, config.seed)
    roots = ReadOptions(media_root=settings.get("media_root")).media_roots(settings["questions"]).roots
    questions = keyed(samples, roots)
    check_questions(questions, rejects, settings["questions"])
    decides = {**config.deciding(), "template": asdict(template), "questions": digest_of(questions)}
    claim_folder(folder)
    with Ledger(folder / LEDGER, Outcome) as ledger:
        require_same_run(folder, decides, fresh=not ledger.records)
        try_pending(questions, ledger, config, template)
        counts = write_results(folder, questions, ledger.records, config, roots=roots)
    rejects.write(folder / "rejects.jsonl")
    Console().print(screen_table(counts))
    say(f"kept questions: {folder / 'kept.jsonl'} (media_root: {', '.join(map(str, roots))})")


def read_config(settings: Settings) -> "FilterConfig":
    """The settings of the trials. Raises ConfigError for an unknown setting or a value that does not fit."""
    from video_ktr.cli.model_settings import build_model_settings
    from video_ktr.cli.questions import QUESTION_KEYS
    from video_ktr.filtering.config import FilterConfig

    # Missing media are always counted here, so there is no policy to choose.
    return build_model_settings(FilterConfig, settings, own={*QUESTION_KEYS, "out"} - {"missing_media"})


def check_questions(questions: "Sequence[KeyedSample]", rejects: "Rejects", source: str) -> None:
    """Say which records cannot be used, and how many media files are missing.

    Raises DataError when no question is left, or no media file is there.
    """
    for line in rejects.summary():
        say(line)
    if not questions:
        raise DataError(f"{source}: no record can be used; see the reasons above")
    tell_missing_media((question.sample.path for question in questions), source, "are counted as unreadable")


def try_pending(
    questions: "Sequence[KeyedSample]", ledger: "Ledger[Outcome]", config: "FilterConfig", template: "PromptTemplate"
) -> None:
    """Try the questions that the ledger does not hold yet, and record them batch by batch."""
    from video_ktr.cli.batch_progress import Pace, showing
    from video_ktr.jobs.batches import pending_batches

    known = [ledger.records[q.key] for q in questions if q.key in ledger.records]
    done = {outcome.key for outcome in known if not (config.retry_unreadable and outcome.failure == "unreadable")}
    batches = pending_batches(questions, done, config.batch_size, key=lambda question: question.key)
    if not batches:
        return
    kept = sum(outcome.reason(config.rule) == "kept" for outcome in known if outcome.key in done)
    with showing(Pace(verb="filter", counted="kept", total=len(questions), done=len(done), sum=kept)) as display:
        for outcomes in finished(batches, config, template):
            ledger.append(outcomes)
            display.pace.advance(len(outcomes), sum(o.reason(config.rule) == "kept" for o in outcomes))
            display.update()


def finished(
    batches: "Sequence[Sequence[KeyedSample]]", config: "FilterConfig", template: "PromptTemplate"
) -> "Iterator[list[Outcome]]":
    """The outcomes of the batches, by the engine that `config` names. Raises ConfigError when it cannot start."""
    from video_ktr.cli.models import check_model, load_processor

    check_model(config.model)
    load_processor(config.model)
    if config.engine == "ray":
        from video_ktr.filtering.runner import run_in_workers
        from video_ktr.jobs.ray_stage import require_ray

        require_ray()
        return run_in_workers(batches, config, template)
    from video_ktr.filtering.runner import run_here
    from video_ktr.filtering.trials import build_trials

    return run_here(batches, build_trials(config, template))
