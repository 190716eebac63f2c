"""The data card of a built training set as Markdown."""

from collections.abc import Iterable, Mapping
from typing import Any

from video_ktr.data.leaks import MATCHES

_SOURCE = ("name", "file", "rows_read", "rejects", "take", "taken", "duplicates_removed", "leaks_removed", "sha256")
_SET = ("name", "file", "rows", "rejects", "media", "missing_media", *MATCHES, "leaked_rows", "sha256")


def card_text(card: Mapping[str, Any]) -> str:
    """The card that `card_of` gives, for people."""
    counts = card["counts"].items()
    lines = [
        "# Data card",
        "",
        f"{card['rows']:,} rows about {card['media_files']:,} media files, drawn with seed {card['seed']}.",
        f"Media paths are relative to {_cell(', '.join(card['media_root']))}.",
        f"SHA-256 of the questions: `{card['sha256']}`.",
        "",
        *(line for name, values in counts for line in _table((_title(name), "rows"), values.items())),
        *_sources(card),
        *_evaluation_sets(card),
        *_to_look_at(card),
        "Versions: " + ", ".join(f"{name} {number}" for name, number in card["versions"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _sources(card: Mapping[str, Any]) -> list[str]:
    changed = sum(source["duplicates_with_other_answer"] for source in card["sources"])
    return [
        "## Sources",
        "",
        "Rows read could be used; rejects could not.",
        "",
        *_table(map(_title, _SOURCE), ([each[name] for name in _SOURCE] for each in card["sources"])),
        "A duplicate is the same question (case, white space and punctuation apart) about media of the same content;",
        f"the first is kept. {changed:,} of the duplicates removed had other options or another solution.",
        "",
    ]


def _evaluation_sets(card: Mapping[str, Any]) -> list[str]:
    if not card["evaluation_sets"]:
        return ["## Evaluation sets", "", "None was given, so nothing is known about leaks.", ""]
    sets = [{**each, **each["matches"]} for each in card["evaluation_sets"]]
    return [
        "## Evaluation sets",
        "",
        f"Each row was compared with each set; on_leak was {card['on_leak']}. A row is a leak by its media (name, name",
        "with question, or content), or by its question where it has no media. Names that many collections use, such",
        "as `video_1`, count only together with the question. Media that are missing have no content to compare.",
        "",
        *_table(map(_title, _SET), ([each[name] for name in _SET] for each in sets)),
    ]


def _to_look_at(card: Mapping[str, Any]) -> list[str]:
    missing = card["missing_media"]["files"]
    lines = [f"- {problem}: {number:,} rows" for problem, number in card["option_problems"].items()]
    if missing:
        lines.append(f"- media missing: {missing:,} files (told apart by their paths, as their content is not known)")
    return ["## To look at", "", *(lines or ["Nothing."]), ""]


def _title(name: str) -> str:
    return name.replace("_", " ")


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return [*lines, *("| " + " | ".join(map(_cell, row)) + " |" for row in rows), ""]


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return _cell(", ".join(f"{name} {number:,}" for name, number in value.items()) or "none")
    # Names come from files of others: nothing in them may end the cell or become markup.
    text = "-" if value is None else " ".join(str(value).split())
    for character in "\\|<>[]`*_":
        text = text.replace(character, "\\" + character)
    return text
