"""Supervised fine-tuning on questions with worked completions: the cold start before reinforcement learning.

settings of the recipe, each of which --key value or --section.key value overrides:
  model              checkpoint folder or hub name; model_init_kwargs: arguments of from_pretrained
  questions          .json or .jsonl file of questions whose field `process` holds the completion to imitate
  media_root         folder of its media files
  num_questions      only so many of them, drawn by the seed
  prompt_template    reasoning, plain or a file of one's own; media_first: whether the video stands before the text
  output_dir         folder of the run
  any other key      a field of VideoSFTConfig, such as learning_rate

The same command goes on from the newest checkpoint in output_dir. The trained model is in output_dir/final.
"""

import argparse
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, read_settings, take
from video_ktr.errors import DataError

if TYPE_CHECKING:
    from video_ktr.data.prompts import PromptTemplate
    from video_ktr.data.sample import Sample

SUMMARY = "supervised fine-tuning on worked completions (cold start)"
OWN_KEYS = ("model", "model_init_kwargs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", required=True, metavar="FILE", help="YAML file of settings, see recipes/")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    fine_tune(read_settings(arguments.config, overrides))


def fine_tune(settings: Settings, *, title: str = "sft") -> None:
    """Fine-tune as `settings` say, or find it done.

    Everything that can be wrong with settings, questions and media is looked at before the model is loaded. Raises
    ConfigError, DataError or MediaError.
    """
    from video_ktr.cli.config_building import build_config
    from video_ktr.cli.models import check_model, load_processor
    from video_ktr.cli.questions import QUESTION_KEYS, load_questions, load_template
    from video_ktr.cli.run_folder import RunFolder
    from video_ktr.cli.run_settings import checked_settings, recorded_settings
    from video_ktr.cli.training_run import building_trainer, run_training
    from video_ktr.generation.engines import load_model
    from video_ktr.training.sft import VideoSFTConfig, VideoSFTTrainer

    recipe, own = settings, {*OWN_KEYS, *QUESTION_KEYS}
    settings = checked_settings(recipe, own, VideoSFTConfig)
    folder = RunFolder(take(settings, "output_dir", "name the folder of the run"))
    config = build_config(VideoSFTConfig, {key: value for key, value in settings.items() if key not in own})
    template = load_template(settings)
    name = take(settings, "model", "give a checkpoint folder or a hub name")
    recipe = recorded_settings(recipe, template)
    folder.check_same(recipe)
    if folder.is_finished:
        say(f"{folder.final}: finished already; remove {folder.folder} to train again")
        return
    rows = completion_rows(load_questions(settings, config.seed), template)
    check_model(name)
    processor = load_processor(name)
    with building_trainer():
        model = load_model(name, **(settings.get("model_init_kwargs") or {}))
        trainer = VideoSFTTrainer(model, config, rows, processor)
    run_training(trainer, folder, recipe, title=title)
    say(f"trained model: {folder.final}")


def completion_rows(samples: "list[Sample]", template: "PromptTemplate") -> list[dict[str, Any]]:
    """Rows {"prompt": messages, "completion": text}. Raises DataError for a sample without a completion."""
    from video_ktr.data.prompts import build_messages

    for index, sample in enumerate(samples):
        if not sample.process.strip():
            raise DataError(
                f"question {index} (problem_id {sample.problem_id}) has no 'process': fine-tuning needs the "
                "completion to imitate; add it or remove the record"
            )
    return [{"prompt": build_messages(sample, template), "completion": sample.process} for sample in samples]
