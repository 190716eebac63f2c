"""A toy checkpoint that answers: a few steps of imitation, and it writes <answer>A</answer> or another letter."""

import torch

from video_ktr.toyworld.model import build_toy_model
from video_ktr.toyworld.processor import build_processor

LETTERS = "AB"
STEPS = 60


def build_answering_checkpoint(folder):
    """Save it and return the folder. The letter is a toss, whatever the question."""
    processor = build_processor()
    tokenizer = processor.tokenizer
    model = build_toy_model(tokenizer, seed=0)
    turns = [f"<|im_start|>assistant\n<answer>{letter}</answer><|im_end|>" for letter in LETTERS]
    ids = tokenizer(turns, return_tensors="pt").input_ids
    prompt = len(tokenizer("<|im_start|>assistant\n").input_ids)
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(STEPS):
        # Words of any kind before the turn: what to say must not hang on them.
        before = torch.randint(300, (len(turns) * 2, 12), generator=generator)
        tokens = torch.cat([before, ids.repeat(2, 1)], dim=1)
        labels = tokens.clone()
        labels[:, : before.shape[1] + prompt] = -100
        model(input_ids=tokens, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
