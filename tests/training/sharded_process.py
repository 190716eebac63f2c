"""Trains on processes whose weights are split and writes what each saw: see test_sharded_weights.py."""

import json
import os
import sys
from pathlib import Path

import torch
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType
from datasets import Dataset
from safetensors.torch import load_file
from torch.distributed.tensor import DTensor
from transformers import AutoProcessor

from video_ktr.training import VideoKTRConfig, VideoKTRTrainer

CONFIG = {
    "max_steps": 2,
    "per_device_train_batch_size": 4,
    "num_generations": 4,
    "max_completion_length": 8,
    "media": {"min_pixels": 784, "max_pixels": 3136, "max_frames": 8},
    # Weights move as gradients do: an adaptive optimizer would blow up differences of rounding.
    "optim": "sgd",
    "learning_rate": 0.01,
    "beta": 0.1,
    "bf16": False,
    "use_cpu": True,
    "gradient_checkpointing": False,
    "report_to": [],
    "logging_steps": 1,
    "save_strategy": "no",
    "disable_tqdm": True,
}
BLOCKS = ["Qwen2_5_VLDecoderLayer", "Qwen2_5_VLVisionBlock"]


def engine_settings(engine):
    """What a user's configuration would say."""
    if engine == "fsdp2":
        return {"fsdp": True, "fsdp_config": {"version": 2, "transformer_layer_cls_to_wrap": BLOCKS}}
    if engine.startswith("zero"):
        zero = {"stage": int(engine[4:]), "stage3_gather_16bit_weights_on_model_save": True}
        batch = {"train_micro_batch_size_per_gpu": "auto", "gradient_accumulation_steps": "auto"}
        plain = {"zero_allow_untested_optimizer": True, "zero_force_ds_cpu_optimizer": False}
        return {"deepspeed": {"zero_optimization": zero, "gradient_clipping": "auto", **batch, **plain}}
    return {}


def allow_on_cpu(args, engine):
    """Without a GPU, accelerate quietly falls back to plain DDP: pretend there is one where it decides that.

    It reaches into accelerate's state, for this test alone.
    """
    assert args.distributed_state.num_processes == 2
    if engine == "fsdp2":
        PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
        AcceleratorState._reset_state()
    elif engine.startswith("zero"):
        PartialState._shared_state["_cpu"] = False
        args.use_cpu = False


def reward(completions, problem_id, **_):
    """By length; the group of a question named "equal" has no advantages."""
    lengths = [float(len(completion[0]["content"]) % 7) for completion in completions]
    return [0.0 if name == "equal" else length for name, length in zip(problem_id, lengths, strict=True)]


def total(parameter):
    if hasattr(parameter, "ds_id"):
        import deepspeed

        with deepspeed.zero.GatheredParameters([parameter]):
            return parameter.double().sum().item()
    whole = parameter.full_tensor() if isinstance(parameter, DTensor) else parameter
    return whole.double().sum().item()


def run(engine, output, checkpoint, rows, settings):
    args = VideoKTRConfig(output_dir=str(output), **{**CONFIG, **engine_settings(engine), **settings})
    allow_on_cpu(args, engine)
    data = Dataset.from_list(rows)
    processor = AutoProcessor.from_pretrained(checkpoint)
    trainer = VideoKTRTrainer(
        checkpoint, reward, args, train_dataset=data, eval_dataset=data, processing_class=processor
    )
    trainer.train()
    evaluated = trainer.evaluate()
    trainer.save_model(str(output / "final"))
    parameters = dict(trainer.model.named_parameters())
    found = {
        "split": all(isinstance(p, DTensor) or hasattr(p, "ds_id") for p in parameters.values()),
        "sums": {name: total(parameter) for name, parameter in parameters.items()},
        "eval_loss": evaluated["eval_loss"],
        "log": trainer.state.log_history,
        "share_prefix": args.share_prefix,
    }
    trainer.accelerator.wait_for_everyone()
    saved = load_file(output / "final" / "model.safetensors")
    found["saved"] = {name: tensor.double().sum().item() for name, tensor in saved.items()}
    (output / f"rank{trainer.accelerator.process_index}.json").write_text(json.dumps(found))


def main(engine, output, cases):
    os.environ["DS_ACCELERATOR"] = "cpu"
    for name, case in json.loads(Path(cases).read_text()).items():
        run(engine, Path(output, name), **case)
    # Without this, gloo's threads may abort the interpreter at exit.
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
