"""Settings of the key-token method."""

import dataclasses
from typing import Any, Literal, Self

from video_ktr.attribution.checks import require_choice, require_ratio
from video_ktr.attribution.control import Control
from video_ktr.attribution.frame_order import OrderKind
from video_ktr.attribution.scope import SelectionScope
from video_ktr.attribution.signals import LOGIT_DISTANCES, Distance, DistanceSpace
from video_ktr.attribution.weighting import Combination, SoftScheme
from video_ktr.errors import ConfigError

ShiftDistance = Literal["log_prob", Distance]
VisualPerturbation = Literal["zero", "half", "mean", "replace", "attention", "grey", "dark"]
TemporalUnit = Literal["frame", "slot"]
Weighting = Literal["binary", SoftScheme]
TokenSet = Literal["all", "selected"]
RatioRule = Literal["fixed", "adaptive"]

PRESETS: dict[str, dict[str, Any]] = {
    # The paper where it speaks, the released code where it is silent: the defaults of the fields.
    "paper": {},
    # The released code: signed shifts, a quantile over the group, visual tokens deleted through the attention mask,
    # KL and denominator on the selected tokens only.
    "official": {
        "signed": True,
        "scope": "group",
        "visual_perturbation": "attention",
        "kl_tokens": "selected",
        "normalizer": "selected",
    },
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeyTokenConfig:
    """How key tokens are found and weighted; the defaults are the preset "paper".

    Raises ConfigError when built, with the fix in the message, for a value out of range or two that clash.
    """

    visual_ratio: float | None = 0.2
    """Share of tokens selected by the visual signal (paper: 20 %); None or 0 turns the signal off."""
    temporal_ratio: float | None = 0.2
    """The same for the temporal signal."""
    entropy_ratio: float | None = 0.2
    """The same for the entropy."""
    ratio_rule: RatioRule = "fixed"
    """The ratios as they are (paper), or scaled for each question by its difficulty and by how concentrated its scores
    are (ours, `adaptive_ratios`)."""
    ratio_min: float = 0.05
    """Least share that "adaptive" asks for."""
    ratio_max: float = 0.5
    """Greatest share that "adaptive" asks for."""
    scope: SelectionScope = "sequence"
    """Tokens compete within their completion, or within the completions of their prompt (released code)."""
    signed: bool = False
    """Keep the sign of the log-probability shift, so that only tokens that the video supports count (released code)."""
    distance: ShiftDistance = "log_prob"
    """Visual and temporal shift: of the sampled token's log-probability, or of the whole distribution (figure 8)."""
    distance_space: DistanceSpace = "prob"
    """What a distribution distance compares; "logit" for l1, l2 and cosine only."""
    visual_perturbation: VisualPerturbation = "zero"
    """What stands in for the video: zeroed, half-zeroed or averaged features, another video, its tokens hidden by the
    attention mask (released code), or grey or dark frames."""
    temporal_perturbation: OrderKind = "shuffle"
    """Order in which the counterfactual shows the frames."""
    temporal_unit: TemporalUnit = "frame"
    """What is reordered: frames (released code), or the temporal slots that the vision tower makes of them."""
    segment_length: int = 4
    """Frames (or slots) a segment, for the order "segment"."""
    weighting: Weighting = "binary"
    """Weight 1 on selected tokens and 0 elsewhere (paper), or a soft scheme (figure 7)."""
    combine: Combination = "max"
    """How soft weighting joins the signals."""
    control: Control = "none"
    """What is trained instead of the key tokens, in a control experiment: in each completion as many tokens drawn at
    random, or as many of the least scored ones (`control_mask`)."""
    kl_tokens: TokenSet = "all"
    """Tokens that the KL term acts on; the released code masks it too."""
    normalizer: TokenSet = "all"
    """Tokens that the loss of a completion is divided by: all of it (paper, equation 2) or the selected ones."""

    def __post_init__(self) -> None:
        for name, literal in _CHOICES.items():
            require_choice(name, getattr(self, name), literal)
        for name in ("visual_ratio", "temporal_ratio", "entropy_ratio", "ratio_min", "ratio_max"):
            if getattr(self, name) is not None or name in ("ratio_min", "ratio_max"):
                require_ratio(name, getattr(self, name))
        if self.segment_length < 1:
            raise ConfigError(f"segment_length is {self.segment_length}; it must be 1 frame or more")
        self._refuse_clashes()
        self._refuse_ratio_clashes()

    def _refuse_clashes(self) -> None:
        if self.signed and self.distance != "log_prob":
            raise ConfigError(f"signed needs distance 'log_prob'; {self.distance!r} has no sign: set signed to false")
        if self.distance_space == "logit" and self.distance not in LOGIT_DISTANCES:
            raise ConfigError(
                f"distance_space 'logit' has no effect on distance {self.distance!r}; set distance_space to 'prob', or "
                f"distance to one of {', '.join(LOGIT_DISTANCES)}"
            )
        if not self.is_soft and self.combine != "max":
            raise ConfigError("combine has no effect on weighting 'binary'; leave it out or choose a soft weighting")
        if self.is_soft and not (self.uses_visual or self.uses_temporal or self.uses_entropy):
            raise ConfigError(
                f"weighting {self.weighting!r} needs a signal, and all are off; give visual_ratio, temporal_ratio or "
                "entropy_ratio a value above 0, or set weighting to 'binary' for plain GRPO"
            )
        for name in ("kl_tokens", "normalizer"):
            if self.is_soft and getattr(self, name) == "selected":
                raise ConfigError(
                    f"{name} 'selected' needs weighting 'binary'; {self.weighting!r} trains every token: set {name} "
                    "to 'all'"
                )

    def _refuse_ratio_clashes(self) -> None:
        if self.ratio_min > self.ratio_max:
            raise ConfigError(f"ratio_min {self.ratio_min} is above ratio_max {self.ratio_max}; swap them")
        if self.ratio_rule == "fixed" and (self.ratio_min, self.ratio_max) != (0.05, 0.5):
            raise ConfigError("ratio_min and ratio_max need ratio_rule 'adaptive'; set it, or leave them out")
        for name, off in (("ratio_rule", "fixed"), ("control", "none")):
            value = getattr(self, name)
            if value != off and self.is_soft:
                raise ConfigError(f"{name} {value!r} needs weighting 'binary'; {self.weighting!r} selects no tokens")
            if value != off and not (self.uses_visual or self.uses_temporal or self.uses_entropy):
                raise ConfigError(f"{name} {value!r} needs a signal, and all are off; give one a ratio above 0")

    @property
    def needs_whole_groups(self) -> bool:
        """Whether the choice in one completion depends on the others of its prompt."""
        return self.scope == "group" or self.ratio_rule == "adaptive"

    @property
    def uses_visual(self) -> bool:
        """Whether the visual signal is on."""
        return bool(self.visual_ratio)

    @property
    def uses_temporal(self) -> bool:
        """Whether the temporal signal is on."""
        return bool(self.temporal_ratio)

    @property
    def uses_entropy(self) -> bool:
        """Whether the entropy signal is on."""
        return bool(self.entropy_ratio)

    @property
    def is_soft(self) -> bool:
        """Whether tokens are weighted softly instead of selected."""
        return self.weighting != "binary"

    @classmethod
    def preset(cls, name: str, **overrides: Any) -> Self:
        """Settings of "paper" or "official", with some fields changed.

        "official" is the authors' released code with its crashes and divisions by zero mended.

        Raises:
            ConfigError: unknown preset or field, or a value that the config refuses.
        """
        if name not in PRESETS:
            raise ConfigError(f"preset is {name!r}; use one of: {', '.join(PRESETS)}")
        fields = [field.name for field in dataclasses.fields(cls)]
        for key in overrides:
            if key not in fields:
                raise ConfigError(f"unknown key-token setting {key!r}; the settings are: {', '.join(fields)}")
        return cls(**{**PRESETS[name], **overrides})


_CHOICES: dict[str, Any] = {
    "ratio_rule": RatioRule,
    "control": Control,
    "scope": SelectionScope,
    "distance": ShiftDistance,
    "distance_space": DistanceSpace,
    "visual_perturbation": VisualPerturbation,
    "temporal_perturbation": OrderKind,
    "temporal_unit": TemporalUnit,
    "weighting": Weighting,
    "combine": Combination,
    "kl_tokens": TokenSet,
    "normalizer": TokenSet,
}
