import xml.etree.ElementTree as ET

import numpy as np
import pytest

from video_ktr.study.charts import curve_band, draw_curves, draw_differences
from video_ktr.study.comparisons import compare, scores


def test_band_by_hand(cell):
    cells = [cell("grpo", "a", seed, [1], curve=((1.0, seed), (2.0, 3.0), (3.0, 5.0))) for seed in (0, 1)]
    steps, mean, half = curve_band(cells)
    assert steps.tolist() == [1, 2, 3]
    assert mean.tolist() == [0.5, 3, 5]
    # 0 and 1: deviation 0.7071, standard error 0.5
    assert half == pytest.approx([1.96 * 0.5, 0, 0])


def test_long_curves_are_smoothed_over_a_tenth(cell):
    curve = tuple((float(step), float(step % 2)) for step in range(1, 21))
    steps, mean, half = curve_band([cell("grpo", "a", 0, [1], curve=curve)])
    assert steps.tolist() == [step + 0.5 for step in range(1, 20)]
    assert np.allclose(mean, 0.5)
    assert not half.any()


def test_only_steps_that_all_cells_have(cell):
    cells = [cell("grpo", "a", 0, [1]), cell("grpo", "a", 1, [1], curve=((2.0, 1.0), (3.0, 1.0)))]
    assert curve_band(cells)[0].tolist() == [2]
    assert curve_band([]) is None
    assert curve_band([cell("grpo", "a", 0, [1], curve=())]) is None


def test_figures_are_images_and_the_same_each_time(plan, all_cells, tmp_path):
    files = draw_curves(all_cells, list(plan.arms), tmp_path / "curves")
    files += draw_differences(compare(plan, all_cells, {"accuracy": scores}), tmp_path / "differences")
    assert [file.name for file in files] == ["curves.svg", "curves.png", "differences.svg", "differences.png"]
    assert files[1].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    texts = "".join(ET.parse(files[2]).getroot().itertext())  # noqa: S314  # our own file
    assert "ktr - random" in texts
    assert "rewards/accuracy_reward/mean" in "".join(ET.parse(files[0]).getroot().itertext())  # noqa: S314
    before = files[0].read_bytes()
    draw_curves(all_cells, list(plan.arms), tmp_path / "curves")
    assert files[0].read_bytes() == before


def test_nothing_to_draw(cell, tmp_path):
    assert draw_curves([cell("grpo", "a", 0, [1], curve=())], ["grpo"], tmp_path / "curves") == []
