"""Prompts' score profiles on disk: one safetensors file."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from video_ktr.attribution.profiles import TokenTable
from video_ktr.errors import ConfigError


@dataclass(frozen=True)
class Profile:
    """What a prompt's tokens scored when its completions were last measured."""

    tables: dict[str, TokenTable]
    """By signal; a signal that the prompt cannot have is left out."""
    uses: int = 0
    """How often it has stood in for a measurement."""


def write_profiles(path: Path, profiles: dict[str, Profile]) -> None:
    """Write the profiles, by prompt, into a safetensors file, whose folder is made.

    The tables lie end to end under "ids", "sums" and "counts"; the metadata says whose they are and how long.
    """
    entries = [
        {"key": key, "uses": profile.uses, "lengths": {name: len(t.ids_N) for name, t in profile.tables.items()}}
        for key, profile in profiles.items()
    ]
    tables = [table for profile in profiles.values() for table in profile.tables.values()]
    empty = TokenTable(torch.empty(0).long(), torch.empty(0).double(), torch.empty(0).long())
    ids, sums, counts = (torch.cat(parts) for parts in zip(empty, *tables, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"ids": ids, "sums": sums, "counts": counts}, path, metadata={"profiles": json.dumps(entries)})


def read_profiles(path: Path) -> dict[str, Profile]:
    """What `write_profiles` wrote. Raises ConfigError when there is no such file, or another one."""
    try:
        with safe_open(path, framework="pt") as file:
            entries = json.loads((file.metadata() or {})["profiles"])
            ids, sums, counts = (file.get_tensor(name) for name in ("ids", "sums", "counts"))
    except (OSError, KeyError, SafetensorError) as error:
        raise ConfigError(
            f"{path} cannot be read, which attribution_every needs to go on: resume from another checkpoint, or start "
            "anew"
        ) from error
    profiles, place = {}, 0
    for entry in entries:
        tables = {}
        for name, length in entry["lengths"].items():
            part = slice(place, place + length)
            tables[name] = TokenTable(ids[part], sums[part], counts[part])
            place += length
        profiles[entry["key"]] = Profile(tables, entry["uses"])
    return profiles
