import json
from dataclasses import dataclass

import pytest

from video_ktr.jobs.record import Record


@dataclass(frozen=True, kw_only=True)
class Score(Record):
    points: tuple[float, ...] = ()
    fault: str = ""


@pytest.mark.parametrize("score", [Score(key="a", points=(1.0, 0.0)), Score(key="b", fault="lost"), Score(key="c")])
def test_a_record_survives_json(score):
    assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score


def test_what_is_empty_is_not_written():
    assert Score(key="a", fault="lost").to_json() == {"key": "a", "fault": "lost"}


def test_fields_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="colour"):
        Score.from_json({"key": "a", "colour": "red"})
