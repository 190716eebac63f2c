"""The benchmark runs, and writes what the documentation shows."""

import json
import math
from pathlib import Path

import pytest

KINDS = {"stock", "plain", "shared", "naive", "ours"}
HEADLINES = [
    "ours score+attribute+update / plain video score+update, time",
    "ours score+attribute+update / plain video score+update, peak memory",
    "two counterfactual passes / shared update, time",
    "plain generate / shared generate, time",
    "shared update / plain update, time",
    "naive attribute / ours, time",
]


@pytest.fixture
def figures(run_benchmark, tiny, tmp_path):
    path = tmp_path / "figures.json"
    sweep = ("--sweep", "prompt", "--sweep-values", "4", "8")
    output = run_benchmark("step_cost.py", *tiny, "--tokens", "6", *sweep, "--json", path)
    return path, json.loads(path.read_text()), output


def test_measures_every_phase_of_every_variant_and_draws_it(figures, run_benchmark, tmp_path):
    path, written, output = figures
    assert all(math.isfinite(written["ratios"][name]) and written["ratios"][name] > 0 for name in HEADLINES)
    assert {len(piece["seconds"]) for piece in written["pieces"].values()} == {2}

    assert set(written["steps"]) == KINDS
    assert set(written["steps"]["stock"]["seconds"]) == {"preprocess", "generate", "score", "update"}
    assert set(written["steps"]["ours"]["seconds"]) == {
        *("decode", "preprocess", "generate", "score", "attribute", "update")
    }
    for step in written["steps"].values():
        assert step["sum_of_phases_seconds"] == pytest.approx(sum(step["seconds"].values()))
        assert step["whole_step_seconds"] > 0
    assert written["steps"]["naive"]["measured_as"]["update"] == "plain update"

    assert set(written["flops"]) == {"plain update", "shared update", "ours attribute"}
    for of in written["flops"].values():
        assert of["counted"] == of["as_run"] > of["least"]

    points = written["sweeps"]["prompt"]
    assert [point["sizes"]["frames"] for point in points] == [4, 8]
    # 2 more slots of 2 x 2 tokens.
    assert points[1]["sizes"]["prompt"] - points[0]["sizes"]["prompt"] == 8

    assert set(written["environment"]["versions"]) == {"torch", "transformers", "trl"}
    assert str(tmp_path) not in written["environment"]["command"]
    assert "| ours (Video-KTR) |" in output
    _check_plots(path, run_benchmark, tmp_path)


def _check_plots(path: Path, run_benchmark, folder: Path) -> None:
    pytest.importorskip("matplotlib")
    names = ["figures_phases.svg", "figures_sweeps.svg"]
    drawings = []
    for turn in ("first", "second"):
        run_benchmark("plots.py", path, "--out", folder / turn)
        assert sorted(p.name for p in (folder / turn).iterdir()) == names
        drawings.append([(folder / turn / name).read_bytes() for name in names])
    assert drawings[0] == drawings[1]
    assert b"naive Video-KTR" in drawings[0][0]
