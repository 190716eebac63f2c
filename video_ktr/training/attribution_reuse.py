"""Attribution at every k-th meeting with a prompt: what its tokens scored stands in for the counterfactual passes.

Letters: B rows (prompts x G), T completion tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from accelerate.utils import gather_object
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from video_ktr.attribution import KeyTokenConfig, TokenSignals
from video_ktr.attribution.profiles import TokenTable
from video_ktr.training.profile_file import Profile, read_profiles, write_profiles

FILE = "attribution_profiles.safetensors"
REUSABLE = ("visual", "temporal")
"""Signals that take a counterfactual pass. The entropy is measured every time: it costs none."""


@dataclass
class _News:
    """What one process has found out since the last exchange."""

    tables: dict[str, dict[str, list[TokenTable]]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class AttributionReuse(TrainerCallback):
    """Keeps a profile of each prompt: per signal, what each token id scored when its completions were last measured.

    A prompt is measured when it has no profile, and again after its profile has been used `every - 1` times; meetings
    in which none of its completions can learn do not count. In between its new completions, whose tokens differ, take
    their scores from the profile (`TokenTable.scores`). So in its first epoch a run measures every prompt, whatever
    `every` is, and saves nothing.

    Processes exchange what they have found before each generation, so that all know the same. A checkpoint holds the
    profiles in `attribution_profiles.safetensors`, written before the rest of it. They take 24 bytes for each prompt,
    signal and distinct token id, in every process and checkpoint.

    Args:
        every: k; 1 measures always, and keeps nothing.
        config: Says which signals are on.
    """

    def __init__(self, every: int, config: KeyTokenConfig):
        self.every = every
        on = {"visual": config.uses_visual, "temporal": config.uses_temporal}
        self.signals = tuple(name for name in REUSABLE if on[name])
        self.profiles: dict[str, Profile] = {}
        self._news = _News()

    def exchange(self) -> None:
        """Take in what all processes have found; every process must call it at the same point."""
        if self.every == 1:
            return
        news: list[_News] = gather_object([self._news])
        self._news = _News()
        for key in sorted(set().union(*(part.used for part in news))):
            self.profiles[key] = replace(self.profiles[key], uses=self.profiles[key].uses + 1)
        for key in sorted(set().union(*(part.tables for part in news))):
            found = [part.tables[key] for part in news if key in part.tables]
            tables = {name: [t for of_signal in found for t in of_signal.get(name, [])] for name in self.signals}
            self.profiles[key] = Profile({name: TokenTable.merged(parts) for name, parts in tables.items() if parts})

    def measure(self, rows_B: Tensor, keys: Sequence[str]) -> Tensor:
        """True at those of `rows_B` whose prompt is due for the counterfactual passes; the others use their profiles.

        Args:
            rows_B: True at rows that can learn; the uses of their profiles are counted, once a prompt.
            keys: One per row, the prompt's.
        """
        due_B = torch.tensor([self._is_due(key) for key in keys], device=rows_B.device)
        self._news.used.update(keys[row] for row in (rows_B & ~due_B).nonzero().squeeze(1).tolist())
        return rows_B & due_B

    def _is_due(self, key: str) -> bool:
        return self.every == 1 or key not in self.profiles or self.profiles[key].uses >= self.every - 1

    def fill(self, signals: TokenSignals, keys: Sequence[str], token_ids_BT: Tensor, rows_B: Tensor) -> TokenSignals:
        """The signals, with scores from the profiles in place of those of `rows_B`, which must have one.

        A row whose prompt's profile lacks a signal (an image has no temporal one) does not have the signal.

        Args:
            keys: One per row, the prompt's.
        """
        changes: dict[str, Tensor] = {}
        for name in self.signals:
            scores, rows = getattr(signals, f"{name}_BT"), getattr(signals, f"{name}_rows_B")
            nowhere_B = torch.zeros(len(keys), dtype=torch.bool, device=token_ids_BT.device)
            scores_BT = (
                torch.zeros(token_ids_BT.shape, device=token_ids_BT.device) if scores is None else scores.clone()
            )
            have_B = (nowhere_B if scores is None else ~nowhere_B) if rows is None else rows.clone()
            for row in rows_B.nonzero().squeeze(1).tolist():
                table = self.profiles[keys[row]].tables.get(name)
                have_B[row] = table is not None
                if table is not None:
                    scores_BT[row] = table.scores(token_ids_BT[row])
            changes |= {f"{name}_BT": scores_BT, f"{name}_rows_B": have_B}
        return replace(signals, **changes)

    def learn(self, signals: TokenSignals, keys: Sequence[str], token_ids_BT: Tensor, valid_BT: Tensor) -> None:
        """Keep what the valid tokens scored, as part of their prompts' next profiles."""
        if self.every == 1:
            return
        for row in valid_BT.any(1).nonzero().squeeze(1).tolist():
            tables = self._news.tables.setdefault(keys[row], {})
            for name in self.signals:
                scores_BT, have_B = getattr(signals, f"{name}_BT"), getattr(signals, f"{name}_rows_B")
                if scores_BT is not None and (have_B is None or have_B[row]):
                    table = TokenTable.of(scores_BT[row], token_ids_BT[row], valid_BT[row])
                    tables.setdefault(name, []).append(table)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Write the profiles where a checkpoint is about to be written."""
        del kwargs
        # Before the checkpoint's own files: one that is whole without the profiles could not be resumed.
        if self.every > 1 and control.should_save:
            self.exchange()
            if state.is_world_process_zero:
                write_profiles(self._path(args, state), self.profiles)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Go on with the profiles of the checkpoint. Raises ConfigError when it has none."""
        del control, kwargs
        if self.every > 1 and state.global_step:
            self.profiles = read_profiles(self._path(args, state))

    @staticmethod
    def _path(args: TrainingArguments, state: TrainerState) -> Path:
        return Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / FILE
