from video_ktr.evaluation.benchmarks.registry import BENCHMARKS
from video_ktr.evaluation.published import IMAGES, SUBTASKS, TABLE_1, TABLE_3, TABLE_5


def test_the_papers_main_rows():
    ours = [row for row in TABLE_1 if row.model == "Video-KTR"]
    assert [row.frames for row in ours] == ["16", "32", "64"]
    assert list(ours[1].scores.values()) == [41.6, 52.6, 65.9, 73.4, 60.3]
    (r1,) = (row for row in TABLE_1 if row.model == "Video-R1")
    assert r1.scores == {
        "video_holmes": 36.5, "videommmu": 52.3, "mmvu": 63.8, "tempcompass": 73.2, "videomme": 59.3,
    }  # fmt: skip
    assert (len(TABLE_1), len(TABLE_3), len(TABLE_5)) == (16, 5, 6)


def test_what_a_table_leaves_out_is_not_there():
    (rts,) = (row for row in TABLE_1 if row.model == "Video-RTS")
    assert "tempcompass" not in rts.scores
    assert rts.frames == "51.2"


def test_every_benchmark_is_in_the_registry():
    named = {name for row in (*TABLE_1, *TABLE_3, *TABLE_5) for name in row.scores} | set(SUBTASKS)
    assert named <= set(BENCHMARKS)
    assert all(set(row.scores) == set(IMAGES) for row in TABLE_3)


def test_subtasks_weighed_by_their_counts_give_the_published_whole():
    (scores,) = SUBTASKS["video_holmes"].values()
    counts = BENCHMARKS["video_holmes"].expected
    assert round(sum(score * counts[kind] for kind, score in scores.items()) / counts["all"], 1) == 27.8
