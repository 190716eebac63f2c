import math
from dataclasses import asdict

import numpy as np
import pytest

from video_ktr.attribution import KeyTokenConfig
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.errors import ConfigError, DataError
from video_ktr.explorer.page import write_page
from video_ktr.explorer.run_pages import explore_run

HOSTILE = "<script>alert(1)</script>"
SETTINGS = {
    "key_tokens": asdict(KeyTokenConfig.preset("official", visual_ratio=0.3, entropy_ratio=None)),
    "media": asdict(MediaConfig(max_frames=4)),
}


@pytest.fixture
def clip(tmp_path):
    write_video(np.full((12, 56, 56, 3), 90, np.uint8), tmp_path / "clip.mp4", fps=4)
    return str(tmp_path / "clip.mp4")


@pytest.fixture
def explore(make_run, record):
    """Explore a run of these records; each is given as the changes to a record of four tokens."""

    def explore(*changes, config=SETTINGS, **settings):
        tokens = [" red", " tri", "angle", f" {HOSTILE}"]
        given = {"visual": [1], "temporal": [1, 2], "entropy_score": None, "entropy_selected": None}
        records = [record(1, "A ?", tokens, **{**given, "row": n, **each}) for n, each in enumerate(changes)]
        return explore_run(make_run("run", records, config=config, settings={"model": "owner/model"}), **settings)

    return explore


def test_a_completion_is_shown_as_it_was_recorded(explore):
    log_probs = {"log_probs": [-1.0, -2.0, -3.0, -0.5], "visual_log_probs": [-1.0, -1.0, -1.0, -1.0]}
    page = explore(log_probs)
    (prompt,) = page.prompts
    (completion,) = prompt.completions
    assert prompt.question == "A ?"
    assert completion.tokens == [" red", " tri", "angle", f" {HOSTILE}"]
    assert completion.words == [[0], [1, 2], [3]]
    assert completion.log_probs == [-1.0, -2.0, -3.0, -0.5]
    assert completion.visual_log_probs == [-1.0] * 4
    assert completion.temporal_log_probs is None
    assert completion.visual_scores == [0.0, 1.0, 2.0, 3.0]
    assert completion.entropy_scores is None
    assert completion.trained == {
        "visual": [False, True, False, False],
        "temporal": [False, True, True, False],
        "union": [False, True, True, False],
    }
    assert completion.facts == {
        "step": "1",
        "accuracy_reward": "1.00",
        "format_reward": "none",
        "advantage": "-0.50",
    }
    assert (completion.frame_scores, completion.visual_alternatives) == (None, None)


def test_settings_are_those_of_the_run(explore):
    page = explore({})
    assert (page.title, page.scope) == ("run", "group")
    assert page.ratios == {"visual": 0.3, "temporal": 0.2}
    assert page.facts["model"] == "owner/model"
    assert page.facts["steps"] == "1"
    assert page.facts["shift"] == "log_prob, signed"


def test_frames_are_decoded_by_the_media_settings_of_the_run(explore, clip):
    page = explore({"media": [clip]}, {"media": [clip]})
    (prompt,) = page.prompts
    assert prompt.media == "clip.mp4"
    # Four of the twelve frames, at most: numbers 0, 4, 7 and 11 of a video of four a second.
    assert [frame.seconds for frame in prompt.frames] == [0.0, 1.0, 1.75, 2.75]
    assert [frame.slot for frame in prompt.frames] == [0, 0, 1, 1]
    assert len(prompt.completions) == 2


@pytest.mark.parametrize(
    ("media", "told"),
    [
        (["/nowhere/clip.mp4"], ("clip.mp4", "no frames: clip.mp4: no such file; check the path and the media root")),
        (None, ("", "no frames: the records of this run do not name them")),
        (["a.png", None], ("a.png", "no frames: they were given as frames, which records do not hold")),
    ],
)
def test_without_frames_the_page_says_why_and_names_no_folder(explore, media, told):
    (prompt,) = explore({"media": media}).prompts
    assert prompt.frames == []
    assert (prompt.media, prompt.note) == told


def test_a_video_that_is_broken_is_told_by_its_name(explore, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (prompt,) = explore({"media": [str(tmp_path / "broken.mp4")]}).prompts
    assert prompt.frames == []
    assert prompt.note.startswith("no frames: broken.mp4: ")
    assert str(tmp_path) not in prompt.note


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_records_that_hold_no_numbers_are_told(explore, value):
    with pytest.raises(DataError, match="step 1 cannot be shown: log_probs holds a number that is not finite"):
        explore({"log_probs": [0.0, value, 0.0, 0.0]})


def test_a_question_of_text_has_no_media(explore):
    (prompt,) = explore({"media": []}).prompts
    assert (prompt.frames, prompt.media) == ([], "")


def test_a_reply_that_was_left_out_of_its_group_is_not_ranked(explore):
    """One cut at the limit lacks the visual score that its group has; what is recorded of its entropies is void."""
    left_out = {"visual_score": None, "temporal_score": None, "entropy_score": [0.0] * 4, "selected": [False] * 4}
    nothing = {"visual_selected": [False] * 4, "temporal_selected": [False] * 4}
    entropy = {"entropy_score": [0.5] * 4}
    (prompt,) = explore(entropy, {**left_out, **nothing}).prompts
    ranked, cut = prompt.completions
    assert ranked.entropy_scores == [0.5] * 4
    assert (cut.visual_scores, cut.temporal_scores, cut.entropy_scores) == (None, None, None)
    assert cut.trained["union"] == [False] * 4


def test_a_signal_that_the_whole_group_lacks_hides_no_other(explore):
    image = {"temporal_score": None, "temporal_selected": [False] * 4, "entropy_score": [0.5] * 4}
    (prompt,) = explore(image, image).prompts
    assert prompt.completions[0].temporal_scores is None
    assert prompt.completions[0].visual_scores == [0.0, 1.0, 2.0, 3.0]
    assert prompt.completions[0].entropy_scores == [0.5] * 4


def test_as_many_prompts_as_asked_for(explore):
    page = explore({"prompt_id": "1"}, {"prompt_id": "2"}, {"prompt_id": "3"}, prompts=2)
    assert len(page.prompts) == 2


def test_the_page_can_be_written_and_hostile_text_stays_data(explore, tmp_path):
    text = write_page(tmp_path / "out" / "page.html", explore({})).read_text()
    assert "owner/model" in text
    assert HOSTILE not in text


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "config.yaml: holds no section 'key_tokens'"),
        ({**SETTINGS, "media": None}, "config.yaml: holds no section 'media'"),
        ({**SETTINGS, "key_tokens": {"no_such": 1}}, "config.yaml: its settings are not those of this version"),
        ({**SETTINGS, "media": {"fps": 0}}, "config.yaml: its settings are not those of this version"),
    ],
)
def test_a_folder_that_is_no_run_of_the_method_is_told(explore, config, message):
    with pytest.raises(DataError, match=message):
        explore({}, config=config)


def test_no_prompts_are_no_page(explore):
    with pytest.raises(ConfigError, match="prompts is 0"):
        explore({}, prompts=0)
