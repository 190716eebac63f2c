"""Difficulty filter: try every question several times and keep those that are neither too easy nor too hard.

  video-ktr filter --model M --questions FILE --trials 8 --low 0.2 --high 0.8 --out DIR

settings, from --config FILE or as --key value or --section.key value:
  model            checkpoint folder or hub name, the model that reinforcement learning is to start from
  questions        file of questions; media_root: folder of its media files; num_questions: only so many, by the seed
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
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, check_keys, read_settings, take
from video_ktr.errors import ConfigError, DataError

if TYPE_CHECKING:
    from video_ktr.data.prompts import PromptTemplate
    from video_ktr.data.rejects import Rejects
    from video_ktr.filtering.config import FilterConfig
    from video_ktr.filtering.ledger import Ledger
    from video_ktr.filtering.outcome import Outcome
    from video_ktr.filtering.questions import Question

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
    from video_ktr.data.sample import ReadOptions
    from video_ktr.filtering.histogram import require_matplotlib
    from video_ktr.filtering.ledger import LEDGER, Ledger
    from video_ktr.filtering.questions import digest_of, keyed
    from video_ktr.filtering.results import write_results
    from video_ktr.filtering.run_record import claim_folder, require_same_run
    from video_ktr.filtering.summary import screen_table

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
    with Ledger(folder / LEDGER) as ledger:
        require_same_run(folder, decides, fresh=not ledger.outcomes)
        try_pending(questions, ledger, config, template)
        counts = write_results(folder, questions, ledger.outcomes, config, roots=roots)
    rejects.write(folder / "rejects.jsonl")
    Console().print(screen_table(counts))
    say(f"kept questions: {folder / 'kept.jsonl'} (media_root: {', '.join(map(str, roots))})")


def read_config(settings: Settings) -> "FilterConfig":
    """The settings of the trials. Raises ConfigError for an unknown setting or a value that does not fit."""
    from video_ktr.cli.config_building import build_config, field_names
    from video_ktr.cli.questions import QUESTION_KEYS
    from video_ktr.data.media import MediaConfig
    from video_ktr.filtering.config import FilterConfig, RayConfig

    take(settings, "model", "give a checkpoint folder or a hub name")
    # Missing media are always counted here, so there is no policy to choose.
    own = {*QUESTION_KEYS, "out"} - {"missing_media"}
    check_keys(settings, {*own, *field_names(FilterConfig)})
    values = {key: value for key, value in settings.items() if key not in own}
    kinds: dict[str, type[Any]] = {"media": MediaConfig, "ray": RayConfig}
    for name, kind in kinds.items():
        section = values.get(name) or {}
        if not isinstance(section, dict):
            raise ConfigError(f"{name} is {section!r}: expected a section of settings")
        check_keys(section, field_names(kind), name)
        values[name] = build_config(kind, section, name)
    return build_config(FilterConfig, values)


def check_questions(questions: "Sequence[Question]", rejects: "Rejects", source: str) -> None:
    """Say which records cannot be used, and how many media files are missing.

    Raises DataError when no question is left, or no media file is there.
    """
    for line in rejects.summary():
        say(line)
    if not questions:
        raise DataError(f"{source}: no record can be used; see the reasons above")
    paths = {question.sample.path for question in questions if question.sample.path is not None}
    missing = sorted(path for path in paths if not Path(path).exists())
    if missing and len(missing) == len(paths):
        raise DataError(
            f"{source}: none of its {len(paths)} media files exists, the first is {missing[0]}; set media_root to the "
            "folder they are in"
        )
    if missing:
        say(f"{len(missing)} of {len(paths)} media files are missing; their questions are counted as unreadable")


def try_pending(
    questions: "Sequence[Question]", ledger: "Ledger", config: "FilterConfig", template: "PromptTemplate"
) -> None:
    """Try the questions that the ledger does not hold yet, and record them batch by batch."""
    from video_ktr.cli.filter_progress import Pace, showing
    from video_ktr.filtering.runner import pending_batches

    known = [ledger.outcomes[q.key] for q in questions if q.key in ledger.outcomes]
    done = {outcome.key for outcome in known if not (config.retry_unreadable and outcome.failure == "unreadable")}
    batches = pending_batches(questions, done, config.batch_size)
    if not batches:
        return
    kept = sum(outcome.reason(config.rule) == "kept" for outcome in known if outcome.key in done)
    with showing(Pace(total=len(questions), done=len(done), kept=kept)) as display:
        for outcomes in finished(batches, config, template):
            ledger.append(outcomes)
            display.pace.advance(len(outcomes), sum(o.reason(config.rule) == "kept" for o in outcomes))
            display.update()


def finished(
    batches: "list[Sequence[Question]]", config: "FilterConfig", template: "PromptTemplate"
) -> "Iterator[list[Outcome]]":
    """The outcomes of the batches, by the engine that `config` names. Raises ConfigError when it cannot start."""
    from video_ktr.cli.models import check_model, load_processor

    check_model(config.model)
    load_processor(config.model)
    if config.engine == "ray":
        from video_ktr.filtering.ray_pipeline import require_ray, run_on_ray

        require_ray()
        return run_on_ray(batches, config, template)
    from video_ktr.filtering.runner import build_trials, run_here

    return run_here(batches, build_trials(config, template))
