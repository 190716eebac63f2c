import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from video_ktr.data.media import MediaConfig, load_video
from video_ktr.data.sample import read_samples
from video_ktr.errors import ConfigError
from video_ktr.toyworld.chains import INVENTED_OPENERS, answer_letter
from video_ktr.toyworld.dataset import ToyDataConfig, ToyDataset, build_dataset
from video_ktr.toyworld.questions import QUESTION_TYPES
from video_ktr.toyworld.rendering import render
from video_ktr.toyworld.samples import draw_videos

SMALL = ToyDataConfig(
    base_videos=30,
    blank_videos=3,
    base_samples=400,
    base_motion_first=30,
    cold_start_samples=400,
    train_samples=20,
    eval_samples=25,
    blank_ratio=0.1,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ToyDataset]:
    folder = tmp_path_factory.mktemp("toy")
    return folder, build_dataset(folder, SMALL, show_progress=False)


def test_written_videos_decode_to_close_frames(built: tuple[Path, ToyDataset]) -> None:
    folder, _ = built
    for video in draw_videos("base", ["parade", "count", "motion"], SMALL.seed):
        decoded = load_video(folder / video.path, MediaConfig(min_pixels=784, max_pixels=3136))
        frames = render(video.scene).astype(int)
        assert decoded.fps == 2.0
        assert np.abs(decoded.frames_FCHW.permute(0, 2, 3, 1).numpy() - frames).mean() < 3


def test_splits_have_the_sizes_and_the_balance_asked_for(built: tuple[Path, ToyDataset]) -> None:
    _, dataset = built
    base, cold, train, held_out = (
        read_samples(path) for path in (dataset.base, dataset.cold_start, dataset.train, dataset.eval)
    )
    assert [len(split) for split in (base, cold, train, held_out)] == [400, 400, 20, 25]
    for split, each in ((train, 4), (held_out, 5)):
        assert Counter(sample.original_question_type for sample in split) == dict.fromkeys(QUESTION_TYPES, each)
        assert not any(sample.process for sample in split)
    assert len({sample.path for sample in held_out}) == 25
    used = {sample.path for sample in (*base, *cold)}
    assert not used & {sample.path for sample in (*train, *held_out)}
    assert not {sample.path for sample in train} & {sample.path for sample in held_out}
    assert all(Path(path or "").exists() for path in used)


def test_chains_are_mixed_as_configured_and_agree_with_the_solution(built: tuple[Path, ToyDataset]) -> None:
    _, dataset = built
    blank = {f"{index:05d}.mp4" for index in range(30, 33)}
    base, cold = read_samples(dataset.base), read_samples(dataset.cold_start)
    for sample in (*base, *cold):
        assert sample.solution == f"<answer>{answer_letter(sample.process)}</answer>"
    invented = [sample for sample in base if sample.process.split()[1] in INVENTED_OPENERS]
    on_blank = [sample for sample in base if Path(sample.path or "").name in blank]
    assert 0.06 < len(on_blank) / 400 < 0.15
    assert set(on_blank) <= set(invented)
    assert 0.5 < sum(sample.process.split()[1] in INVENTED_OPENERS for sample in cold) / 400 < 0.7
    assert re.fullmatch(r"A \w+", base[0].options[0])
    assert {sample.original_question_type for sample in base[:30]} == {"motion"}
    assert Counter(sample.original_question_type for sample in base[30:])["motion"] < 130


def test_the_seed_fixes_questions_and_videos(tmp_path: Path, built: tuple[Path, ToyDataset]) -> None:
    folder, _ = built
    build_dataset(tmp_path, SMALL, show_progress=False)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for name in files:
        if name.suffix != ".mp4":
            assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_complete_folder_is_left_alone_and_a_broken_one_completed(tmp_path: Path) -> None:
    build_dataset(tmp_path, SMALL, show_progress=False)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    build_dataset(tmp_path, SMALL, show_progress=False)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == stamps
    (tmp_path / "complete.json").unlink()
    missing = tmp_path / "videos" / "eval" / "00003.mp4"
    missing.unlink()
    build_dataset(tmp_path, SMALL, show_progress=False)
    assert missing.exists()
    kept = tmp_path / "videos" / "eval" / "00004.mp4"
    assert kept.stat().st_mtime_ns == stamps[kept]


def test_data_of_other_settings_is_not_overwritten(tmp_path: Path) -> None:
    build_dataset(tmp_path, SMALL, show_progress=False)
    with pytest.raises(ConfigError, match="other settings"):
        build_dataset(tmp_path, ToyDataConfig(seed=1), show_progress=False)


@pytest.mark.parametrize(
    ("field", "value"), [("blank_ratio", 1.2), ("eval_samples", 0), ("base_videos", 2), ("base_motion_first", -1)]
)
def test_settings_out_of_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(ConfigError, match=field):
        ToyDataConfig(**{field: value})
