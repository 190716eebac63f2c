"""What a page says of the method's settings."""

from video_ktr.attribution import KeyTokenConfig

USUAL = {"weighting": "binary", "control": "none", "ratio_rule": "fixed"}
"""Settings that are named only where they are another: what trains is then not what the ratios select."""


def signal_ratios(config: KeyTokenConfig) -> dict[str, float]:
    """The share of each signal that is on."""
    ratios = {"visual": config.visual_ratio, "temporal": config.temporal_ratio, "entropy": config.entropy_ratio}
    return {name: ratio for name, ratio in ratios.items() if ratio}


def method_facts(config: KeyTokenConfig) -> dict[str, str]:
    """What stood in for the video, how the shift was measured, and what training does beyond selecting."""
    facts: dict[str, str] = {}
    if config.uses_visual:
        facts["without video"] = config.visual_perturbation
    if config.uses_temporal:
        facts["other order"] = f"{config.temporal_perturbation}, by {config.temporal_unit}"
    if config.uses_visual or config.uses_temporal:
        facts["shift"] = f"{config.distance}, signed" if config.signed else config.distance
    for name, usual in USUAL.items():
        if getattr(config, name) != usual:
            facts[name.replace("_", " ")] = getattr(config, name)
    return facts
