"""The stages of the quickstart, each by the code of the verb it belongs to."""

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from rich.console import Console
from transformers.utils import logging

from video_ktr.analysis.analyze import require_libraries
from video_ktr.cli.config_building import build_config, field_names, fit_values
from video_ktr.cli.models import load_processor
from video_ktr.cli.questions import load_questions, load_template
from video_ktr.cli.quickstart_pages import write_pages
from video_ktr.cli.quickstart_summary import show_summary
from video_ktr.cli.settings import Settings, check_keys, merged, read_settings
from video_ktr.cli.sft import fine_tune
from video_ktr.cli.stages import Stage, run_stages
from video_ktr.cli.train import train
from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.evaluation.sampled import evaluate_sampled, write_result
from video_ktr.generation import TransformersEngine, checkpoint_sampling
from video_ktr.generation.engines import load_model
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset
from video_ktr.toyworld.model import build_checkpoint

# A tiny model is many small operations: two threads wait for each other in them, and stall when anything else runs
# beside them. The data loader has the second core.
THREADS = 1
EVALUATION: Settings = {"max_new_tokens": 60, "batch_size": 50, "temperature": 1.0, "top_p": 1.0, "num_questions": None}
EVALUATION_TYPES: Settings = {
    "max_new_tokens": int,
    "batch_size": int,
    "temperature": float,
    "top_p": float,
    "num_questions": int | None,
}


def run_quickstart(output: Path, recipes: Path, seed: int, overrides: Settings) -> None:
    """Run all stages below `output`, print the results and write the pages."""
    torch.set_num_threads(THREADS)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    console = Console(stderr=True)
    start = time.perf_counter()
    require_libraries()
    stages = build_stages(output, recipes, seed, overrides)
    run_stages(stages, console)
    show_summary(output, write_pages(output, stages[-1].settings, seed), Console())
    console.print(f"this run: {time.perf_counter() - start:.0f} s", highlight=False)


def build_stages(output: Path, recipes: Path, seed: int, overrides: Settings) -> list[Stage]:
    """The chain world, base, cold start, evaluation, reinforcement learning, evaluation.

    Every setting is read and checked here, before the first stage runs. Raises ConfigError.
    """
    check_keys(overrides.get("world") or {}, field_names(ToyDataConfig), "world")
    world = build_config(ToyDataConfig, {**(overrides.get("world") or {}), "seed": seed}, "world")
    questions = output / "world"

    def recipe(name: str, section: str, model: Path, split: str) -> Settings:
        settings = merged(read_settings(recipes / name), overrides.get(section) or {})
        places = {"model": model, "questions": questions / f"{split}.jsonl", "output_dir": output / section}
        return {**settings, **{key: str(path) for key, path in places.items()}, "seed": seed}

    base = recipe("toy_base.yaml", "base", questions / "model", "base")
    cold_start = recipe("toy_cold_start.yaml", "cold_start", output / "base" / "final", "cold_start")
    rl = recipe("toy.yaml", "rl", output / "cold_start" / "final", "train")
    asked: Settings = {key: rl[key] for key in ("media", "prompt_template", "media_first") if key in rl}
    given = overrides.get("evaluation") or {}
    check_keys(given, EVALUATION, "evaluation")
    chosen = {**EVALUATION, **fit_values(given, EVALUATION_TYPES, "evaluation")}
    evaluation = {**asked, **chosen, "questions": str(questions / "eval.jsonl"), "seed": seed}

    def evaluated(name: str, model: str) -> Stage:
        settings = {**evaluation, "model": model}
        make = partial(evaluate, settings, output / name)
        return Stage(title=f"accuracy {name}", folder=output / name, settings=settings, make=make)

    return [
        Stage(title="videos", folder=questions, settings=asdict(world), make=partial(make_world, questions, world)),
        Stage(
            title="base training",
            folder=output / "base",
            settings=base,
            make=partial(fine_tune, base, title="base training"),
        ),
        Stage(
            title="cold start",
            folder=output / "cold_start",
            settings=cold_start,
            make=partial(fine_tune, cold_start, title="cold start"),
        ),
        evaluated("before", rl["model"]),
        Stage(title="reinforcement learning", folder=output / "rl", settings=rl, make=partial(train, rl)),
        evaluated("after", str(output / "rl" / "final")),
    ]


def make_world(folder: Path, config: ToyDataConfig) -> None:
    """Write videos and questions, and a model with random weights in folder/model."""
    build_dataset(folder, config)
    build_checkpoint(folder / "model", seed=config.seed)


def evaluate(settings: Settings, folder: Path) -> None:
    """Evaluate a model by sampling; the record goes to folder/result.json, the outputs to folder/outputs.jsonl."""
    model, processor = load_model(settings["model"]).eval(), load_processor(settings["model"])
    sampling = checkpoint_sampling(
        model,
        processor.tokenizer,
        max_new_tokens=settings["max_new_tokens"],
        temperature=settings["temperature"],
        top_p=settings["top_p"],
    )
    result = evaluate_sampled(
        TransformersEngine(model),
        PromptEncoder(processor, build_config(MediaConfig, settings.get("media") or {}, "media")),
        load_questions(settings, settings["seed"]),
        load_template(settings),
        sampling,
        rows_path=folder / "outputs.jsonl",
        seed=settings["seed"],
        batch_size=settings["batch_size"],
        title=f"accuracy {folder.name}",
    )
    write_result(result, folder / "result.json")
