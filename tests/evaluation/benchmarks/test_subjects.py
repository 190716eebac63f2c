import pytest

from video_ktr.evaluation.benchmarks.subjects import DISCIPLINES, subject_groups


@pytest.mark.parametrize(
    ("name", "discipline", "subject"),
    [
        ("validation_Basic_Medical_Science_10", "Medicine", "Basic_Medical_Science"),
        ("dev_Math_1", "Science", "Math"),
        ("new_Cooking_1", "unknown", "Cooking"),
        ("17", "unknown", "unknown"),
    ],
)
def test_the_subject_stands_in_the_id(name, discipline, subject):
    assert subject_groups(name) == {"discipline": discipline, "subject": subject}


def test_there_are_thirty_subjects():
    assert sum(map(len, DISCIPLINES.values())) == 30
