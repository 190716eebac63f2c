"""What `attribution_every` saves, and how well a prompt's profile guesses the key tokens of its new completions.

    python benchmarks/attribution_reuse.py --model CHECKPOINT --questions QUESTIONS.jsonl
    python benchmarks/attribution_reuse.py

Trains Video-KTR for some epochs with each k, all else equal. "measured" is the share of completions, of those that can
learn, that were scored under the counterfactual videos; "seconds" the time of choosing key tokens and "step" that of
whole steps, each as a ratio to k = 1; "visual" and "temporal" the Jaccard index of the tokens that were selected and
those that the profile would have selected, where both are known: at k = 2 and more, when a prompt is measured again.
Two random choices of a share r agree by r / (2 - r): 0.11 at 20 %.

Without a model it builds an untrained one and a few toy questions, and rewards the length of completions: that says
what is saved, and nothing about agreement.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from environment import environment, one_line
from transformers import PrinterCallback

from video_ktr.cli.models import load_processor
from video_ktr.cli.questions import load_template
from video_ktr.cli.train import rows_of
from video_ktr.data.sample import read_samples
from video_ktr.rewards import accuracy_reward, format_reward
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset
from video_ktr.toyworld.model import build_checkpoint
from video_ktr.training import VideoKTRConfig, VideoKTRTrainer

MEDIA = {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8}
TINY_WORLD = ToyDataConfig(
    base_videos=3, blank_videos=1, base_samples=1, cold_start_samples=1, eval_samples=1, base_motion_first=0
)


def length_of_text(completions: Sequence[Any], **_: Any) -> list[float]:
    """Differs between the completions of an untrained model, as a reward must for anything to be learnt."""
    return [float(len(completion[0]["content"]) % 7) for completion in completions]


def run(every: int, options: argparse.Namespace, folder: Path) -> list[dict[str, float]]:
    """What was logged at each step of one training."""
    template = load_template({"prompt_template": "plain", "media_first": False})
    dataset = rows_of(list(read_samples(options.questions))[: options.number], template)
    args = VideoKTRConfig(
        output_dir=str(folder / f"every-{every}"),
        attribution_every=every,
        max_steps=options.epochs * options.number // options.prompts,
        per_device_train_batch_size=options.prompts * options.group,
        num_generations=options.group,
        max_completion_length=options.tokens,
        media=dict(MEDIA),
        beta=0.0,
        learning_rate=options.learning_rate,
        lr_scheduler_type="constant",
        token_record_rate=0.0,
        save_strategy="no",
        logging_steps=1,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        report_to=[],
        disable_tqdm=True,
        seed=0,
    )
    trainer = VideoKTRTrainer(
        model=str(options.model),
        reward_funcs=[length_of_text] if options.untrained else [accuracy_reward, format_reward],
        args=args,
        train_dataset=dataset,
        processing_class=load_processor(str(options.model)),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return [line for line in trainer.state.log_history if "cost/attribute_seconds" in line]


def summary(steps: list[dict[str, float]], group_rows: int) -> dict[str, float]:
    """Totals and means over the steps of one training; at k = 1 every row that can learn is measured."""
    learning = sum(group_rows - step["key_tokens/skipped_rows"] for step in steps)
    measured = sum(step.get("key_tokens/measured_rows", group_rows - step["key_tokens/skipped_rows"]) for step in steps)
    agreement = {}
    for name in ("visual", "temporal"):
        found = [step.get(f"key_tokens/reuse/{name}_agreement") for step in steps]
        known = [value for value in found if value is not None]
        agreement[name] = sum(known) / len(known) if known else float("nan")
    return {
        "measured": measured / max(1, learning),
        "seconds": sum(step["cost/attribute_seconds"] for step in steps),
        "step": sum(step["step_time"] for step in steps),
        **agreement,
    }


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a checkpoint that can answer; without it an untrained one")
    parser.add_argument("--questions", type=Path, help="a question file, with --model")
    parser.add_argument("--every", type=int, nargs="+", default=[1, 2, 4], help="values of k; 1 comes first")
    parser.add_argument("--number", type=int, default=16, help="questions")
    parser.add_argument("--prompts", type=int, default=4, help="questions a step")
    parser.add_argument("--group", type=int, default=8, help="completions a question")
    parser.add_argument("--tokens", type=int, default=60, help="longest completion")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    options = parser.parse_args(argv)
    if (options.model is None) != (options.questions is None) or options.every[0] != 1:
        parser.error("--model and --questions go together, and --every begins with 1")
    options.untrained = options.model is None
    return options


def main(argv: list[str]) -> None:
    options = parse(argv)
    print(one_line(environment(__file__, argv, "cpu")))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.untrained:
            options.model = build_checkpoint(folder / "model", seed=0)
            options.questions = build_dataset(folder / "world", TINY_WORLD, show_progress=False).train
        found = {k: summary(run(k, options, folder), options.prompts * options.group) for k in options.every}
    print("| k | measured | seconds, ratio | step, ratio | visual | temporal |")
    print("|---" * 6 + "|")
    for every, row in found.items():
        seconds, step = (row[key] / found[1][key] for key in ("seconds", "step"))
        print(
            f"| {every} | {row['measured']:.2f} | {seconds:.2f} | {step:.2f} | {row['visual']:.2f} "
            f"| {row['temporal']:.2f} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
