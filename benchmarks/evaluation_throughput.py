"""How much faster questions are answered in batches, and by vLLM, than one by one.

    python benchmarks/evaluation_throughput.py --questions 16 --batch-size 8 --json throughput.json

A random model of the shape answers generated multiple-choice questions, each about a video of its own, greedily, as
`video-ktr evaluate` does: media decoded and encoded in a thread beside the model. "one by one" and "batched" are the
transformers engine with batches of 1 and of `--batch-size`; "vllm" is measured where vLLM can be imported and the
shape is not tiny. All run in turns, so that a noisy machine slows all of them; the ratios are medians over turns.
Random weights seldom end a completion, so that all write about `--tokens` tokens a question; those counted are printed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from environment import environment, one_line
from measure import alternate, paired_ratio
from shapes import SHAPES, build_model, video_row

from video_ktr.data.media import MediaConfig
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.data.schema import Sample
from video_ktr.evaluation.answer_source import AnswerSource
from video_ktr.evaluation.benchmarks import Question, find_benchmark
from video_ktr.evaluation.config import EvaluationConfig
from video_ktr.evaluation.wording import Wording
from video_ktr.toyworld.processor import build_processor

ONE, BATCHED, VLLM = "one by one", "batched", "vllm"
TRANSFORMERS_ARGUMENTS = {"dtype": "float32"}
VLLM_ARGUMENTS = {"dtype": "float32", "enforce_eager": True, "max_model_len": 4096, "gpu_memory_utilization": 0.3}


def write_model(folder: Path, shape: str) -> Path:
    processor = build_processor()
    build_model(SHAPES[shape], processor.tokenizer).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def questions(folder: Path, options: argparse.Namespace) -> list[Question]:
    """Each about a clip of its own, so that each is decoded; texts of different lengths."""
    found = []
    for number in range(options.questions):
        place = folder / f"clip{number}"
        place.mkdir()
        row = video_row(place, frames=options.frames, side=options.side, words=1)
        sample = Sample(
            problem_id=str(number),
            problem=" ".join(["red"] * (8 + 3 * (number % 5))),
            problem_type="multiple choice",
            solution="<answer>A</answer>",
            options=("A. red", "B. blue"),
            data_type="video",
            path=row["prompt"][0]["content"][0]["video"],
        )
        found.append(Question(id=str(number), sample=sample, gold="A"))
    return found


def answering(
    config: EvaluationConfig, asked: Sequence[Question], tokens: dict[str, int], name: str
) -> Callable[[], None]:
    """A piece of work that answers all questions; the model is loaded when it is run first, the turn that warms up."""
    source, wording = AnswerSource(), Wording(name="plain", template=PROMPT_TEMPLATES["plain"])
    size = config.batch_size
    batches = [asked[first : first + size] for first in range(0, len(asked), size)]

    def work() -> None:
        found = [a for done in source.answers(batches, config, find_benchmark("mmvu"), wording) for a in done]
        assert all(answer.state == "answered" for answer in found), [answer.detail for answer in found]
        tokens[name] = sum(answer.length or 0 for answer in found)

    return work


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    media = MediaConfig(min_pixels=784, max_pixels=options.side**2, max_frames=options.frames)
    batched = EvaluationConfig(
        model=str(write_model(folder / "model", options.shape)),
        max_new_tokens=options.tokens,
        batch_size=options.batch_size,
        media=media,
        engine_kwargs={**TRANSFORMERS_ARGUMENTS, "device": options.device},
    )
    configs = {ONE: replace(batched, batch_size=1), BATCHED: batched}
    # vLLM for CPUs has no attention for the heads of the tiny shape, which says nothing about cost anyway.
    if find_spec("vllm") is not None and options.shape != "tiny":
        configs[VLLM] = replace(batched, engine="vllm", engine_kwargs=VLLM_ARGUMENTS)
    asked, tokens = questions(folder, options), dict[str, int]()
    work = {name: answering(config, asked, tokens, name) for name, config in configs.items()}
    found = alternate(work, options.repeats, options.device)
    seconds = {name: result.median_seconds for name, result in found.items()}
    return {
        "seconds": seconds,
        "questions_a_minute": {name: 60 * len(asked) / value for name, value in seconds.items()},
        "tokens": tokens,
        "times_as_fast_as_one_by_one": {n: paired_ratio([found[ONE]], [found[n]]) for n in found if n != ONE},
    }


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="64m")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--questions", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--side", type=int, default=112, help="height and width of a frame in pixels")
    parser.add_argument("--tokens", type=int, default=64, help="longest completion")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to write every figure")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options, Path(folder))
    where = environment(__file__, argv, options.device)
    print(one_line(where))
    print("| way | questions a minute | tokens | times as fast as one by one |")
    print("|---|---:|---:|---:|")
    for name, rate in figures["questions_a_minute"].items():
        ratio = figures["times_as_fast_as_one_by_one"].get(name, 1.0)
        print(f"| {name} | {rate:.1f} | {figures['tokens'][name]} | {ratio:.2f} |")
    if options.json:
        text = json.dumps({"environment": where, "figures": figures}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
