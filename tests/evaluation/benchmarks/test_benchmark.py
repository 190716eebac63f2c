import pytest

from tests.evaluation.benchmarks.asking import choice, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import LAYOUTS
from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks import BENCHMARKS, MODES, find_benchmark
from video_ktr.evaluation.benchmarks.averages import average
from video_ktr.evaluation.scoring import score_output


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_read_whole_and_its_right_answers_score(tmp_path, name):
    benchmark = find_benchmark(name)
    questions, rejects = read(name, LAYOUTS[name](tmp_path, questions=5), tmp_path)
    assert (len(questions), len(rejects)) == (5, 0)
    assert len({q.id for q in questions}) == 5
    for question in questions:
        assert set(question.groups) == set(benchmark.group_names)
        assert question.sample.data_type == benchmark.media
        assert "unknown" not in question.groups.values()
        scored = score_output(benchmark, question, f"<think>Hm.</think>\n<answer>{question.right}</answer>")
        if question.sample.problem_type != "free-form":
            assert scored.video_r1 == 1
        assert scored.official in {1, None}
        assert scored.lenient in {1, None}
    rows = [(question.groups, 0.5) for question in questions]
    assert all(average(rows, benchmark.headline(mode)) == 0.5 for mode in MODES)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_reads_video_r1s_schema(tmp_path, name):
    rows = [video_r1_row(7), video_r1_row(7), video_r1_row(8, solution="<answer>C</answer>"), 3]
    questions, rejects = read(name, as_json(tmp_path / "eval.json", rows))
    assert [q.id for q in questions] == ["7", "7#2"]
    assert rejects.counts() == {"answer not among options": 1, "not an object": 1}
    assert questions[0].sample.path == str(tmp_path / "Evaluation/X/7.mp4")  # where it should be
    assert set(questions[0].groups) == set(find_benchmark(name).group_names)
    assert read(name, tmp_path)[0] == questions


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_file_of_another_set_is_told(tmp_path, name):
    with pytest.raises(DataError, match=r"other\.json: is no file of .* lacks .* \(it has 'a', 'b\\x1b'\)"):
        read(name, as_json(tmp_path / "other.json", [{"a": 1, "b\u001b": 2}]))


def test_counts_that_are_not_the_published_ones_are_told():
    benchmark = find_benchmark("video_holmes")
    questions = [choice(groups={"subtask": kind}) for kind in 292 * ["SR"] + ["TA"]]
    assert benchmark.count_warnings(questions) == [
        "video_holmes: 293 questions (all), 1837 expected",
        "video_holmes: 1 questions (TA), 200 expected",
    ]


def test_the_lenient_score_is_for_letters(tmp_path):
    benchmark = find_benchmark("vsibench")
    questions, _ = read("vsibench", LAYOUTS["vsibench"](tmp_path, questions=2), tmp_path)
    assert benchmark.lenient_score("4", questions[0]) is None
    assert benchmark.lenient_score("<think>A.</think> I take (B)", questions[1]) == 1
    assert benchmark.lenient_score("A", questions[1]) == 0
