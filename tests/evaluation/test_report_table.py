import pytest

from tests.evaluation.results import result, row
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.published import TABLE_1, TABLE_5
from video_ktr.evaluation.report_table import build_tables, find_results


def rows(right, total):
    return [row(str(i), float(i < right)) for i in range(total)]


def mmmu(right, total):
    return [{**one, "groups": {"discipline": "Art"}} for one in rows(right, total)]


@pytest.fixture
def results(tmp_path):
    result(tmp_path / "r/video_holmes/32f", rows(3, 4), model="/models/ours", frames=32)
    result(tmp_path / "r/video_holmes/16f", rows(2, 4), model="/models/ours", frames=16)
    return tmp_path / "r"


def own(table):
    return [row for row in table.rows if not row.source]


def test_published_rows_come_first_and_ours_by_frames(results):
    (table,) = build_tables(find_results([results]))
    assert list(table.columns) == ["video_holmes", "videommmu", "mmvu", "tempcompass", "videomme"]
    assert len(table.rows) == len(TABLE_1) + len(TABLE_5) + 2
    assert table.rows[0].section == "Proprietary (published, Table 1)"
    assert [(row.model, row.frames) for row in own(table)] == [("ours", "16"), ("ours", "32")]
    cell = own(table)[1].cells["video_holmes"]
    # Wilson interval of 3 of 4.
    assert (cell.value, round(cell.low, 1), round(cell.high, 1), cell.n) == (75.0, 30.1, 95.4, 4)


def test_a_number_of_part_of_the_questions_says_so(results):
    (table,) = build_tables(find_results([results / "video_holmes/16f"]))
    assert own(table)[0].cells["video_holmes"].note == 1
    assert table.notes[0] == "Video-Holmes, ours, 16 frames: 4 questions in place of 1837"
    assert table.notes[-1] == "Rule: video_r1. In brackets: 95 % interval."


def test_lost_and_unscored_questions_are_noted(tmp_path):
    wrong = {"video_r1": 0.0, "official": None, "lenient": None}
    lost = [row("x", state="failed", output=None, scores=wrong), *rows(1, 2)]
    result(tmp_path, lost)
    (table,) = build_tables(find_results([tmp_path]), "official")
    note = "2 of 3 questions scored by this rule; 1 failed, counted as wrong"
    assert table.notes[0] == f"Video-Holmes, model, 16 frames: 3 questions in place of 1837; {note}"


def test_images_and_other_benchmarks_have_tables_of_their_own(results, tmp_path):
    result(tmp_path / "i", mmmu(1, 2), benchmark="mmmu", frames=None)
    groups = {"task": "action_count"}
    result(tmp_path / "m", [row("1", groups=groups)], benchmark="mvbench")
    tables = build_tables(find_results([results, tmp_path / "i", tmp_path / "m"]))
    assert [table.title for table in tables] == ["Video benchmarks", "Image benchmarks", "Other benchmarks"]
    assert [row.source for row in tables[1].rows] == ["Table 3"] * 5 + [""]
    assert (own(tables[1])[0].frames, own(tables[1])[0].cells["mmmu"].value) == ("", 50.0)
    assert list(tables[2].columns) == ["mvbench"]
    assert "Published rows" not in " ".join(tables[2].notes)


def test_models_of_equal_last_name_keep_their_whole_names(tmp_path):
    for name in ("one", "two"):
        result(tmp_path / name, rows(1, 1), model=f"/runs/{name}/checkpoint-5/")
    assert {found.model for found in find_results([tmp_path])} == {
        "/runs/one/checkpoint-5/",
        "/runs/two/checkpoint-5/",
    }


def test_a_second_result_of_one_cell_and_no_result_are_refused(results, tmp_path):
    result(tmp_path / "again", rows(1, 1), model="/models/ours", frames=32)
    with pytest.raises(ConfigError, match="second result of '/models/ours' on 'video_holmes'"):
        find_results([results, tmp_path / "again"])
    assert len(find_results([results, results / "video_holmes"])) == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no result\.json"):
        find_results([tmp_path / "empty"])
    with pytest.raises(ConfigError, match="no scores by the rule 'strict'"):
        build_tables(find_results([results]), "strict")
