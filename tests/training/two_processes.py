"""Trains two steps on two processes and writes what each saw: run by torchrun, see test_two_processes.py."""

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoProcessor

from video_ktr.training import VideoKTRConfig, VideoKTRTrainer


def reward(completions, **_):
    return [float(len(completion[0]["content"]) % 7) for completion in completions]


def main(checkpoint, rows, output, settings="{}"):
    defaults = {
        "output_dir": output,
        "max_steps": 2,
        # Four completions on each process, a group of eight: every group is spread over both.
        "per_device_train_batch_size": 4,
        "num_generations": 8,
        "max_completion_length": 8,
        "media": {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8},
        "beta": 0.1,
        "bf16": False,
        "use_cpu": True,
        "gradient_checkpointing": False,
        "report_to": [],
        "logging_steps": 1,
        "save_strategy": "no",
        "token_record_rate": 1.0,
    }
    args = VideoKTRConfig(**{**defaults, **json.loads(settings)})
    trainer = VideoKTRTrainer(
        checkpoint,
        reward,
        args,
        train_dataset=Dataset.from_list(json.loads(Path(rows).read_text())),
        processing_class=AutoProcessor.from_pretrained(checkpoint),
    )
    trainer.train()
    total = sum(p.double().sum().item() for p in trainer.model.parameters())
    rank = trainer.accelerator.process_index
    Path(output, f"rank{rank}.json").write_text(json.dumps({"world": trainer.accelerator.num_processes, "sum": total}))
    # Without this, gloo's threads may abort the interpreter at exit.
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
