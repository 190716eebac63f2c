from collections import Counter

from video_ktr.toyworld.questions import QUESTION_TYPES
from video_ktr.toyworld.samples import Video, draw_chain_samples, draw_question_samples, draw_videos
from video_ktr.toyworld.world import SceneKind

KINDS: list[SceneKind] = ["parade", "count", "motion"] * 4


def videos() -> list[Video]:
    return draw_videos("base", [*KINDS, "blank"], seed=2)


def test_a_video_depends_on_seed_group_and_place_alone() -> None:
    drawn = videos()
    assert drawn[:5] == draw_videos("base", KINDS[:5], seed=2)
    assert drawn[0].path == "videos/base/00000.mp4"
    assert drawn[0].scene != draw_videos("eval", KINDS[:1], seed=2)[0].scene
    assert drawn[0].scene != draw_videos("base", KINDS[:1], seed=3)[0].scene


def test_chains_on_blank_videos_alone() -> None:
    samples = draw_chain_samples("base", videos(), 20, 0, invented_ratio=0.0, blank_ratio=1.0)
    assert {sample.path for sample in samples} == {"videos/base/00012.mp4"}
    assert {sample.process.split()[1] for sample in samples} == {"maybe", "guess"}


def test_weights_and_lead_in_decide_the_types() -> None:
    samples = draw_chain_samples(
        "base",
        videos(),
        40,
        0,
        invented_ratio=0.0,
        blank_ratio=0.0,
        motion_first=10,
        type_weights={"order": 0, "after": 0, "attr": 3, "motion": 0, "count": 1},
    )
    kinds = [sample.original_question_type for sample in samples]
    assert set(kinds[:10]) == {"motion"}
    assert set(kinds[10:]) == {"attr", "count"}


def test_questions_take_types_in_turn_and_videos_once_each() -> None:
    samples = draw_question_samples("eval", draw_videos("eval", ["parade"] * 3 + ["motion", "count"], 0), 5, 0)
    assert Counter(sample.original_question_type for sample in samples) == dict.fromkeys(QUESTION_TYPES, 1)
    assert len({sample.path for sample in samples}) == 5
