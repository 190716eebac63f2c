import statistics

import pytest

from video_ktr.analysis.figures import save
from video_ktr.analysis.gradients import gradient_section, loss_variance
from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.sections import Missing


def losses(*values):
    return [{"step": step, "loss": value} for step, value in enumerate(values, 1)]


def gradient(step, **values):
    return {"step": step, **{f"gradient/{name}": value for name, value in values.items()}}


def test_the_variance_is_over_neighbouring_losses():
    # Of (0, 2, 4): 4; of (2, 4, 9): mean 5, (9 + 1 + 16) / 2 = 13.
    assert loss_variance(losses(0.0, 2.0, 4.0, 9.0), 3) == [(2.0, 4.0), (3.0, 13.0)]
    assert loss_variance(losses(0.0, 2.0), 3) == []
    twenty = [float(i * i) for i in range(20)]
    assert loss_variance(losses(*twenty)) == [(10.5, pytest.approx(statistics.variance(twenty)))]
    # The summary of a whole run is no step.
    assert loss_variance([*losses(0.0, 2.0, 4.0), {"step": 3, "train_loss": 2.0}], 3) == [(2.0, 4.0)]


def test_means_over_the_run_and_against_another(make_run, tmp_path):
    parts = [
        gradient(10, full_norm=4, selected_norm=3, rest_norm=1, selected_cosine=0.9, rest_cosine=0.2, split_error=1e-7),
        gradient(
            20, full_norm=6, selected_norm=5, rest_norm=3, selected_cosine=0.7, rest_cosine=None, split_error=3e-7
        ),
    ]
    ours = losses(*[0.0, 2.0] * 10)
    run = read_run(make_run("ours", (), [*ours, *parts], config={"logging_steps": 1}))
    other = read_run(make_run("grpo", (), [*losses(*[0.0, 4.0] * 10), gradient(10, full_norm=8)]))
    section = gradient_section(run, other)
    means, variances = section.tables
    assert means.columns == ("what", "ours", "grpo", "paper")
    assert {row[0]: row[1:] for row in means.rows} == {
        "selected, norm": (4, None, 4.50),
        "rest, norm": (2, None, None),
        "full, norm": (5, 8, None),
        "selected, cosine with full": (pytest.approx(0.8), None, 0.862),
        "rest, cosine with full": (0.2, None, 0.572),
        "selected norm / rest norm": (2, None, 3),
        "largest |g_S + g_R - g_full|, relative": (3e-7, None, None),
        "measured steps": (2, 1, None),
    }
    # Ten of 0 and ten of 2: twenty squares of 1 over 19.
    assert variances.rows == (
        ("ours", pytest.approx(20 / 19), 1.0, 20, 1),
        ("grpo", pytest.approx(80 / 19), 2.0, 20, None),
    )
    assert [plot.name for plot in section.plots] == ["gradient_norms", "gradient_cosines", "loss_variance"]
    for plot in section.plots:
        assert all(file.stat().st_size > 1000 for file in save(plot, tmp_path))


def test_a_run_that_measured_nothing_shows_its_loss_and_says_so(make_run):
    section = gradient_section(read_run(make_run("ours", (), losses(*[0.0, 2.0] * 10))), None)
    assert [table.name for table in section.tables] == ["loss_variance"]
    assert [plot.name for plot in section.plots] == ["loss_variance"]
    assert "ours measured no gradient" in section.text[-1]


def test_plain_grpo_has_a_norm_alone(make_run):
    section = gradient_section(read_run(make_run("grpo", (), [gradient(10, full_norm=8)])), None)
    assert [plot.name for plot in section.plots] == ["gradient_norms"]
    assert {row[0]: row[1] for row in section.tables[0].rows}["selected, norm"] is None
    assert section.tables[1].rows == (("grpo", None, None, 0, None),)


def test_without_gradients_and_losses_there_is_no_section(make_run):
    section = gradient_section(read_run(make_run("short", (), losses(1.0, 2.0))), None)
    assert isinstance(section, Missing)
    assert "log_gradient_decomposition" in section.reason
