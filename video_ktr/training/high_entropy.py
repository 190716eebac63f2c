"""Entropy-only selection: GRPO whose policy term acts on the tokens of highest entropy."""

from dataclasses import dataclass, field

from video_ktr.errors import ConfigError
from video_ktr.training.config import VideoGRPOConfig
from video_ktr.training.video_grpo import VideoGRPOTrainer


@dataclass
class HighEntropyConfig(VideoGRPOConfig):
    """`VideoGRPOConfig` with TRL's `top_entropy_quantile` at the paper's 0.2.

    Raises:
        ConfigError: The share is not in [0, 1].
    """

    top_entropy_quantile: float = field(
        default=0.2,
        metadata={"help": "Share of tokens, those of highest entropy, whose policy term is kept; 1 is all."},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.top_entropy_quantile <= 1:
            raise ConfigError(f"top_entropy_quantile is {self.top_entropy_quantile}: give a share between 0 and 1")


class HighEntropyTrainer(VideoGRPOTrainer):
    """GRPO on high-entropy tokens alone ("Beyond the 80/20 Rule", arXiv 2506.01939), by TRL's own option.

    The threshold is the (1 - rho) quantile of the entropies of all valid tokens of a micro-batch, over all processes,
    so completions compete with each other; tokens at the threshold pass. The KL term acts on all tokens, and the loss
    is divided by all of them, never by the selected ones: a step is smaller by about rho. At rho = 0 the token of
    highest entropy alone is kept, at rho = 1 all are.

    How we differ from the paper: it trains with DAPO (higher upper clip, token mean, no KL term, dynamic sampling);
    here all these are what the config says, the same as for the other methods. How we differ from entropy-only
    Video-KTR (`key_tokens` with the other two ratios 0): there each completion keeps exactly ceil(rho n) of its own
    tokens.

    Cost: `share_prefix` scores all tokens of the micro-batch, also those in rows without advantage, since the threshold
    needs their entropies under the policy as it is.

    Seams of TRL 1.16 overridden beside `VideoGRPOTrainer`'s: none.
    """

    args: HighEntropyConfig
    config_type = HighEntropyConfig
