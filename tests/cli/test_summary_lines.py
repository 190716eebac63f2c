from tests.evaluation.results import row
from video_ktr.cli.summary_lines import summary_lines
from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.summary import summarise


def test_every_number_has_its_n_and_interval():
    lost = row("3", 0.0, subtask="T\u001b", state="failed", scores={"video_r1": 0.0, "official": None, "lenient": 0.0})
    rows = [row("1"), row("2", 0.0), lost]
    lines = list(summary_lines(summarise(find_benchmark("video_holmes"), rows, warnings=["few\u001b"])))
    assert lines[:3] == [
        "video_holmes: 3 questions (1837 expected)",
        "  2 answered, 1 failed, 1 unscorable",
        "  warning: few\ufffd",
    ]
    # Wilson intervals of 1 of 3 and 1 of 2.
    assert lines[3:6] == [
        "video_r1   33.3 [6.1, 79.2] n 3, micro average",
        "official   50.0 [9.5, 90.5] n 2, micro average",
        "lenient    33.3 [6.1, 79.2] n 3, micro average",
    ]
    assert lines[6].split() == ["by", "subtask", "video_r1", "official", "lenient"]
    assert lines[7].split() == ["SR", *["50.0", "[9.5,", "90.5]", "n", "2"] * 3]
    # The official rule scored none of this part: its column stays empty.
    assert lines[8].split() == ["T\ufffd", *["0.0", "[0.0,", "79.3]", "n", "1"] * 2]
    assert lines[9].startswith("  macro average")


def test_a_macro_headline_stands_beside_the_micro_average():
    groups = [{"task": task, "question_type": task, "measure": task} for task in ("a", "b", "b")]
    rows = [row(str(i), float(i > 0), groups=told) for i, told in enumerate(groups)]
    lines = list(summary_lines(summarise(find_benchmark("vsibench"), rows)))
    assert "video_r1   50.0 [50.0, 50.0] n 3, macro:measure average; micro  66.7 [20.8, 93.9]" in lines
