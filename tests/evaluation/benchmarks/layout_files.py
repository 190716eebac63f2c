"""Files of generated benchmarks: clips, image cells, JSON and Parquet."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from PIL import Image

from video_ktr.data.media import write_video

Row = dict[str, Any]


def clip(folder: Path, name: str) -> str:
    """Write a clip of four frames, a second and a half long, unless it is there; give the name."""
    path = folder / f"{name}.mp4"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        frames_FHWC = np.zeros((4, 56, 56, 3), np.uint8)
        for frame in range(4):
            frames_FHWC[frame, :, 14 * frame : 14 * frame + 14] = 50 + sum(map(ord, name)) % 200
        write_video(frames_FHWC, path, 2.0)
    return name


def picture(seed: int) -> Row:
    """An image cell as tables store it."""
    content = io.BytesIO()
    Image.new("RGB", (56, 28), (seed % 256, 99, 0)).save(content, "PNG")
    return {"bytes": content.getvalue(), "path": f"{seed}.png"}


def as_json(path: Path, rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def as_parquet(path: Path, rows: list[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def shared_out(names: tuple[str, ...], questions: int) -> Iterable[tuple[str, range]]:
    """Questions 0, 1, ... dealt to the names in turn; a name without any is left out."""
    for place, name in enumerate(names):
        if place < questions:
            yield name, range(place, questions, len(names))
