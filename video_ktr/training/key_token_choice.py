"""Which tokens of a generation learn, and what the logs say about the choice.

Letters: B rows (prompts x G), T completion tokens.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from video_ktr.attribution import KeyTokens, TokenSignals, select_key_tokens
from video_ktr.attribution.profiles import jaccard
from video_ktr.errors import ConfigError
from video_ktr.training.attribution_reuse import AttributionReuse
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.generation_record import Generation
from video_ktr.training.seeds import derived_generator


class KeyTokenChoice:
    """Selects key tokens for rows of a generation, with what the selection needs beside their signals.

    That is each completion's accuracy for the adaptive ratio, a seeded generator for each row of a random control, and
    the profiles that stand in for counterfactual passes that were not run.

    Args:
        args: The trainer's; gives the settings and the seed.
        rewards: Names of the reward functions, as TRL logs them.
        process: This process's number.

    Raises:
        ConfigError: The adaptive ratio needs a reward that is not there.
    """

    def __init__(self, args: VideoKTRConfig, rewards: Sequence[str], process: int):
        self.config = args.key_token_config
        self.group_size = args.num_generations
        self.seed = args.seed
        self.process = process
        self.reuse = AttributionReuse(args.attribution_every, self.config)
        names = {name.removesuffix("_reward"): name for name in rewards}
        self.accuracy = names.get(args.accuracy_reward.removesuffix("_reward"))
        if self.config.ratio_rule == "adaptive" and self.accuracy is None:
            raise ConfigError(
                f"accuracy_reward {args.accuracy_reward!r} is none of the rewards, and ratio_rule 'adaptive' needs it: "
                f"name one of {', '.join(names)}"
            )

    def choose(
        self, signals: TokenSignals, mask_BT: Tensor, token_ids_BT: Tensor, rows: list[int], generation: Generation
    ) -> tuple[KeyTokens, dict[str, float]]:
        """Key tokens of some rows, and what to log.

        Args:
            signals: As measured; rows without a counterfactual pass are marked as not having its signal.
            mask_BT: Valid tokens of rows that can learn.
            rows: Which row of the generation each row of the tensors is.
            generation: With `attributed_B` and `measured_B` of these rows.
        """
        keys = [generation.prompt_keys[row] for row in rows]
        measured_BT = mask_BT.bool() & generation.measured_B[:, None]
        reused_B = generation.attributed_B & ~generation.measured_B
        filled = self.reuse.fill(signals, keys, token_ids_BT, reused_B) if reused_B.any() else signals
        chosen = self._select(filled, mask_BT, rows, generation)
        values = _metrics(chosen, generation)
        if self.config.control != "none":
            values["control_overlap"] = chosen.control_overlap
        if self.config.ratio_rule == "adaptive":
            values |= {f"{name}/asked_ratio": found.asked_ratio for name, found in chosen.statistics.items()}
        if self.reuse.every > 1:
            values["measured_rows"] = float(generation.measured_B.sum())
            known_B = measured_BT.any(1) & torch.tensor([k in self.reuse.profiles for k in keys], device=mask_BT.device)
            guess = self.reuse.fill(filled, keys, token_ids_BT, known_B)
            guessed = self._select(guess, mask_BT, rows, generation) if known_B.any() else None
            values |= _agreement(chosen, guessed, known_B, self.reuse.signals)
            self.reuse.learn(signals, keys, token_ids_BT, measured_BT)
        return chosen, values

    def _select(self, signals: TokenSignals, mask_BT: Tensor, rows: list[int], generation: Generation) -> KeyTokens:
        rewards = None if self.accuracy is None else generation.rewards[self.accuracy]
        accuracy_B = None if rewards is None else torch.tensor([rewards[row] for row in rows], dtype=torch.float64)
        return select_key_tokens(
            signals,
            mask_BT,
            self.config,
            group_size=self.group_size,
            accuracy_B=accuracy_B,
            generators=[
                derived_generator(
                    self.seed, *generation.step, generation.prompt_keys[row], self.process, row, "control"
                )
                for row in rows
            ],
        )


def _agreement(chosen: KeyTokens, guessed: KeyTokens | None, rows_B: Tensor, names: Sequence[str]) -> dict[str, float]:
    """Jaccard, per signal, of what two choices hold of some rows; NaN where there is nothing to compare."""
    values = {}
    for name in names:
        masks = [getattr(keys, f"{name}_BT")[rows_B] for keys in (chosen, guessed) if keys is not None]
        values[f"reuse/{name}_agreement"] = jaccard(*masks) if guessed is not None else float("nan")
    return values


def _metrics(keys: KeyTokens, generation: Generation) -> dict[str, float]:
    values = {"update_ratio": keys.update_ratio, "empty_rows": float(keys.empty_rows)}
    for signal, statistics in keys.statistics.items():
        values[f"{signal}/ratio"] = statistics.ratio
        values[f"{signal}/ties"] = float(statistics.ties)
        values[f"{signal}/mean_score"] = statistics.mean_score
    if not generation.attributed_B.any():
        # TRL leaves NaN out of its means.
        values = dict.fromkeys(values, float("nan"))
    return values
