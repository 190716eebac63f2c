"""The method: token signals, counterfactual videos, and the selection of key tokens. Needs torch only."""

from video_ktr.attribution.adaptive import adaptive_ratios, mass_shares, question_accuracies
from video_ktr.attribution.config import KeyTokenConfig
from video_ktr.attribution.control import Control, control_mask
from video_ktr.attribution.counterfactuals import hide_features, reorder_slots
from video_ktr.attribution.frame_order import can_reorder, frame_order
from video_ktr.attribution.key_tokens import KeyTokens, SignalStatistics, select_key_tokens
from video_ktr.attribution.patches import reorder_frames, resample_patches, uniform_patches
from video_ktr.attribution.selection import count_ties, top_ratio_mask
from video_ktr.attribution.signals import distribution_distance, distribution_shift, log_prob_shift, token_entropy
from video_ktr.attribution.token_signals import TokenSignals
from video_ktr.attribution.weighting import SoftSignal, combined_soft_weights, soft_weights

__all__ = [
    "Control",
    "KeyTokenConfig",
    "KeyTokens",
    "SignalStatistics",
    "SoftSignal",
    "TokenSignals",
    "adaptive_ratios",
    "can_reorder",
    "combined_soft_weights",
    "control_mask",
    "count_ties",
    "distribution_distance",
    "distribution_shift",
    "frame_order",
    "hide_features",
    "log_prob_shift",
    "mass_shares",
    "question_accuracies",
    "reorder_frames",
    "reorder_slots",
    "resample_patches",
    "select_key_tokens",
    "soft_weights",
    "token_entropy",
    "top_ratio_mask",
    "uniform_patches",
]
