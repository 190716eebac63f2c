"""How fast a large file of questions is read, and how much memory that takes.

    python benchmarks/read_questions.py --rows 260000 --json read_questions.json

Writes a JSON list in Video-R1's schema to a temporary folder, with the mix of kinds and the paths of its 260 k file,
and reads it with `iter_samples` in a process of its own. The media are not there: every path is looked for in all its
forms, the slowest case. Memory is the highest resident size (VmHWM of Linux) of the reading process; "above import" is
that less its highest size before it opened the file.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Kind, media, rows in thousands and folder, as published; the sources within a kind are not told apart.
KINDS = (
    ("multiple choice", "video", 110, "LLaVA-Video-178K/academic_source/activitynet", "mp4"),
    ("free-form", "video", 6, "CLEVRER/train_videos", "mp4"),
    ("multiple choice", "image", 59, "Knowledge/ArxivQA/images", "jpg"),
    ("free-form", "image", 33, "General/coco", "jpg"),
    ("numerical", "image", 34, "Math/Multimath-300k", "png"),
    ("OCR", "image", 16, "OCR/textocr", "jpg"),
    ("regression", "image", 5, "Spatial/scene", "jpg"),
)
TEXT = (
    "the person in kitchen opens a drawer and then takes cup of water before sitting down near window while dog runs "
    "across yard what happens after first object moves towards second how many times does hand touch table"
)


def records(rows: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Questions of made-up words, as long as those of the published file (670 bytes a row)."""
    generator = random.Random(seed)  # noqa: S311  # made-up questions
    words = TEXT.split()
    weights = [kind[2] for kind in KINDS]
    for index in range(rows):
        problem_type, media, _, folder, suffix = generator.choices(KINDS, weights)[0]
        choice = problem_type == "multiple choice"
        options = [f"{letter}. {' '.join(generator.choices(words, k=8))}." for letter in "ABCD"] if choice else []
        solution = generator.choice("ABCD") if choice else str(generator.randrange(1000))
        yield {
            "problem_id": index,
            "problem": " ".join(generator.choices(words, k=45 if choice else 70)) + "?",
            "data_type": media,
            "problem_type": problem_type,
            "options": options,
            "solution": f"<answer>{solution}</answer>",
            "path": f"./{folder}/{generator.getrandbits(64):016x}.{suffix}",
            "data_source": folder.split("/")[0],
        }


def write(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as handle:
        for index, record in enumerate(records(rows)):
            handle.write(("[\n" if index == 0 else ",\n") + json.dumps(record))
        handle.write("\n]\n")


def read(path: str) -> dict[str, Any]:
    """Read the file in this process."""
    from video_ktr.data.sample import iter_samples

    before = peak_mb()
    start = time.perf_counter()
    rows = sum(1 for _ in iter_samples(path))
    seconds = time.perf_counter() - start
    return {"rows": rows, "seconds": seconds, "peak_mb": peak_mb(), "peak_above_import_mb": peak_mb() - before}


def peak_mb() -> float:
    # Not getrusage: its maximum begins with the size of the process that started this one.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=260_000)
    parser.add_argument("--json", type=Path, help="where to write every figure")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.read:
        print(json.dumps(read(options.read)))
        return
    from environment import environment, one_line

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.json"
        write(path, options.rows)
        command = [sys.executable, __file__, "--read", str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
        figures = json.loads(done.stdout) | {"file_mb": path.stat().st_size / 2**20}
    where = environment(__file__, argv, "cpu")
    print(one_line(where))
    print(
        f"{figures['rows']} rows of {figures['file_mb']:.1f} MB in {figures['seconds']:.1f} s "
        f"({figures['rows'] / figures['seconds']:.0f} rows/s); peak {figures['peak_mb']:.0f} MB, "
        f"{figures['peak_above_import_mb']:.1f} MB above import"
    )
    if options.json:
        text = json.dumps({"environment": where, "figures": figures}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
