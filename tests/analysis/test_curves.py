import math

import pytest

from video_ktr.analysis.curves import CHARTS, curve_section, first_and_last, running_mean
from video_ktr.analysis.figures import save
from video_ktr.analysis.run_data import read_run


def lines(count, **keys):
    return [{"step": step, **{key: value(step) for key, value in keys.items()}} for step in range(1, count + 1)]


def test_a_running_mean_stands_in_the_middle_of_its_window():
    points = [(1.0, 0.0), (2.0, 3.0), (3.0, 6.0), (6.0, 0.0)]
    assert running_mean(points, 2) == [(1.5, 1.5), (2.5, 4.5), (4.5, 3.0)]
    assert running_mean(points[:3], 2) == []


def test_first_and_last_are_means_over_twenty_steps():
    metrics = [*lines(50, reward=float), {"step": 50, "train_runtime": 3.0}]
    assert first_and_last(metrics, "reward") == (pytest.approx(10.5), pytest.approx(40.5), 50)
    assert first_and_last(metrics[:2], "reward") == (1.5, 1.5, 2)
    assert first_and_last(metrics, "kl") == (None, None, 0)


def test_values_that_are_no_numbers_are_no_points():
    metrics = lines(2, reward=lambda step: math.nan if step == 1 else 4.0)
    assert first_and_last(metrics, "reward") == (4.0, 4.0, 1)


def test_the_section_names_what_was_not_logged(make_run, tmp_path):
    shares = {"key_tokens/update_ratio": 0.4, "key_tokens/visual/ratio": 0.2}
    run = read_run(make_run("ours", (), [line | shares for line in lines(45, reward=float)]))
    other = read_run(make_run("grpo", (), lines(1, reward=float, kl=float)))
    section = curve_section(run, other)
    (table,) = section.tables
    assert table.columns[2:] == ("ours: first", "ours: last", "ours: steps", "grpo: first", "grpo: last", "grpo: steps")
    assert table.rows == (
        ("reward", "reward", pytest.approx(10.5), pytest.approx(35.5), 45, 1.0, 1.0, 1),
        ("union", "key_tokens/update_ratio", pytest.approx(0.4), pytest.approx(0.4), 45, None, None, 0),
        ("visual", "key_tokens/visual/ratio", pytest.approx(0.2), pytest.approx(0.2), 45, None, None, 0),
    )
    assert [plot.name for plot in section.plots] == ["curve_reward", "curve_update_ratio"]
    assert "KL divergence" in section.text[1]
    for plot in section.plots:
        assert all(file.exists() for file in save(plot, tmp_path))


def test_a_run_that_logged_nothing_has_no_section(make_run):
    section = curve_section(read_run(make_run("a", (), [{"step": 1, "train_runtime": 1.0}])), None)
    assert "none of the metrics" in section.reason


def test_every_metric_that_matters_is_drawn():
    drawn = {key for chart in CHARTS for key in chart.lines.values()}
    assert {"reward", "rewards/accuracy_reward/mean", "rewards/format_reward/mean", "kl", "entropy"} <= drawn
    assert {"completions/mean_length", "completions/clipped_ratio", "frac_reward_zero_std"} <= drawn
    assert {"key_tokens/update_ratio", "key_tokens/temporal/ratio"} <= drawn
