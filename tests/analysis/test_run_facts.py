from video_ktr.analysis.run_data import read_run
from video_ktr.analysis.run_facts import differences, fact_section


def test_what_a_run_was(make_run):
    run = read_run(
        make_run(
            "ours",
            (),
            [{"step": 7}, {"step": 2}],
            settings={"method": "video_ktr", "model": "M", "seed": 3},
            config={"preset": "paper", "key_tokens": {"visual_ratio": 0.2, "signed": False}, "beta": None},
            environment={"commit": "abc", "gpus": [], "packages": {"torch": "2.15", "peft": None}},
        )
    )
    section = fact_section(run, None)
    (table,) = section.tables
    assert table.columns == ("what", "ours")
    assert dict(table.rows) == {
        "folder": str(run.folder),
        "method": "video_ktr",
        "model": "M",
        "preset": "paper",
        "beta": None,
        "key_tokens.visual_ratio": 0.2,
        "key_tokens.signed": "false",
        "last step": 7,
        "commit": "abc",
        "gpus": "none",
        "packages": "torch 2.15",
    }


def test_in_what_two_runs_differ(make_run):
    run = read_run(
        make_run(
            "a",
            settings={"method": "video_ktr", "model": "M"},
            config={"output_dir": "x", "beta": 0.1, "key_tokens": {"visual_ratio": 0.2}, "seed": 1},
        )
    )
    other = read_run(
        make_run("b", settings={"method": "grpo", "model": "M"}, config={"output_dir": "y", "beta": 0, "seed": 1})
    )
    assert differences(run, other) == [
        ("beta", 0.1, 0),
        ("key_tokens.visual_ratio", 0.2, None),
        ("method", "video_ktr", "grpo"),
    ]
    assert differences(run, run) == []
    facts, settings = fact_section(run, other).tables
    assert facts.columns == ("what", "a", "b")
    assert settings.rows[2] == ("method", "video_ktr", "grpo")
