import multiprocessing
import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

import video_ktr.data.frame_cache as module
from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.media import MediaConfig, load_video, write_video
from video_ktr.errors import MediaError

CONFIG = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8)
ENTRY_BYTES = 8 * 3 * 56 * 56
"""Frames of one clip; an entry adds a few hundred bytes."""


def clip(path, seed=0, frames=8):
    blocks = np.random.default_rng(seed).integers(0, 255, (frames, 7, 7, 3), dtype=np.uint8)
    write_video(blocks.repeat(8, axis=1).repeat(8, axis=2), path, fps=2)
    return path


@pytest.fixture
def cache(tmp_path):
    return FrameCache(tmp_path / "cache")


@pytest.fixture
def decoded(monkeypatch):
    """The files decoded from now on."""
    files = []
    monkeypatch.setattr(module, "load_video", lambda path, config: files.append(str(path)) or load_video(path, config))
    return files


def entries(cache):
    return sorted(cache.entries.path.glob("*.safetensors"))


def assert_equal_videos(one, other):
    assert one.frames_FCHW.dtype == torch.uint8
    assert torch.equal(one.frames_FCHW, other.frames_FCHW)
    assert (one.fps, one.seconds, one.source) == (other.fps, other.seconds, other.source)


def test_a_cached_video_is_the_decoded_one(cache, tmp_path, decoded):
    path = clip(tmp_path / "a.mp4")
    truth = load_video(path, CONFIG)
    assert truth.num_frames == 8
    for source in (path, str(path), {"bytes": None, "path": str(path)}):
        assert_equal_videos(cache.load_video(source, CONFIG), truth)
    assert decoded == [str(path)]
    cache.load_video(path, CONFIG).frames_FCHW.zero_()
    assert_equal_videos(cache.load_video(path, CONFIG), truth)


def test_a_second_use_reads_nothing_of_the_video(cache, tmp_path, decoded):
    path = clip(tmp_path / "a.mp4")
    truth = cache.load_video(path, CONFIG)
    state = path.stat()
    # Other bytes under the same path, size and time: only who reads the file would notice.
    path.write_bytes(bytes(state.st_size))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert_equal_videos(FrameCache(cache.entries.path).load_video(path, CONFIG), truth)
    assert len(decoded) == 1


def test_a_changed_file_is_decoded_anew_and_a_copy_is_not(cache, tmp_path, decoded):
    path = clip(tmp_path / "a.mp4")
    cache.load_video(path, CONFIG)
    copy = tmp_path / "b.mp4"
    copy.write_bytes(path.read_bytes())
    assert cache.load_video(copy, CONFIG).source == str(copy)
    assert decoded == [str(path)]
    clip(path, seed=1)
    assert_equal_videos(cache.load_video(path, CONFIG), load_video(path, CONFIG))
    assert decoded == [str(path)] * 2


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        *(({"max_frames": 4}, 2), ({"fps": 1.0}, 2), ({"min_frames": 2}, 2), ({"frame_factor": 4}, 2)),
        *(({"min_pixels": 1000}, 1), ({"max_pixels": 9999}, 1)),
        *(({"slot_seconds": None}, 1), ({"time_limit_seconds": 9}, 1)),
    ],
)
def test_what_decides_the_frames_makes_another_entry(cache, tmp_path, changes, count):
    path = clip(tmp_path / "a.mp4")
    values = {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8}
    cache.load_video(path, CONFIG)
    cache.load_video(path, MediaConfig(**{**values, **changes}))
    assert len(entries(cache)) == count


@pytest.mark.parametrize(("name", "value"), [("DECODER_VERSION", 2), ("av.__version__", "0.0")])
def test_another_decoder_makes_another_entry(cache, tmp_path, monkeypatch, name, value):
    path = clip(tmp_path / "a.mp4")
    cache.load_video(path, CONFIG)
    monkeypatch.setattr(f"video_ktr.data.frame_cache.{name}", value)
    cache.load_video(path, CONFIG)
    assert len(entries(cache)) == 2


