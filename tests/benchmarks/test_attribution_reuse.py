import math

import pytest


def cells(line):
    return [float(cell) for cell in line.strip("| \n").split("|")]


def step(**values):
    return {"cost/attribute_seconds": 1.0, "key_tokens/skipped_rows": 0.0, "step_time": 4.0, **values}


@pytest.mark.usefixtures("benchmark_modules")
def test_means_are_over_the_steps_that_know_both():
    from attribution_reuse import summary

    steps = [
        step(**{"key_tokens/measured_rows": 8.0, "key_tokens/reuse/visual_agreement": None}),
        step(**{"key_tokens/measured_rows": 0.0, "cost/attribute_seconds": 0.5}),
        step(
            **{
                "key_tokens/measured_rows": 4.0,
                "key_tokens/skipped_rows": 4.0,
                "key_tokens/reuse/visual_agreement": 0.4,
            }
        ),
        step(**{"key_tokens/measured_rows": 8.0, "key_tokens/reuse/visual_agreement": 0.2}),
    ]
    found = summary(steps, 8)
    # 20 of 28 rows that could learn, 3.5 seconds of 16.
    assert found["measured"] == pytest.approx(20 / 28)
    assert (found["seconds"], found["step"]) == (3.5, 16.0)
    assert found["visual"] == pytest.approx(0.3)
    assert math.isnan(found["temporal"])


def test_reuse_is_compared_with_measuring_always(run_benchmark):
    report = run_benchmark(
        "attribution_reuse.py", "--every", 1, 2, "--number", 2, "--prompts", 2, "--group", 4, "--tokens", 6,
        "--epochs", 4,
    )  # fmt: skip
    # The folder is another each time, and with it the draws: a group whose rewards are equal is not counted then.
    always, every_other = (cells(line) for line in report.splitlines() if line.startswith(("| 1 ", "| 2 ")))
    assert always[:4] == [1, 1, 1, 1]
    assert every_other[0] == 2
    assert 0.5 <= every_other[1] < 1
    assert all(0 <= agreement <= 1 for agreement in every_other[4:])
