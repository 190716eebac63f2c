import pytest

from tests.evaluation.benchmarks.layouts import write_mmvu
from video_ktr.cli.evaluation_settings import (
    check_sources,
    chosen,
    read_benchmarks,
    read_config,
    read_frames,
    read_mode,
    read_question_set,
    read_wording,
)
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.benchmarks import find_benchmark

MMVU, AI2D = find_benchmark("mmvu"), find_benchmark("ai2d")


@pytest.mark.parametrize("given", ["mmvu,ai2d", "mmvu, ai2d, mmvu", ["mmvu", "ai2d"]])
def test_benchmarks_are_parted_by_commas_or_listed(given):
    assert read_benchmarks({"benchmark": given}) == [MMVU, AI2D]


@pytest.mark.parametrize("given", [["mmvu", 3], "mmvu,,ai2d", {"mmvu": 1}])
def test_other_benchmarks_are_refused(given):
    with pytest.raises(ConfigError, match="benchmark"):
        read_benchmarks({"benchmark": given})


@pytest.mark.parametrize(
    ("given", "frames"),
    [({"frames": "16,32,64"}, [16, 32, 64]), ({"frames": [8, 8]}, [8]), ({"frames": 5}, [5]), ({}, [16])],
)
def test_frames_are_whole_numbers(given, frames):
    assert read_frames(given) == frames


@pytest.mark.parametrize("given", ["many", 0, "16,-2", 1.5, True, []])
def test_other_frames_are_refused(given):
    with pytest.raises(ConfigError, match="frames is"):
        read_frames({"frames": given})


@pytest.mark.parametrize("frames", [16, 32, 64])
def test_media_are_those_of_the_published_evaluation(frames):
    assert read_config({"model": "m"}, frames).media == MediaConfig.preset(f"evaluation-{frames}")


def test_single_media_settings_can_be_changed_and_frames_be_any_number():
    media = read_config({"model": "m", "media": {"min_frames": 2, "slot_seconds": None}}, 3).media
    assert media == MediaConfig.preset("evaluation-16", max_frames=3, min_frames=2, slot_seconds=None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"media": {"max_frames": 8}}, "media.max_frames is set by frames"),
        ({"media": {"max_pixel": 8}}, "unknown setting media.max_pixel"),
        ({"media": {"min_frames": 20}}, "raise max_frames"),
        ({"max_token": 8}, "unknown setting max_token"),
        ({"engine": "magic"}, "engine is 'magic'"),
    ],
)
def test_wrong_settings_of_the_run_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        read_config({"model": "m", **settings}, 16)


def test_the_official_form_falls_back_to_the_reasoning_template():
    official, plain = read_wording({"prompt": "official", "media_first": False}), read_wording({})
    assert (official.name, official.template.media_first) == ("official", False)
    assert (plain.name, plain.template.text) == ("reasoning", official.template.text)
    with pytest.raises(ConfigError, match="unheard"):
        read_wording({"prompt": "unheard"})


def test_modes_are_named():
    assert (read_mode({}), read_mode({"mode": "official"})) == ("video_r1", "official")
    with pytest.raises(ConfigError, match="mode is 'kind': use one of video_r1, official"):
        read_mode({"mode": "kind"})


def test_a_single_path_is_of_a_single_benchmark(tmp_path):
    source = write_mmvu(tmp_path, questions=2)
    found = read_question_set({"questions": str(source)}, MMVU, alone=True)
    assert len(found.questions) == 2
    assert found.roots.roots == (tmp_path,)
    with pytest.raises(ConfigError, match=r"--questions\.mmvu PATH"):
        read_question_set({"questions": str(source)}, MMVU, alone=False)
    given = {"questions": {"mmvu": str(source)}, "media_root": {"mmvu": "/media"}}
    assert str(read_question_set(given, MMVU, alone=False).roots.roots[0]) == "/media"


def test_a_file_without_a_question_of_the_benchmark_is_told(tmp_path):
    source = write_mmvu(tmp_path, questions=0)
    with pytest.raises(DataError, match="no record can be used: it holds none"):
        read_question_set({"questions": str(source)}, MMVU, alone=True)


def test_files_of_benchmarks_that_are_not_asked_for_are_refused():
    check_sources({"questions": {"mmvu": "x"}, "media_root": "y"}, [MMVU])
    with pytest.raises(ConfigError, match=r"unknown setting questions\.ai2d"):
        check_sources({"questions": {"ai2d": "x"}}, [MMVU])


def test_a_limit_draws_by_the_seed_and_keeps_the_order():
    questions = list(range(20))
    some, how = chosen(questions, {"limit": 5}, 0)
    assert how == {"limit": 5, "of": 20, "seed": 0}
    assert some == sorted({*some})
    assert len(some) == 5
    assert chosen(questions, {"limit": 5}, 0)[0] == some != chosen(questions, {"limit": 5}, 1)[0]
    assert chosen(questions, {"limit": 20}, 0) == chosen(questions, {}, 0) == (questions, None)
    with pytest.raises(ConfigError, match=r"limit is 1\.5"):
        chosen(questions, {"limit": 1.5}, 0)
