import pytest

from video_ktr.errors import DataError
from video_ktr.study.results import RESULT, read_result, read_results


def test_written_and_read_again(tmp_path, cell):
    result = cell("grpo", "a", 0, [1, 0, 0.5, 0])
    result.write(tmp_path)
    assert read_result(tmp_path) == result
    assert read_results([tmp_path, tmp_path / "unfinished"]) == [result]


def test_numbers_by_hand(cell):
    result = cell("grpo", "a", 0, [1, 0, 0.5, 0])
    assert result.accuracy == 0.375
    assert result.by_type == {"motion": 0.75, "order": 0.0}


@pytest.mark.parametrize(
    ("curve", "area"),
    [
        ((), None),
        (((5.0, 0.3),), 0.3),
        (((1.0, 0.0), (2.0, 1.0)), 0.5),
        # 2 steps at 1 and 1 from 1 to 0: 2.5 over 3 steps
        (((1.0, 1.0), (3.0, 1.0), (4.0, 0.0)), 2.5 / 3),
    ],
)
def test_area_by_hand(cell, curve, area):
    assert cell("grpo", "a", 0, [1], curve=curve).area == (None if area is None else pytest.approx(area))


@pytest.mark.parametrize("text", ["", "[]", '{"arm": "x"}', '{"types": [], "scores": [], "curve": [], "x": 1}'])
def test_what_is_no_result_is_told(tmp_path, text):
    (tmp_path / RESULT).write_text(text)
    with pytest.raises(DataError, match="is not the result of a cell"):
        read_result(tmp_path)
