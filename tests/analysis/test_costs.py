import pytest

from video_ktr.analysis.costs import cost_section, speed, training_hours
from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.sections import Missing

HARDWARE = {"gpus": ["H"], "platform": "p", "cpu_threads": 2, "python": "3", "packages": {"torch": "2"}, "commit": "c"}


def step(number, generate, attribute, update, **more):
    values = {
        "generate_seconds": generate,
        "score_seconds": 1.0,
        "attribute_seconds": attribute,
        "update_seconds": update,
        "forward_seconds": 2.0 + attribute,
        "peak_memory_bytes": number * 1e9,
        **more,
    }
    return {"step": number, **{f"cost/{name}": value for name, value in values.items()}}


def counted(number, factor):
    names = ("generate", "score", "attribute", "update", "forward")
    return {"step": number, **{f"cost/{name}_flops": factor * place * 1e12 for place, name in enumerate(names)}}


def test_table_four_and_the_phases(make_run):
    ours = [
        step(1, 4.0, 1.0, 5.0, samples_per_second=1.0),
        step(2, 6.0, 3.0, 7.0, samples_per_second=0.25),
        counted(3, 2),
        {"step": 3, "train_runtime": 3600.0},
        {"step": 3, "train_runtime": 7200.0},
    ]
    plain = [step(1, 5.0, 0.0, 3.0, samples_per_second=0.8), counted(3, 1), {"step": 1, "train_runtime": 1800.0}]
    run = read_run(make_run("ours", (), ours, environment=HARDWARE))
    other = read_run(make_run("grpo", (), plain, environment=HARDWARE))
    section = cost_section(run, other)
    overall, seconds, flops = section.tables
    assert overall.columns == ("what", "ours", "grpo", "ratio")
    assert {row[0]: row[1:] for row in overall.rows} == {
        "training time, hours": (2.0, 0.5, 4.0),
        "peak memory, GB": (2.0, 1.0, 2.0),
        # Two steps of equally many completions take 1 and 4 units of time: 2 over 5.
        "samples a second": (pytest.approx(0.4), pytest.approx(0.8), pytest.approx(0.5)),
        "forward latency, seconds": (4.0, 2.0, 2.0),
        "forward operations, TFLOP": (8.0, 4.0, 2.0),
    }
    assert [(row[0].split(":")[0], *row[1:]) for row in seconds.rows] == [
        ("generate", 5.0, 5.0, 1.0),
        ("score", 1.0, 1.0, 1.0),
        ("attribute", 2.0, 0.0, None),
        ("update", 6.0, 3.0, 2.0),
        ("all four", 14.0, 9.0, pytest.approx(14 / 9)),
    ]
    assert [row[1:] for row in flops.rows] == [(0, 0, None), (2, 1, 2), (4, 2, 2), (6, 3, 2), (12, 6, 2)]
    assert "same hardware" in section.text[-1]


def test_runs_under_other_conditions_are_told_apart(make_run):
    lines = [step(1, 4.0, 1.0, 5.0)]
    run = read_run(make_run("ours", (), lines, environment=HARDWARE, config={"media": {"max_frames": 16}, "seed": 1}))
    config = {"media": {"max_frames": 8}, "seed": 2}
    other = read_run(make_run("grpo", (), lines, environment={**HARDWARE, "gpus": ["A"]}, config=config))
    said = cost_section(run, other).text[-1]
    assert "gpus, media.max_frames." in said
    unknown = read_run(make_run("old", (), lines))
    assert "not known" in cost_section(run, unknown).text[-1]


def test_one_run_alone_has_no_ratios(make_run):
    section = cost_section(read_run(make_run("ours", (), [step(1, 4.0, 1.0, 5.0)])), None)
    assert [table.name for table in section.tables] == ["costs", "cost_seconds"]
    assert all(len(row) == len(table.columns) == 2 for table in section.tables for row in table.rows)
    assert section.tables[0].rows[0] == ("training time, hours", None)


def test_what_cannot_be_computed_is_left_open():
    assert training_hours([{"step": 1}]) is None
    assert speed([{"step": 1}]) is None


def test_a_run_without_costs_has_no_section(make_run):
    assert isinstance(cost_section(read_run(make_run("old", (), [{"step": 1, "loss": 1.0}])), None), Missing)
