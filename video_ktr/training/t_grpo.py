"""T-GRPO: GRPO that pays for using the order of frames.

Letters: B rows (prompts x G) of one process, N rows of all processes, F reward functions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor

from video_ktr.data.encoding import EncodedPrompt
from video_ktr.errors import ConfigError
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.generation_count import GenerationCount
from video_ktr.training.prompt_rows import PromptRows
from video_ktr.training.seeds import derived_generator
from video_ktr.training.shuffled_prompts import shuffled_prompt
from video_ktr.training.temporal_bonus import accuracy_column, temporal_bonus
from video_ktr.training.video_grpo import VideoGRPOTrainer


@dataclass
class TGRPOConfig(VideoGRPOConfig):
    """`VideoGRPOConfig` and the temporal bonus of T-GRPO.

    Raises:
        ConfigError: A value is out of range; the message says the fix.
    """

    temporal_mu: float = field(
        default=0.8, metadata={"help": "The bonus is paid where p >= mu * p~ (ordered, shuffled accuracy); 0 or more."}
    )
    temporal_alpha: float = field(default=0.3, metadata={"help": "The bonus, added to the accuracy reward."})
    shuffled_share: float = field(
        default=0.5,
        metadata={"help": "Completions drawn from shuffled frames, as a share of num_generations, rounded down."},
    )
    temporal_reward: str | None = field(
        default=None,
        metadata={"help": "The reward that is p and gets the bonus. Default: accuracy, else the first of the rewards."},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temporal_mu < 0:
            raise ConfigError(f"temporal_mu is {self.temporal_mu}: give 0 or more")
        if not 0 < self.shuffled_share <= 1:
            raise ConfigError(f"shuffled_share is {self.shuffled_share}: give a share above 0, and 1 at most")
        if not self.num_shuffled:
            raise ConfigError(
                f"shuffled_share={self.shuffled_share} of num_generations={self.num_generations} is no completion: "
                "raise one of them"
            )

    @property
    def num_shuffled(self) -> int:
        """Completions of a group's shuffled counterpart."""
        # 0.29 * 100 is 28.999... in binary.
        return int(self.shuffled_share * self.num_generations + 1e-9)


