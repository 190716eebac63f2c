"""The table runs, and a share follows from the sizes."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "flop_growth.py"


def test_sharing_saves_more_the_longer_the_prompt_and_the_larger_the_group():
    result = subprocess.run(
        [sys.executable, str(SCRIPT), "--shape", "tiny", "--side", "56"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    rows = [line.strip("| ").split(" | ") for line in result.stdout.splitlines() if line.startswith("| ")][1:]
    assert [row[0] for row in rows] == ["prompt"] * 5 + ["group"] * 4 + ["tokens"] * 5
    # 4 frames of 56 x 56 pixels are two slots of four tokens, and 62 of text.
    assert rows[0][1:4] == ["70", "8", "256"]
    for name, falls in (("prompt", True), ("group", True), ("tokens", False)):
        shares = [float(row[-1]) for row in rows if row[0] == name]
        assert shares == sorted(shares, reverse=falls)
        assert 0 < min(shares) < max(shares)
    for row in rows:
        plain, naive, shared, ours = map(float, row[4:8])
        assert shared < ours
        assert abs(naive / plain - 1.4) < 0.02
