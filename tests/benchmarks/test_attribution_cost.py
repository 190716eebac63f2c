"""The benchmark runs, at a size that says nothing about cost."""

import json
import math
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "attribution_cost.py"


def test_runs_at_a_small_size(tmp_path):
    sizes = ["--shape", "tiny", "--device", "cpu", "--tokens", "6", "--group", "4", "--frames", "4", "--side", "56"]
    result = subprocess.run(
        [sys.executable, str(SCRIPT), *sizes, "--repeats", "2", "--json", str(tmp_path / "figures.json")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(math.isfinite(ratio) and ratio > 0 for ratio in figures["ratios"].values())
    assert {len(piece["seconds"]) for piece in figures["pieces"].values()} == {2}
