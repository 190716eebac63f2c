import json

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from video_ktr.errors import MediaError
from video_ktr.training.bad_media import BadMedia

CORRUPT = ("clips/a.mp4", "clips/a.mp4: cannot be opened as a video; replace the file")
MISSING = ("clips/b.mp4", "clips/b.mp4: no such file; check the path")
IN_MEMORY = (None, "pixels given in memory are float32; convert them")


@pytest.fixture
def build(tmp_path):
    return lambda policy="skip", max_share=0.05: BadMedia(tmp_path / "run", policy, max_share)


def state(step=0, *, main=True):
    return TrainerState(global_step=step, is_world_process_zero=main)


def begin(bad_media, step, tmp_path):
    bad_media.on_train_begin(TrainingArguments(str(tmp_path), use_cpu=True), state(step), TrainerControl())


def end(bad_media, tmp_path):
    bad_media.on_train_end(TrainingArguments(str(tmp_path), use_cpu=True), state(9), TrainerControl())


def listed(bad_media):
    return [json.loads(line) for line in bad_media.path.read_text().splitlines()]


def test_each_file_is_listed_once_with_its_first_step(build):
    counted = build()
    counted.meet(10, [CORRUPT, CORRUPT, IN_MEMORY], 3, state(4))
    counted.meet(10, [CORRUPT, MISSING, IN_MEMORY], 2, state(7))
    assert listed(counted) == [
        {"file": CORRUPT[0], "error": CORRUPT[1], "step": 4},
        {"file": None, "error": IN_MEMORY[1], "step": 4},
        {"file": MISSING[0], "error": MISSING[1], "step": 7},
    ]
    assert counted.share == 5 / 20


def test_the_main_process_alone_writes(build):
    counted = build()
    counted.meet(10, [CORRUPT], 1, state(main=False))
    assert not counted.path.exists()


def test_nothing_bad_leaves_no_file(build):
    counted = build()
    counted.meet(10, [], 0, state())
    assert not counted.path.exists()
    assert counted.share == 0.0


@pytest.mark.parametrize(
    ("max_share", "good", "allowed"),
    # Of a hundred at least: 5 bad ones may come first. Of 200 prompts, 10 may be bad.
    [(0.05, 0, 5), (0.05, 200, 10), (0.0, 50, 0), (0.5, 0, 50)],
)
def test_the_limit_is_a_share_of_a_hundred_prompts_at_least(build, max_share, good, allowed):
    counted = build(max_share=max_share)
    counted.meet(good, [], 0, state())
    for _ in range(allowed):
        counted.meet(1, [CORRUPT], 1, state())
    with pytest.raises(MediaError) as caught:
        counted.meet(1, [CORRUPT], 1, state())
    number = f"the media of {allowed + 1} of {good + allowed + 1} prompts cannot be read"
    assert str(caught.value).startswith(f"{number}, more than max_bad_media_share={max_share} allows: 1 in ")
    assert CORRUPT[1] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_stop_ends_at_the_first_and_lists_it(build):
    counted = build("stop")
    counted.meet(50, [], 0, state())
    with pytest.raises(MediaError) as caught:
        counted.meet(2, [MISSING, CORRUPT], 2, state(3))
    assert str(caught.value) == MISSING[1]
    assert [entry["file"] for entry in listed(counted)] == [MISSING[0], CORRUPT[0]]


def test_a_run_that_learnt_from_nothing_does_not_end_well(build, tmp_path):
    counted = build()
    end(counted, tmp_path)
    counted.meet(2, [CORRUPT], 2, state())
    with pytest.raises(MediaError, match=r"of 2 of 2 prompts cannot be read, so nothing was learnt: 1 in .*a\.mp4"):
        end(counted, tmp_path)
    counted.meet(1, [], 0, state())
    end(counted, tmp_path)


def test_a_resumed_run_drops_what_it_repeats(build, tmp_path):
    first = build()
    first.meet(1, [CORRUPT], 1, state(1))
    first.meet(1, [MISSING], 1, state(2))
    # The checkpoint of step 2 was made before the generation at step 2.
    resumed = build()
    begin(resumed, 2, tmp_path)
    assert [entry["file"] for entry in listed(resumed)] == [CORRUPT[0]]
    resumed.meet(2, [CORRUPT, MISSING], 2, state(2))
    assert [(entry["file"], entry["step"]) for entry in listed(resumed)] == [(CORRUPT[0], 1), (MISSING[0], 2)]
    assert resumed.share == 1.0


def test_a_new_run_starts_a_new_list(build, tmp_path):
    build().meet(1, [CORRUPT], 1, state(0))
    again = build()
    begin(again, 0, tmp_path)
    assert listed(again) == []
