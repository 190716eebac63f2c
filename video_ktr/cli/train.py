"""Reinforcement learning on a file of questions, as a recipe says.

settings of the recipe, each of which --key value or --section.key value overrides:
  method           video_ktr, grpo, t_grpo, tw_grpo or high_entropy
  model            checkpoint folder or hub name
  questions        .json or .jsonl file of questions; media_root: folder of its media files
  num_questions    only so many of them, drawn by the seed
  prompt_template  reasoning, plain or a file of one's own; media_first: whether the video stands before the text
  rewards          list of accuracy, format, length, soft_choice, origin_accuracy, temporal_iou, caption, or
                   module:function for one of one's own
  question_inversion  share of multiple-choice questions that are negated, for TW-GRPO with the reward soft_choice
  peft             fields of peft.LoraConfig, to train an adapter
  output_dir       folder of the run
  any other key    a field of the method's config (VideoKTRConfig, VideoGRPOConfig, ...), such as learning_rate; other
                   methods' own fields may stand there as null

The same command goes on from the newest checkpoint in output_dir. The trained model is in output_dir/final.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, check_keys, read_settings, take
from video_ktr.errors import ConfigError, DataError

if TYPE_CHECKING:
    from video_ktr.data.sample import Sample

SUMMARY = "reinforcement learning with Video-KTR, or with a method to compare it with"
OWN_KEYS = ("method", "model", "rewards", "question_inversion", "peft")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", required=True, metavar="FILE", help="YAML file of settings, see recipes/")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    train(read_settings(arguments.config, overrides))


def train(settings: Settings) -> None:
    """Train as `settings` say, or find it done.

    Everything that can be wrong with settings, questions and media is looked at before the model is loaded. Raises
    ConfigError, DataError or MediaError.
    """
    from video_ktr.cli.config_building import build_config
    from video_ktr.cli.methods import find_method, without_other_methods
    from video_ktr.cli.models import check_model, load_processor
    from video_ktr.cli.questions import QUESTION_KEYS, load_template
    from video_ktr.cli.run_folder import RunFolder
    from video_ktr.cli.run_settings import checked_settings, recorded_settings
    from video_ktr.cli.training_run import building_trainer, run_training
    from video_ktr.rewards.registry import find_rewards

    # The run folder compares recipes as they are written, so fitted values stay out of it.
    recipe, name = settings, settings.get("method", "video_ktr")
    method, own = find_method(name), {*OWN_KEYS, *QUESTION_KEYS}
    settings = checked_settings(without_other_methods(recipe, name), own, method.config)
    folder = RunFolder(take(settings, "output_dir", "name the folder of the run"))
    config = build_config(method.config, {key: value for key, value in settings.items() if key not in own})
    rewards, template = find_rewards(settings.get("rewards", ["accuracy", "format"])), load_template(settings)
    model = take(settings, "model", "give a checkpoint folder or a hub name")
    recipe = recorded_settings(recipe, template)
    folder.check_same(recipe)
    if folder.is_finished:
        say(f"{folder.final}: finished already; remove {folder.folder} to train again")
        return
    samples = training_questions(settings, folder.folder, config)
    check_model(model)
    adapter = adapter_config(settings.get("peft"))
    processor = load_processor(model)
    with building_trainer():
        trainer = method.trainer(
            model=model,
            reward_funcs=rewards,
            args=config,
            train_dataset=rows_of(samples, template),
            processing_class=processor,
            peft_config=adapter,
        )
    run_training(trainer, folder, recipe, title=f"train {name}")
    say(f"trained model: {folder.final}")


def training_questions(settings: Settings, folder: Path, config: Any) -> "list[Sample]":
    """The questions of the recipe, with `question_inversion` some of them negated; which is in inversions.jsonl.

    Raises DataError as `load_questions` and `check_number` do, ConfigError for a share that is none.
    """
    from video_ktr.cli.questions import load_questions
    from video_ktr.data.question_inversion import inversion_summary, invert_questions, write_inversions

    samples = load_questions(settings, config.seed)
    check_number(len(samples), config)
    share = settings.get("question_inversion") or 0.0
    if share:
        samples, log = invert_questions(samples, share=share, seed=config.seed)
        folder.mkdir(parents=True, exist_ok=True)
        write_inversions(log, folder / "inversions.jsonl")
        say(f"question inversion: {inversion_summary(log)}")
    return samples


def check_number(questions: int, config: Any) -> None:
    """Raise DataError when there are fewer questions than one generation takes: TRL would train no step at all."""
    needed = config.generation_batch_size // config.num_generations
    if questions < needed:
        raise DataError(
            f"{questions} questions are too few: one generation takes {needed} (generation_batch_size "
            f"{config.generation_batch_size} / num_generations {config.num_generations}); give more or lower the first"
        )


def adapter_config(section: Settings | None) -> Any:
    """The LoRA settings of the section `peft`; None without one. Raises ConfigError where peft is not installed."""
    if not section:
        return None
    from video_ktr.cli.config_building import build_config, field_names

    try:
        from peft import LoraConfig
    except ImportError as error:
        raise ConfigError("the setting 'peft' needs the package peft: pip install 'video-ktr[peft]'") from error
    if not isinstance(section, dict):
        raise ConfigError(f"peft is {section!r}: expected a section with fields of peft.LoraConfig")
    check_keys(section, field_names(LoraConfig), "peft")
    return build_config(LoraConfig, section, "peft")


def rows_of(samples: list[Any], template: Any) -> Any:
    """The data set that a TRL trainer reads."""
    from datasets import Dataset

    from video_ktr.data.prompts import build_row

    return Dataset.from_list([build_row(sample, template) for sample in samples])
