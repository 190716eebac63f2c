"""The settings of a study, read, checked and resolved to those of its cells."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_ktr.cli.config_building import build_config, fit_values
from video_ktr.cli.settings import Settings, check_keys, merged, read_settings, take
from video_ktr.errors import ConfigError
from video_ktr.jobs.ray_config import RayConfig
from video_ktr.study.plan import CellKey, Plan

TYPES: dict[str, Any] = {
    "name": str,
    "recipe": str,
    "overrides": dict,
    "arms": dict,
    "baseline": str,
    "also_compare": list,
    "controls": list,
    "seeds": list,
    "starts": dict,
    "toy": dict,
    "evaluation": dict,
    "curve": list,
    "output_dir": str,
    "cells_dir": str,
    "starts_dir": str,
    "ray": dict,
}
GIVEN_BY_THE_GRID = ("seed", "output_dir")
CURVE = ["ordered_accuracy", "rewards/accuracy_reward/mean"]
START_KEYS = ("toy_seed", "model", "questions", "evaluation_questions")
EVALUATION_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study file, resolved."""

    plan: Plan
    shared: Settings
    """The recipe with the study's overrides: what every arm starts out from."""
    starts: dict[str, Settings]
    """Name -> `toy_seed`, or `model` and, where they differ from the recipe's, its questions."""
    toy: Settings
    """Overrides of the stages that make toy starts, by section, as `quickstart` takes them."""
    evaluation: Settings
    curve: list[str]
    """Training metrics, of which the first that a run logged is its curve."""
    folder: Path
    cells_folder: Path
    starts_folder: Path
    ray: RayConfig = field(default_factory=RayConfig)

    def cell_folder(self, key: CellKey) -> Path:
        """Where a cell is."""
        return self.cells_folder / key.name

    def train_settings(self, key: CellKey, start: Settings) -> Settings:
        """The settings of `train` for a cell whose start is `start`; a setting that is null is left out."""
        settings = merged(merged(self.shared, self.plan.arms[key.arm]), {name: start[name] for name in start})
        settings.pop("evaluation_questions", None)
        settings = {**settings, "seed": key.seed, "output_dir": str(self.cell_folder(key) / "run")}
        return {name: value for name, value in settings.items() if value is not None}


def read_study(path: Path, overrides: Settings) -> Study:
    """Read a study file. Raises ConfigError for what cannot be, before anything is made."""
    settings = read_settings(path, overrides)
    check_keys(settings, TYPES)
    settings = fit_values(settings, TYPES)
    arms = _sections(take(settings, "arms", "name the arms and what each changes"), "arms")
    starts = _sections(take(settings, "starts", "name the starts: toy_seed, or model and questions"), "starts")
    _check_starts(starts)
    plan = Plan(
        name=settings.get("name") or path.stem,
        arms=arms,
        seeds=tuple(_whole_numbers(take(settings, "seeds", "give the seeds of each arm"), "seeds")),
        starts=tuple(starts),
        baseline=take(settings, "baseline", "name the arm that the others are compared with"),
        also_compare=tuple(_pairs(settings.get("also_compare") or [])),
        controls=tuple(settings.get("controls") or ()),
    )
    recipe = read_settings(path.parent / take(settings, "recipe", "name the recipe, seen from the study file's folder"))
    for where, section in _changing(settings.get("overrides") or {}, arms):
        for name in {*GIVEN_BY_THE_GRID, *START_KEYS} & {*section}:
            raise ConfigError(f"{where}.{name}: is given by the study's starts, seeds and output_dir; leave it out")
    ray = settings.get("ray") or {}
    check_keys(ray, ("num_cpus", "num_gpus", "address"), "ray")
    folder = Path(take(settings, "output_dir", "name the folder of the study"))
    return Study(
        plan=plan,
        shared=merged(recipe, settings.get("overrides") or {}),
        starts=starts,
        toy=settings.get("toy") or {},
        evaluation=settings.get("evaluation") or {},
        curve=settings.get("curve") or CURVE,
        folder=folder,
        cells_folder=Path(settings.get("cells_dir") or folder / "cells"),
        starts_folder=Path(settings.get("starts_dir") or "runs/studies/starts"),
        ray=build_config(RayConfig, ray, "ray"),
    )


def _changing(overrides: Settings, arms: dict[str, Settings]) -> list[tuple[str, Settings]]:
    return [("overrides", overrides), *((f"arms.{name}", arm) for name, arm in arms.items())]


def _sections(section: Settings, where: str) -> dict[str, Settings]:
    for name, value in section.items():
        if not isinstance(value, dict):
            raise ConfigError(f"{where}.{name} is {value!r}: expected a section of settings")
        if not name or name.startswith(".") or "/" in name or "\\" in name:
            raise ConfigError(f"{where}: {name!r} names a folder; use letters, digits, - and _")
    return section


def _check_starts(starts: dict[str, Settings]) -> None:
    for name, start in starts.items():
        check_keys(start, START_KEYS, f"starts.{name}")
        if ("toy_seed" in start) == ("model" in start):
            raise ConfigError(f"starts.{name}: give either toy_seed or model")
        if "toy_seed" in start:
            _whole_numbers([start["toy_seed"]], f"starts.{name}.toy_seed")
            if len(start) > 1:
                raise ConfigError(f"starts.{name}: a toy start makes its own questions; leave out all but toy_seed")


def _whole_numbers(values: list[Any], where: str) -> list[int]:
    for value in values:
        if type(value) is not int or value < 0:
            raise ConfigError(f"{where}: {value!r} is no seed; give whole numbers of 0 or more")
    return values


def _pairs(values: list[Any]) -> list[tuple[str, str]]:
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise ConfigError(f"also_compare: {value!r} is no pair; write [arm, reference]")
    return [(str(arm), str(reference)) for arm, reference in values]
