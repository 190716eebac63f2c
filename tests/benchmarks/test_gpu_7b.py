"""The benchmark for a GPU runs without one at a small size."""

import json
import math


def test_runs_at_a_small_size(run_benchmark, tiny, tmp_path):
    path = tmp_path / "figures.json"
    output = run_benchmark("gpu_7b.py", *tiny, "--tokens", "4", "6", "--no-whole-steps", "--json", path)
    runs = json.loads(path.read_text())["runs"]
    assert [run["sizes"]["tokens"] for run in runs] == [4, 6]
    for run in runs:
        assert run["setting"]["dtype"] == "bfloat16"
        assert run["setting"]["checkpointing"]
        assert len(run["ratios"]) == 7
        assert all(math.isfinite(ratio) and ratio > 0 for ratio in run["ratios"].values())
        assert set(run["steps"]) == {"stock", "plain", "shared", "naive", "ours"}
    assert "left out" not in output
