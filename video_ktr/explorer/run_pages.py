"""The explorer page of a training run: its newest groups of completions as they were attributed and trained on."""

from pathlib import Path

from video_ktr.analysis.run_data import read_run
from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.explorer.frame_strip import frame_strip
from video_ktr.explorer.local_names import model_label, without_folders
from video_ktr.explorer.method_facts import method_facts, signal_ratios
from video_ktr.explorer.page_data import COUNTERFACTUALS, UNION, Completion, Frame, Page, Prompt
from video_ktr.explorer.run_groups import newest_groups
from video_ktr.records.run_records import Record
from video_ktr.records.token_text import SIGNALS, word_places


def explore_run(run: str | Path, *, prompts: int = 12) -> Page:
    """The newest prompts of a run with all their recorded completions.

    Nothing is computed again: scores, log-probabilities and the tokens that learned are those of training. The frames
    are decoded again, from the recorded paths by the run's media settings; where a file is gone, the page shows none
    and says so. There are no alternatives and no slots to light: these need the model (`explore_answer`).

    Args:
        run: Output folder of a training run.
        prompts: At most so many; each is another question.

    Raises:
        DataError: The run lacks its settings, its metrics or token records, or one of them cannot be read.
        ConfigError: `prompts` is below 1.
    """
    if prompts < 1:
        raise ConfigError(f"prompts is {prompts}: give 1 or more")
    data = read_run(run)
    config, media = _settings(data.folder, data.settings)
    groups = newest_groups(run, prompts)
    return Page(
        title=data.name,
        prompts=[_prompt(data.folder, group, media) for group in groups],
        ratios=signal_ratios(config),
        scope=config.scope,
        facts={
            **({"model": model_label(str(data.asked["model"]))} if data.asked.get("model") else {}),
            "steps": str(max((int(line["step"]) for line in data.metrics), default=0)),
            **method_facts(config),
        },
    )


def _settings(folder: Path, settings: Record) -> tuple[KeyTokenConfig, MediaConfig]:
    file = folder / "config.yaml"
    for name in ("key_tokens", "media"):
        if not isinstance(settings.get(name), dict):
            raise DataError(f"{file}: holds no section {name!r}; give the output folder of a Video-KTR run")
    try:
        return KeyTokenConfig(**settings["key_tokens"]), MediaConfig(**settings["media"])
    except (TypeError, ConfigError) as error:
        raise DataError(f"{file}: its settings are not those of this version ({error})") from error


def _prompt(folder: Path, group: list[Record], media: MediaConfig) -> Prompt:
    paths = group[0]["media"]
    frames, problem = _frames(paths, media)
    had = {name for name in SIGNALS if any(record[f"{name}_score"] is not None for record in group)}
    names = ", ".join(Path(path).name for path in paths or [] if path is not None)
    try:
        completions = [_completion(record, had) for record in group]
    except ValueError as error:
        raise DataError(f"{folder}: the token records of step {group[0]['step']} cannot be shown: {error}") from error
    return Prompt(
        question=group[0]["question"],
        media=names,
        note="" if problem is None else f"no frames: {problem}",
        frames=frames,
        completions=completions,
    )


def _frames(paths: list[str | None] | None, media: MediaConfig) -> tuple[list[Frame], str | None]:
    """The frames, or why there are none."""
    if paths is None:
        return [], "the records of this run do not name them"
    known = [path for path in paths if path is not None]
    if len(known) < len(paths):
        return [], "they were given as frames, which records do not hold"
    try:
        return frame_strip(known, media), None
    except MediaError as error:
        return [], without_folders(str(error), map(Path, known))


def _completion(record: Record, had: set[str]) -> Completion:
    # A reply cut at the limit may have been left out of training: it lacks a signal that its group has, and the
    # entropies recorded for it were not ranked.
    ranked = all(record[f"{name}_score"] is not None for name in had)
    trained = {name: record[f"{name}_selected"] for name in SIGNALS if record[f"{name}_selected"] is not None}
    return Completion(
        tokens=record["tokens"],
        words=word_places(record["tokens"]),
        log_probs=record["log_probs"],
        **{f"{name}_log_probs": record[f"{name}_log_probs"] for name in COUNTERFACTUALS},
        **{f"{name}_scores": record[f"{name}_score"] if ranked else None for name in SIGNALS},
        trained={**trained, UNION: record["selected"]},
        facts={"step": str(record["step"]), **_learning(record)},
    )


def _learning(record: Record) -> dict[str, str]:
    rewards = {
        name: "none" if value is None else f"{value:.2f}" for name, value in dict(record["rewards"] or []).items()
    }
    return {**rewards, "advantage": f"{record['advantage']:.2f}"}
