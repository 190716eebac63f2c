"""How much faster a video is loaded from the frame cache than decoded.

    python benchmarks/frame_cache.py ../shared/data/*.mp4
    python benchmarks/frame_cache.py

Without files it makes clips of moving blocks of its own. "decode" is `load_video` without a cache, "first" a load that
fills an empty cache, "cached" one that finds its entry; "patches" is what the processor does afterwards in any case.
Files are warm in the system's memory in all of them. Every cached result is compared with the decoded one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from environment import environment, one_line
from measure import Measurement, alternate

from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.frame_cache import FrameCache
from video_ktr.data.media import MediaConfig, load_video, write_video
from video_ktr.toyworld.processor import build_processor

CLIPS = {"5s-320x240": (5, 240, 320), "10s-640x360": (10, 360, 640), "20s-1280x720": (20, 720, 1280)}
FRAMES_A_SECOND = 25


def write_clip(path: Path, seconds: int, height: int, width: int) -> Path:
    """Blocks that move sideways by two pixels a frame."""
    blocks = np.random.default_rng(0).integers(0, 255, (height // 20, width // 20, 3), dtype=np.uint8)
    picture = blocks.repeat(20, axis=0).repeat(20, axis=1)
    frames = np.stack([np.roll(picture, 2 * i, axis=1) for i in range(seconds * FRAMES_A_SECOND)])
    write_video(frames, path, FRAMES_A_SECOND)
    return path


def measure(path: Path, config: MediaConfig, folder: Path, repeats: int) -> tuple[dict[str, Measurement], float]:
    """Seconds of the four pieces of work, and the size of the entry in MiB."""
    filled = FrameCache(folder / "filled")
    truth = filled.load_video(path, config)
    assert torch.equal(filled.load_video(path, config).frames_FCHW, truth.frames_FCHW)
    empty = iter(range(repeats + 1))
    encoder = PromptEncoder(build_processor(), config)
    prompt = [{"role": "user", "content": [{"type": "video", "video": truth.frames_FCHW}]}]
    work = {
        "decode": lambda: load_video(path, config),
        "first": lambda: FrameCache(folder / f"empty{next(empty)}").load_video(path, config),
        "cached": lambda: filled.load_video(path, config),
        "patches": lambda: encoder.encode(prompt),
    }
    return alternate(work, repeats), truth.frames_FCHW.numel() / 2**20


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="*", type=Path, help="video files; without any, clips are made")
    parser.add_argument("--frames", type=int, default=16, help="frames sampled at most")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    print(one_line(environment(__file__, argv, "cpu")))
    print("| video | entry MiB | decode ms | first ms | cached ms | decode / cached | first / decode | patches ms |")
    print("|---" * 8 + "|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        videos = options.videos or [write_clip(folder / f"{clip}.mp4", *size) for clip, size in CLIPS.items()]
        for number, path in enumerate(videos):
            config = MediaConfig(max_frames=options.frames)
            found, size = measure(path, config, folder / str(number), options.repeats)
            decode, first, cached, patches = (1000 * item.median_seconds for item in found.values())
            print(
                f"| {path.stem} | {size:.1f} | {decode:.1f} | {first:.1f} | {cached:.1f} | {decode / cached:.1f} "
                f"| {first / decode:.2f} | {patches:.1f} |"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
