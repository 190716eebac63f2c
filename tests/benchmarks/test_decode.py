"""The comparison of decoders runs with torchcodec or without."""

import importlib.util
import json

import pytest

pytestmark = pytest.mark.usefixtures("benchmark_modules")
KNOWN = importlib.util.find_spec("torchcodec") is not None


def test_pyav_stands_alone_where_torchcodec_is_missing(run_benchmark, tmp_path):
    output = run_benchmark("decode.py", "--repeats", "1", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())
    (video,) = figures["videos"]
    assert video["shape"] == [16, 3, 192, 320]
    assert video["ways"]["PyAV"]["wall_ratio"] == video["ways"]["PyAV"]["cpu_ratio"] == 1.0
    assert video["ways"]["PyAV"]["largest_difference"] == 0
    assert "| moving-noise.mp4 | 16x3x192x320 | PyAV | " in output
    if not KNOWN:
        assert set(video["ways"]) == {"PyAV"}
        assert (
            "torchcodec cannot be used here (ModuleNotFoundError: No module named 'torchcodec'): PyAV alone" in output
        )


@pytest.fixture
def noise(tmp_path):
    from decode import moving_noise

    from video_ktr.data.frames import MediaConfig
    from video_ktr.data.media import load_video

    return load_video(moving_noise(tmp_path / "noise.mp4"), MediaConfig())


def test_every_way_begins_a_turn():
    from decode import in_turns

    order: list[str] = []
    results = in_turns({name: lambda name=name: order.append(name) for name in "abc"}, 3)
    assert "".join(order) == "abcbcacab"
    assert all(len(clock.seconds) == 3 for way in results.values() for clock in way.values())


def test_other_frames_stop_the_comparison(noise):
    from dataclasses import replace

    from decode import difference

    assert difference(noise, noise) == 0
    near = replace(noise, frames_FCHW=noise.frames_FCHW.clone())
    near.frames_FCHW[0, 0, 0, 0] ^= 1
    assert difference(noise, near) == 1
    with pytest.raises(AssertionError, match="other pictures"):
        difference(noise, replace(noise, frames_FCHW=noise.frames_FCHW.roll(1, 0)))
    with pytest.raises(AssertionError):
        difference(noise, replace(noise, seconds=tuple(second + 0.04 for second in noise.seconds)))
