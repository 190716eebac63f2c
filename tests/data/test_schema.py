import dataclasses

import pytest

from video_ktr.data import sample, schema


def test_the_old_place_of_the_record_gives_the_same_one():
    assert sample.Sample is schema.Sample
    assert sample.PROBLEM_TYPES is schema.PROBLEM_TYPES


def test_seven_kinds_of_problem_and_three_of_media():
    assert schema.PROBLEM_TYPES[:5] == ("multiple choice", "numerical", "regression", "OCR", "free-form")
    assert schema.PROBLEM_TYPES[5:] == ("temporal grounding", "caption")
    assert schema.DATA_TYPES == ("video", "image", "text")


def test_a_sample_cannot_be_changed_and_compares_by_its_fields():
    fields = {
        "problem_id": "1",
        "problem": "?",
        "problem_type": "OCR",
        "solution": "x",
        "data_type": "text",
        "path": None,
    }
    one = schema.Sample(**fields)
    assert one == schema.Sample(**fields)
    assert one != schema.Sample(**fields | {"problem_id": "2"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.path = "a.mp4"