class TGRPOTrainer(VideoGRPOTrainer):
    """GRPO with the temporal reward of T-GRPO (Video-R1, arXiv 2503.21776).

    For each video prompt floor(G / 2) more completions are drawn from its frames in a random order. They are scored
    and dropped: they never enter the loss. Where the group does nearly as well or better, p >= mu * p~, each of its
    completions of accuracy above 0.1 gains alpha (`temporal_bonus`), before advantages are formed. Images, text, and
    videos of one frame gain nothing. In evaluation there is no bonus.

    How we differ from the released code: the order of frames is never the true one, and is drawn from the run's seed,
    so that processes that share a group shuffle alike and a resumed run shuffles again as before; groups may be spread
    over processes; the draws of the shuffled group take nothing from the random numbers of the others, so that the
    first generation of a run equals plain GRPO's. Its vLLM path feeds the shuffled group unshuffled frames; there is
    none here. `mu` is disputed by its author (0.8 in the code, "should be 1.0"), hence a setting.

    Cost: half as many completions again, with one prefill and one pass of the vision tower a video prompt. A process
    without a video, where another one has some, draws a completion that is thrown away.

    Metrics: `temporal_rewards`, the mean over groups of 1 (compared and passed), 0 (failed) and 0.5 (nothing to
    compare), as released; `shuffled_accuracy`, the mean p~; `ordered_accuracy`, the mean accuracy without the bonus,
    which TRL's own reward metrics include.

    Seams of TRL 1.16 overridden beside `VideoGRPOTrainer`'s:
        `_calculate_rewards`: draws and scores the shuffled group, and adds the bonus.

    Raises:
        ConfigError: `temporal_reward` is none of the rewards, or is no plain function.
    """

    args: TGRPOConfig
    config_type = TGRPOConfig

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._accuracy = accuracy_column(self.reward_func_names, self.reward_funcs, self.args.temporal_reward)
        self._generation_count = GenerationCount()

    def _calculate_rewards(
        self, inputs: list[dict[str, Any]], prompts: list[Any], completions: list[Any], completion_ids_list: list[Any]
    ) -> Tensor:
        rewards_NF = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if not self.model.training:
            return rewards_NF
        shuffled_N = self.accelerator.gather(self._shuffled_accuracies(inputs, prompts))
        bonus_N, passed_U = temporal_bonus(
            rewards_NF[:, self._accuracy],
            shuffled_N,
            self.num_generations,
            mu=self.args.temporal_mu,
            alpha=self.args.temporal_alpha,
        )
        self._metrics["train"]["ordered_accuracy"].append(rewards_NF[:, self._accuracy].nanmean().item())
        rewards_NF[:, self._accuracy] += bonus_N
        self._metrics["train"]["temporal_rewards"].append(passed_U.mean().item())
        self._metrics["train"]["shuffled_accuracy"].append(shuffled_N.nanmean().item())
        return rewards_NF

    def _shuffled_accuracies(self, inputs: list[dict[str, Any]], prompts: list[Any]) -> Tensor:
        """Accuracy (B) of the completion from shuffled frames that a row stands for; NaN where it stands for none."""
        step = self._generation_count.following(self.state.global_step)
        scorer = self._scorer(self.model)
        moved = [
            shuffled_prompt(prompt, derived_generator(self.args.seed, *step, key, "shuffled group"), scorer)
            for prompt, key in zip(self._rows.prompts, self._rows.keys, strict=True)
        ]
        rows = [row for row, at in enumerate(self._rows.prompt_of_row) if moved[at] is not None and self._carries(row)]
        token_ids = self._draw(moved, rows, step)
        scores_B = torch.full((len(inputs),), torch.nan, device=self.accelerator.device)
        if rows:
            scores_B[rows] = self._accuracies([inputs[i] for i in rows], [prompts[i] for i in rows], token_ids)
        return scores_B

    def _carries(self, row: int) -> bool:
        """Whether a completion of the shuffled group is drawn in this row's place: evenly over the group's rows."""
        first: int = self.accelerator.process_index * len(self._rows.prompt_of_row)
        group: int = self.args.num_generations
        place, shuffled = (first + row) % group, self.args.num_shuffled
        return (place + 1) * shuffled // group > place * shuffled // group

    def _draw(self, moved: list[EncodedPrompt | None], rows: list[int], step: tuple[int, int]) -> list[list[int]]:
        """One completion for each of `rows`, by the way that ordered ones are drawn."""
        if not any(gather_object([len(rows)])):
            return []
        # Generation is entered by all processes or by none.
        drawn = [moved[self._rows.prompt_of_row[row]] or self._rows.prompts[0] for row in rows or [0]]
        prompts = list({id(prompt): prompt for prompt in drawn}.values())
        places = {id(prompt): place for place, prompt in enumerate(prompts)}
        kept = self._rows, self._rollouts
        self._rows = PromptRows(prompts, [places[id(prompt)] for prompt in drawn])
        try:
            with self._own_draws(step):
                token_ids, _ = self._generate_single_turn()
        finally:
            self._rows, self._rollouts = kept
        return token_ids[: len(rows)]

    @contextmanager
    def _own_draws(self, step: tuple[int, int]) -> Iterator[None]:
        device = self.accelerator.device
        seed = derived_generator(self.args.seed, *step, self.accelerator.process_index, "shuffled draws").initial_seed()
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            yield

    def _accuracies(self, inputs: list[dict[str, Any]], prompts: list[Any], token_ids: list[list[int]]) -> Tensor:
        """What the accuracy reward says; nothing that it logs is kept."""
        texts = self.processing_class.batch_decode(token_ids, skip_special_tokens=True)
        columns = {key: [row[key] for row in inputs] for key in inputs[0] if key != "prompt"}
        scores = self.reward_funcs[self._accuracy](
            prompts=prompts,
            completions=[[{"role": "assistant", "content": text}] for text in texts],
            completion_ids=token_ids,
            trainer_state=self.state,
            log_metric=lambda *_: None,
            log_extra=lambda *_: None,
            **columns,
        )
        return torch.tensor([torch.nan if s is None else s for s in scores], device=self.accelerator.device)
