"""Where the settings of two arms differ: the proof that one thing was changed, or the warning that it was not."""

from dataclasses import dataclass
from typing import Any, Literal

from video_ktr.study.plan import CellKey, Plan
from video_ktr.study.results import CellResult

ABSENT = "(not there)"
OF_THE_CELL = {"output_dir", "logging_dir", "run_name"}
"""Where a cell is: another in every cell."""
FOLLOW = {"preset": ("key_tokens", "kl_clamp")}
"""What a named setting decides without being named itself."""
NAMED: Literal["named"] = "named"
OWN: Literal["of the method"] = "of the method"
UNNAMED: Literal["not named"] = "not named"
Reason = Literal["named", "of the method", "not named"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One setting that differs between an arm and its reference."""

    arm: str
    reference: str
    setting: str
    value: str
    other: str
    """The reference's value."""
    reason: Reason
    """The study file names it; or only one of the two methods has it; or neither: then the arms differ in more than
    they say."""


def find_differences(plan: Plan, results: list[CellResult]) -> list[Difference]:
    """The settings in which the cells of compared arms differ, over all their pairs, each once.

    Both what `train` was given and what the trainer ran with, defaults included, are looked at.
    """
    cells = {result.key: result for result in results}
    found: dict[Difference, None] = {}
    for arm, reference in plan.comparisons:
        for start in plan.starts:
            for seed in plan.seeds:
                ours = cells.get(CellKey(arm=arm, start=start, seed=seed))
                theirs = cells.get(CellKey(arm=reference, start=start, seed=seed))
                if ours is not None and theirs is not None:
                    found |= dict.fromkeys(_differences(plan, ours, theirs))
    return list(found)


def _differences(plan: Plan, ours: CellResult, theirs: CellResult) -> list[Difference]:
    named = {*_flat(plan.arms[ours.arm]), *_flat(plan.arms[theirs.arm])}
    found: dict[str, Difference] = {}
    for source in ("recipe", "resolved"):
        mine, other = _flat(ours.settings[source]), _flat(theirs.settings[source])
        for setting in sorted({*mine, *other}):
            if setting in OF_THE_CELL or (setting in mine and setting in other and mine[setting] == other[setting]):
                continue
            both = setting in mine and setting in other
            reason: Reason = UNNAMED
            if setting in named or (both and _follows(setting, named)):
                reason = NAMED
            elif source == "resolved" and not both:
                reason = OWN
            found[setting] = Difference(
                arm=ours.arm,
                reference=theirs.arm,
                setting=setting,
                value=str(mine.get(setting, ABSENT)),
                other=str(other.get(setting, ABSENT)),
                reason=reason,
            )
    return list(found.values())


def _follows(setting: str, named: set[str]) -> bool:
    followers = [follower for name in named for follower in FOLLOW.get(name, ())]
    return any(setting == name or setting.startswith(f"{name}.") for name in followers)


def _flat(settings: dict[str, Any], where: str = "") -> dict[str, Any]:
    """Section.key -> value; values as text, since records of numbers may be 1 and 1.0."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{where}{key}"
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{name}.")
        else:
            flat[name] = value if isinstance(value, int | float | str | bool | type(None)) else str(value)
    return flat
