"""What a study is made of: arms, seeds and starts, and the cells of their grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from video_ktr.errors import ConfigError

Settings = dict[str, Any]
BASELINE_OF_STARTS = "start"
"""Name under which the starts themselves are evaluated; no arm may be called so."""


@dataclass(frozen=True, kw_only=True, order=True)
class CellKey:
    """One cell: an arm trained from one start with one seed."""

    arm: str
    start: str
    seed: int

    @property
    def name(self) -> str:
        """The cell's folder below the study's."""
        return f"{self.arm}/{self.start}-seed{self.seed}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The grid and what is compared in it. Raises ConfigError for names that do not fit together."""

    name: str
    arms: dict[str, Settings]
    """Name -> what the arm changes in the settings that all share."""
    seeds: tuple[int, ...]
    starts: tuple[str, ...]
    baseline: str
    also_compare: tuple[tuple[str, str], ...] = ()
    """(arm, reference) beside every arm against the baseline."""
    controls: tuple[str, ...] = ()
    """Arms that should not win if a method works for the reason given; marked in the report."""

    def __post_init__(self) -> None:
        if len(self.arms) < 2:
            raise ConfigError("arms: a study compares at least two; give a baseline and one other")
        if BASELINE_OF_STARTS in self.arms:
            raise ConfigError(f"arms: the name {BASELINE_OF_STARTS!r} stands for the untrained starts; choose another")
        for where, names in (
            ("baseline", [self.baseline]),
            ("also_compare", [name for pair in self.also_compare for name in pair]),
            ("controls", list(self.controls)),
        ):
            for name in names:
                if name not in self.arms:
                    raise ConfigError(f"{where}: {name!r} is no arm; use one of {', '.join(self.arms)}")
        for where, values in (("seeds", self.seeds), ("starts", self.starts)):
            if not values or len(set(values)) < len(values):
                raise ConfigError(f"{where}: give at least one, and none of them twice")

    @property
    def comparisons(self) -> tuple[tuple[str, str], ...]:
        """Every arm with the baseline, in order of the arms, then the further ones."""
        against = tuple((arm, self.baseline) for arm in self.arms if arm != self.baseline)
        return against + tuple(pair for pair in self.also_compare if pair not in against)

    def cells(self, only: Sequence[str] = ()) -> Iterator[CellKey]:
        """Cells seed by seed, so that a study that is cut short has whole pairs. Raises ConfigError for no arm."""
        for name in only:
            if name not in self.arms:
                raise ConfigError(f"--only: {name!r} is no arm; use one of {', '.join(self.arms)}")
        for seed in self.seeds:
            for start in self.starts:
                for arm in self.arms:
                    if not only or arm in only:
                        yield CellKey(arm=arm, start=start, seed=seed)
