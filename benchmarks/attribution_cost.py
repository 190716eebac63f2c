"""What attribution costs: a plain GRPO step, a Video-KTR step, and Video-KTR done the plain way.

    python benchmarks/attribution_cost.py --shape 64m --repeats 5

One process, one prompt with a video, G completions of exactly T tokens; the pieces take turns. "naive" is written
here as one would without a shared prompt: two more forward passes over all G full sequences, the video repeated G
times, full logits. Both steps use this package's TRL adapter with the same settings.
"""

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import Dataset
from measure import Measurement, alternate
from shapes import SHAPES, build_model, video_row

from video_ktr.attribution import frame_order, reorder_frames, select_key_tokens
from video_ktr.scoring import VisionLanguageModel
from video_ktr.toyworld.processor import build_processor
from video_ktr.training import VideoGRPOConfig, VideoGRPOTrainer, VideoKTRConfig, VideoKTRTrainer
from video_ktr.training.full_pass import media_inputs, sequence_positions


def build_trainer(kind, config, model, row, options):
    args = config(
        output_dir=options.output,
        per_device_train_batch_size=options.group,
        num_generations=options.group,
        max_completion_length=options.tokens,
        generation_kwargs={"min_new_tokens": options.tokens},
        media={"min_pixels": options.side**2, "max_pixels": options.side**2, "max_frames": options.frames},
        bf16=options.device == "cuda",
        use_cpu=options.device == "cpu",
        gradient_checkpointing=False,
        report_to=[],
        beta=0.0,
        max_steps=1,
        **({"token_record_rate": 0.0} if config is VideoKTRConfig else {}),
    )
    trainer = kind(
        model=model,
        reward_funcs=lambda completions, **_: [float(i) for i in range(len(completions))],
        args=args,
        train_dataset=Dataset.from_list([row]),
        processing_class=build_processor(),
    )
    trainer.model.train()
    trainer.current_gradient_accumulation_steps = 1
    return trainer


def step(trainer, rows):
    """Generate, reward, attribute where the trainer does, forward and backward."""
    trainer.training_step(trainer.model, rows, None)
    trainer.model.zero_grad()


def update(trainer, batch):
    """Forward and backward of the loss alone."""
    trainer._compute_loss(trainer.model, batch).backward()
    trainer.model.zero_grad()


def attribution(trainer, batch, generated):
    """Our attribution: what a Video-KTR step adds. `generated` is the trainer's state when the batch was drawn."""
    trainer._rows, trainer._rollouts = generated
    signals, _ = trainer._signals(batch)
    return select_key_tokens(signals, batch["completion_mask"], trainer.key_token_config)


def naive_attribution(trainer, batch):
    """Masked and shuffled pass over every full sequence."""
    model, prompts = trainer.model, batch["encoded_prompts"]
    input_ids_BL = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    mask_BL = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    length = batch["completion_ids"].shape[1]
    positions = sequence_positions(VisionLanguageModel.of(model), prompts, mask_BL, length)
    media = media_inputs(prompts, input_ids_BL.device)
    patches = media.pop("pixel_values_videos")
    grid = prompts[0].video_grid[0].tolist()
    order = frame_order(prompts[0].num_frames[0], "shuffle")
    shuffled = reorder_frames(prompts[0].video_patches_KD, grid, order, num_frames=prompts[0].num_frames[0])
    shifts = []
    with torch.no_grad(), trainer.accelerator.autocast():
        for video in (torch.zeros_like(patches), shuffled.repeat(len(prompts), 1).to(patches.device)):
            logits_BLV = model(
                input_ids=input_ids_BL,
                attention_mask=mask_BL,
                position_ids=positions,
                pixel_values_videos=video,
                **media,
            ).logits
            log_probs_BTV = logits_BLV[:, -length - 1 : -1].float().log_softmax(-1)
            shifts.append(log_probs_BTV.gather(-1, batch["completion_ids"][..., None]).squeeze(-1))
    return shifts


def table(results: dict[str, Measurement]) -> list[str]:
    reference = results["plain step"]
    lines = [
        "| piece | median s | min-max s | time / plain step | peak MB | peak / update |",
        "|---|---|---|---|---|---|",
    ]
    for name, m in results.items():
        lines.append(
            f"| {name} | {m.median_seconds:.3f} | {min(m.seconds):.3f}-{max(m.seconds):.3f} "
            f"| {m.median_seconds / reference.median_seconds:.2f} | {m.median_peak_mb:.0f} "
            f"| {m.median_peak_mb / results['update'].median_peak_mb:.2f} |"
        )
    return lines


def ratios(results: dict[str, Measurement]) -> dict[str, float]:
    """The figures that matter, paired by turn: a noisy machine slows both halves of a pair."""

    def paired(numerator: str, denominator: str) -> float:
        pairs = zip(results[numerator].seconds, results[denominator].seconds, strict=True)
        return float(torch.tensor([a / b for a, b in pairs]).median())

    return {
        "naive attribution / ours, time": paired("naive attribution", "attribution"),
        "Video-KTR step / plain step, time": paired("Video-KTR step", "plain step"),
        "attribution / update, peak memory": results["attribution"].median_peak_mb / results["update"].median_peak_mb,
        "attribution / update, time": paired("attribution", "update"),
    }


def measure(options) -> dict[str, Measurement]:
    processor = build_processor()
    dtype = torch.float32
    model = build_model(SHAPES[options.shape], processor.tokenizer, device=options.device, dtype=dtype)
    model.config._name_or_path = "benchmark"
    row = video_row(Path(options.output), frames=options.frames, side=options.side, words=options.words)
    plain = build_trainer(VideoGRPOTrainer, VideoGRPOConfig, model, row, options)
    ktr = build_trainer(VideoKTRTrainer, VideoKTRConfig, model, row, options)
    rows = [row] * options.group
    batch = ktr._generate_and_score_completions(rows)
    generated = ktr._rows, ktr._rollouts
    parameters = sum(p.numel() for p in model.parameters())
    prompt, completion = batch["prompt_ids"].shape[1], batch["completion_ids"].shape[1]
    print(f"{parameters / 1e6:.0f}M parameters, prompt {prompt} tokens, G={options.group}, T={completion}, {dtype}")
    return alternate(
        {
            "plain step": lambda: step(plain, rows),
            "Video-KTR step": lambda: step(ktr, rows),
            "update": lambda: update(ktr, batch),
            "attribution": lambda: attribution(ktr, batch, generated),
            "naive attribution": lambda: naive_attribution(ktr, batch),
        },
        options.repeats,
    )


def parse(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="64m")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--group", type=int, default=8, help="completions per prompt")
    parser.add_argument("--tokens", type=int, default=128, help="tokens per completion")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--side", type=int, default=224, help="pixels")
    parser.add_argument("--words", type=int, default=56, help="words of the question")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="where to write every figure")
    return parser.parse_args(argv)


def main(argv=None) -> dict[str, float]:
    options = parse(argv)
    with tempfile.TemporaryDirectory() as folder:
        options.output = folder
        results = measure(options)
    device = torch.cuda.get_device_name() if options.device == "cuda" else platform.processor() or platform.machine()
    print(f"{device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print("\n".join(table(results)))
    summary = ratios(results)
    for name, value in summary.items():
        print(f"{name}: {value:.2f}")
    if options.json:
        options.json.write_text(json.dumps({"ratios": summary, "pieces": {k: vars(v) for k, v in results.items()}}))
    return summary


if __name__ == "__main__":
    main()
