"""Builds one training set from several files of questions, with a data card.

settings, in the file given with --config or as --key value:
  sources          one section a source, under a name of your own: file, media_root (a folder or a list of them),
                   format (guessed unless given), take (a number of rows, or {image: N, video: N}; all unless given);
                   on the command line: --sources.holmes.file FILE, or --sources.holmes FILE where no more is needed
  evaluation_sets  the same without take: rows of the sources that these hold too are leaks
  on_leak          report (the default), drop or stop
  media_root       folder that written media paths are relative to; unless given, each is to its own source's
  media_hashes     file that remembers hashes of media; media_hashes.sqlite in out unless given
  seed             draws and shuffles; 0 unless given
  out              the folder to write: questions.json, card.md, card.json, rejects.jsonl

Equal inputs and seed give equal bytes. recipes/data_mix.yaml builds the mix of the paper.
"""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, check_keys, read_settings, take
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.data.sources import Source

SUMMARY = "build one training set from several, with a data card"
KEYS = {
    "sources": dict[str, Any],
    "evaluation_sets": dict[str, Any] | None,
    "on_leak": str,
    "media_root": str | None,
    "media_hashes": str | None,
    "seed": int,
    "out": str,
}
ON_LEAK = ("report", "drop", "stop")
SOURCE_KEYS = ("file", "media_root", "format", "take")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of settings, see recipes/data_mix.yaml")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb."""
    build(read_settings(arguments.config, overrides) if arguments.config else overrides)


def build(settings: Settings) -> None:
    """Build the set that `settings` describe and tell its counts.

    Raises ConfigError for settings that do not fit, DataError for files that cannot be used and for leaks with
    `on_leak` "stop", MediaError for media that are there but cannot be read.
    """
    from video_ktr.cli.config_building import fit_values
    from video_ktr.data.leaks import EvaluationSet
    from video_ktr.data.media_hash import MediaHashes
    from video_ktr.data.mix import build_mix
    from video_ktr.data.mix_files import QUESTIONS, write_mix

    check_keys(settings, KEYS)
    settings = fit_values(settings, KEYS)
    out = Path(take(settings, "out", "name the folder to write"))
    sources = sources_from(take(settings, "sources", "give a file"), "sources")
    sets = sources_from(settings.get("evaluation_sets") or {}, "evaluation_sets")
    on_leak = settings.get("on_leak", "report")
    if on_leak not in ON_LEAK:
        raise ConfigError(f"on_leak is {on_leak!r}: use {', '.join(ON_LEAK)}")
    out.mkdir(parents=True, exist_ok=True)
    with MediaHashes(settings.get("media_hashes") or out / "media_hashes.sqlite") as hashes:
        evaluation = [EvaluationSet(each, hashes) for each in sets]
        mix = build_mix(sources, evaluation, hashes, seed=settings.get("seed", 0), on_leak=on_leak)
        card = write_mix(mix, out, media_root=settings.get("media_root"))
    read = [(each.source.name, each.rejects) for each in mix.sources]
    read += [(each.source.name, each.rejects) for each in mix.evaluation_sets]
    for name, rejects in read:
        for line in rejects.summary():
            say(f"{name}: rejected {line}")
    tell(card)
    say(f"{out / QUESTIONS}: {card['rows']} rows; read it with media_root {', '.join(card['media_root'])}")


def sources_from(sections: dict[str, Any], section: str) -> "list[Source]":
    """The files of the settings `sources` or `evaluation_sets`."""
    return [source_from(name, value, section) for name, value in sections.items()]


def source_from(name: str, value: Any, section: str) -> "Source":
    """A `Source` from its section of the settings, or from the name of its file alone."""
    from video_ktr.data.sources import Source

    where = f"{section}.{name}"
    if not re.fullmatch(r"\w+", name):
        # --sources.a-b means --sources.a_b.
        raise ConfigError(f"{where}: write names with letters, digits and _ alone")
    if isinstance(value, str):
        value = {"file": value}
    if not isinstance(value, dict):
        raise ConfigError(f"{where} is {value!r}: give a file, or a section with {', '.join(SOURCE_KEYS)}")
    check_keys(value, SOURCE_KEYS if section == "sources" else SOURCE_KEYS[:-1], where)
    roots = value.get("media_root") or []
    roots = [roots] if isinstance(roots, str) else roots
    if not isinstance(roots, list) or not all(isinstance(root, str) for root in roots):
        raise ConfigError(f"{where}.media_root is {roots!r}: give a folder or a list of folders")
    number, kind = value.get("take"), value.get("format")
    if number is not None and not isinstance(number, int | dict):
        raise ConfigError(f"{where}.take is {number!r}: give a number of rows, or one for each data type")
    if kind is not None and not isinstance(kind, str):
        raise ConfigError(f"{where}.format is {kind!r}: give the name of a format")
    file = str(take(value, "file", f"give the file of questions of {where}"))
    return Source(name=name, file=file, media_root=tuple(roots), format=kind, take=number)


def tell(card: dict[str, Any]) -> None:
    """Write the counts that decide whether the set is good to train on."""
    for source in card["sources"]:
        taken = ", ".join(f"{number} {kind}" for kind, number in source["taken"].items()) or "none"
        asked = f" (at most {source['take']} asked)" if source["take"] is not None else ""
        say(
            f"{source['name']}: {source['rows_read']} rows read, {sum(source['rejects'].values())} rejected, "
            f"{source['duplicates_removed']} duplicates removed, {source['leaks_removed']} leaks removed, "
            f"taken: {taken}{asked}"
        )
    for each in card["evaluation_sets"]:
        matches = ", ".join(f"{number} by {kind}" for kind, number in each["matches"].items())
        say(f"leaks with {each['name']}: {each['leaked_rows']} rows ({matches}); {card['on_leak']}")
    for problem, number in card["option_problems"].items():
        say(f"to look at: {number} rows: {problem}")
    missing = card["missing_media"]
    if missing["files"]:
        say(f"to look at: {missing['files']} media files missing, first {missing['first'][0]}")