def test_what_is_no_video_file_passes_by(cache, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (4, 56, 56, 3), dtype=np.uint8)
    picture = tmp_path / "frames" / "0.png"
    picture.parent.mkdir()
    Image.fromarray(pixels[0]).save(picture)
    for source in (pixels, [Image.fromarray(frame) for frame in pixels], str(picture), str(picture.parent)):
        assert_equal_videos(cache.load_video(source, CONFIG), load_video(source, CONFIG))
    assert list(cache.entries.path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"not a video"], ids=["missing", "empty", "corrupt"])
def test_errors_are_not_kept(cache, tmp_path, content):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(MediaError) as direct:
            load_video(path, CONFIG)
        with pytest.raises(MediaError) as cached:
            cache.load_video(path, CONFIG)
        assert str(cached.value) == str(direct.value)
    assert entries(cache) == []
    clip(path)
    assert cache.load_video(path, CONFIG).num_frames == 8


def damage_middle(data):
    return data[:5000] + bytes([data[5000] ^ 255]) + data[5001:]


@pytest.mark.parametrize(
    "damage",
    [damage_middle, lambda data: data[:-1], lambda _: b"", lambda _: b"\xff" * 64, lambda data: data[8:]],
    ids=["a bit", "cut short", "empty", "noise", "no header"],
)
def test_a_damaged_entry_is_decoded_anew_and_replaced(cache, tmp_path, decoded, damage, caplog):
    path = clip(tmp_path / "a.mp4")
    truth = cache.load_video(path, CONFIG)
    (entry,) = entries(cache)
    entry.write_bytes(damage(entry.read_bytes()))
    assert_equal_videos(cache.load_video(path, CONFIG), truth)
    assert "damaged" in caplog.text
    assert_equal_videos(cache.load_video(path, CONFIG), truth)
    assert len(decoded) == 2


def test_a_file_that_changes_while_it_is_decoded_is_not_kept(cache, tmp_path, monkeypatch):
    path = clip(tmp_path / "a.mp4")

    def load_and_change(file, config):
        video = load_video(file, config)
        clip(path, seed=1, frames=6)
        return video

    monkeypatch.setattr(module, "load_video", load_and_change)
    assert cache.load_video(path, CONFIG).num_frames == 8
    assert entries(cache) == []


def read_all(folder, max_bytes, paths, order, rounds, failures):
    cache = FrameCache(folder, max_bytes=max_bytes)
    truths = [load_video(path, CONFIG) for path in paths]
    for _ in range(rounds):
        for index in order:
            found = cache.load_video(paths[index], CONFIG)
            if not torch.equal(found.frames_FCHW, truths[index].frames_FCHW) or found.fps != truths[index].fps:
                failures.put(f"{paths[index]} differs")
    failures.put(None)


@pytest.mark.timeout(120)
def test_processes_may_write_read_and_evict_at_once(tmp_path):
    # All start with an empty cache, and room for 3 of 8 videos has them removing what others read.
    paths = [clip(tmp_path / f"{i}.mp4", seed=i) for i in range(8)]
    context = multiprocessing.get_context("fork")
    failures = context.Queue()
    folder, bound = tmp_path / "cache", 3 * ENTRY_BYTES + 3000
    orders = [list(range(8)), list(range(8)), list(reversed(range(8)))]
    workers = [context.Process(target=read_all, args=(folder, bound, paths, order, 15, failures)) for order in orders]
    for worker in workers:
        worker.start()
    said = [failures.get(timeout=100) for _ in workers]
    assert said == [None] * 3
    assert not list(folder.glob(".partial-*"))
    assert len(entries(FrameCache(folder))) <= 3 + len(workers)


def test_a_cache_can_be_sent_to_a_worker(cache, tmp_path, decoded):
    path = clip(tmp_path / "a.mp4")
    cache.load_video(path, CONFIG)
    pickle.loads(pickle.dumps(cache)).load_video(path, CONFIG)  # noqa: S301 (our own bytes)
    assert len(decoded) == 1
