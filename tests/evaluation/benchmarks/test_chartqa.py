import pytest

from tests.evaluation.benchmarks.asking import asked, read
from tests.evaluation.benchmarks.layouts import write_chartqa
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.benchmarks.chartqa import relaxed_match


def test_the_table_is_read(tmp_path):
    questions, rejects = read("chartqa", write_chartqa(tmp_path, questions=4))
    assert not len(rejects)
    assert [(q.gold, q.sample.problem_type) for q in questions] == [
        ("62", "numerical"), ("Blue", "free-form"), ("12.5%", "free-form"), ("2003", "numerical"),
    ]  # fmt: skip
    assert [q.groups["type"] for q in questions] == 2 * ["human_test", "augmented_test"]
    assert {q.sample.data_type for q in questions} == {"image"}


@pytest.mark.parametrize(
    ("prediction", "truth", "score", "lenient"),
    [
        ("62", "62", 1, 1),
        ("64", "62", 1, 1),  # within 5 %
        ("65.2", "62", 0, 0),
        ("19", "20", 1, 1),  # 5 % exactly
        ("62%", "62", 0, 1),  # 0.62
        ("62%", "0.62", 1, 1),
        ("62 years", "62", 0, 1),
        ("$62", "62", 0, 1),
        ("1,200", "1200", 0, 1),
        ("2000", "2003", 1, 1),  # years always are
        ("0", "0", 1, 1),
        ("0.0", "0", 0, 0),  # a truth of 0 is text
        ("blue", "Blue", 1, 1),
        ("Blue.", "Blue", 0, 1),
        ("red", "Blue", 0, 0),
        ("nan", "62", 0, 0),
        ("", "62", 0, 0),
    ],
)
def test_the_relaxed_match(prediction, truth, score, lenient):
    benchmark, question = find_benchmark("chartqa"), asked("free-form", truth)
    assert relaxed_match(prediction, truth) == score
    assert benchmark.official_score(f"<answer>{prediction}</answer>", question) == score
    assert benchmark.lenient_score(f"<answer>{prediction}</answer>", question) == lenient
