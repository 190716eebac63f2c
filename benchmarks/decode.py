"""Decoding the wanted frames of videos: PyAV as this package uses it, and torchcodec where it is installed.

    python benchmarks/decode.py VIDEO... --frames 16 --json decode.json

Both choose frames by the same rule and must give the same ones, or the script stops. They take turns on every video.
Without a video one is written: 20 seconds of moving noise. torchcodec needs FFmpeg's shared libraries on the system
(`apt install ffmpeg`), which PyAV brings along; where it cannot be used the reason is told and PyAV stands alone.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from environment import environment, one_line
from measure import Measurement, paired_ratio

from video_ktr.data.frames import MediaConfig, frame_indices
from video_ktr.data.media import VideoFrames, load_video, write_video

OURS = "PyAV"
VARIANTS: dict[str, dict[str, Any]] = {
    "torchcodec exact, 1 thread": {"seek_mode": "exact", "num_ffmpeg_threads": 1},
    "torchcodec exact, all threads": {"seek_mode": "exact", "num_ffmpeg_threads": 0},
    "torchcodec approximate, 1 thread": {"seek_mode": "approximate", "num_ffmpeg_threads": 1},
    "torchcodec approximate, all threads": {"seek_mode": "approximate", "num_ffmpeg_threads": 0},
}
"""Exact reads through the file first to find every frame; approximate trusts the container's frame rate."""


def torchcodec_decoder() -> tuple[Any, str]:
    """The decoder class and torchcodec's version, or None and why there is none."""
    try:
        from torchcodec.decoders import VideoDecoder
    except (ImportError, OSError, RuntimeError) as error:
        # Without FFmpeg's libraries the error tells at length what was tried.
        return None, f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    return VideoDecoder, version("torchcodec")


def with_torchcodec(decoder: Any, path: Path, config: MediaConfig, options: dict[str, Any]) -> VideoFrames:
    video = decoder(str(path), **options)
    total, rate = video.metadata.num_frames, video.metadata.average_fps
    indices = frame_indices(total, total / rate, config)
    batch = video.get_frames_at(indices)
    seconds = tuple((batch.pts_seconds - batch.pts_seconds[0]).tolist())
    return VideoFrames(batch.data, len(indices) * rate / total, str(path), seconds)


def difference(ours: VideoFrames, other: VideoFrames) -> int:
    """The largest difference between two pixels, 0 to 255; stops unless the frames are the same ones."""
    assert ours.frames_FCHW.shape == other.frames_FCHW.shape
    assert np.allclose(ours.seconds, other.seconds, atol=0.001)
    apart = (ours.frames_FCHW.int() - other.frames_FCHW.int()).abs()
    assert apart.float().mean() < 1, "the decoders give other pictures"
    return int(apart.max())


def in_turns(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, dict[str, Measurement]]:
    """Wall and processor seconds, nothing else going on: a thread that watches memory slows Python's loops alone.

    Every way begins a turn as often as the others, since what went before leaves its mark on the clock.
    """
    results = {name: {"wall": Measurement([], []), "cpu": Measurement([], [])} for name in work}
    names = list(work)
    for turn in range(repeats):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            wall, cpu = time.perf_counter(), time.process_time()
            work[name]()
            results[name]["cpu"].seconds.append(time.process_time() - cpu)
            results[name]["wall"].seconds.append(time.perf_counter() - wall)
    return results


def compare(path: Path, config: MediaConfig, decoder: Any, repeats: int) -> dict[str, Any]:
    """Seconds of each way to decode one video, in turns, after one that checks the frames and warms up."""
    ours = load_video(path, config)
    work: dict[str, Callable[[], VideoFrames]] = {OURS: lambda: load_video(path, config)}
    for name, options in VARIANTS.items() if decoder else ():
        work[name] = lambda options=options: with_torchcodec(decoder, path, config, options)
    apart = {name: difference(ours, run()) for name, run in work.items()}
    results = in_turns(work, repeats)
    ways = {name: {"largest_difference": apart[name], **_figures(results[name], results[OURS])} for name in work}
    return {"video": path.name, "shape": list(ours.frames_FCHW.shape), "ways": ways}


def _figures(results: dict[str, Measurement], ours: dict[str, Measurement]) -> dict[str, float]:
    figures = {}
    for clock, measured in results.items():
        figures[f"{clock}_seconds"] = measured.median_seconds
        figures[f"{clock}_ratio"] = paired_ratio([measured], [ours[clock]])
    return figures


def table(videos: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        "| video | frames | decoder | wall ms, median | / PyAV | CPU ms, median | / PyAV | largest difference |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for video in videos:
        for name, way in video["ways"].items():
            cells = [video["video"], "x".join(map(str, video["shape"])), name]
            for clock in ("wall", "cpu"):
                cells += [f"{1000 * way[f'{clock}_seconds']:.0f}", f"{way[f'{clock}_ratio']:.2f}"]
            cells.append(str(way["largest_difference"]))
            rows.append(f"| {' | '.join(cells)} |")
    return [*rows, "", "Ratios are medians over the turns, each against PyAV's time in the same turn."]


def moving_noise(path: Path) -> Path:
    """20 seconds of 320 x 192 pixels: blocks of noise that move by two pixels a frame."""
    noise = np.random.default_rng(0).integers(0, 255, (12, 40, 3), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    write_video(np.stack([np.roll(noise, 2 * frame, axis=1)[:, :320] for frame in range(480)]), path, 24.0)
    return path


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="*", help="video files; one is written where none is given")
    parser.add_argument("--frames", type=int, choices=[16, 32, 64], default=16, help="frames taken at most")
    parser.add_argument("--repeats", type=int, default=7, help="turns after the one that warms up")
    parser.add_argument("--json", type=Path, help="where to write every figure")
    options = parser.parse_args(argv)
    config = MediaConfig.preset(f"evaluation-{options.frames}")
    decoder, told = torchcodec_decoder()
    where = environment(__file__, [a for a in argv if Path(a) not in options.videos], "cpu")
    where["versions"] = {"torch": torch.__version__, "av": version("av"), "torchcodec": told if decoder else "none"}
    print(one_line(where))
    if decoder is None:
        print(f"torchcodec cannot be used here ({told}): PyAV alone")
    with tempfile.TemporaryDirectory() as folder:
        paths = options.videos or [moving_noise(Path(folder) / "moving-noise.mp4")]
        videos = [compare(path, config, decoder, options.repeats) for path in paths]
    print("\n".join(["", *table(videos)]))
    if options.json:
        figures = {"environment": where, "torchcodec": told, "videos": videos}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
