"""Trains two steps of each rival method on two processes: run by torchrun, see test_t_grpo.py."""

import json
import sys
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoProcessor

from video_ktr.training import HighEntropyTrainer, TGRPOTrainer, TWGRPOTrainer

RUNS = {
    # Two groups of four: one process has the video, the other the text.
    "video on one": (TGRPOTrainer, [0, 6], {"num_generations": 4}),
    # A group of eight, spread over both.
    "spread": (TGRPOTrainer, [0, 1], {"num_generations": 8, "temporal_mu": 0.0}),
    "tw": (TWGRPOTrainer, [0, 6], {"num_generations": 4}),
    "tw with gradients": (TWGRPOTrainer, [0, 6], {"num_generations": 4, "weight_grad": True}),
    "high entropy": (HighEntropyTrainer, [0, 6], {"num_generations": 4}),
}


def accuracy(completions, **_):
    return [float(len(completion[0]["content"]) % 7) for completion in completions]


def main(checkpoint, rows, output):
    rows = json.loads(Path(rows).read_text())
    sums = {}
    for name, (kind, chosen, settings) in RUNS.items():
        args = kind.config_type(
            output_dir=str(Path(output, name)),
            max_steps=2,
            per_device_train_batch_size=4,
            max_completion_length=8,
            media={"min_pixels": 784, "max_pixels": 3136, "max_frames": 8},
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            report_to=[],
            logging_steps=1,
            save_strategy="no",
            **settings,
        )
        trainer = kind(
            checkpoint,
            accuracy,
            args,
            train_dataset=Dataset.from_list([rows[i] for i in chosen]),
            processing_class=AutoProcessor.from_pretrained(checkpoint),
        )
        trainer.train()
        sums[name] = sum(p.double().sum().item() for p in trainer.model.parameters())
    rank = trainer.accelerator.process_index
    Path(output, f"rank{rank}.json").write_text(json.dumps(sums))
    # Without this, gloo's threads may abort the interpreter at exit.
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
