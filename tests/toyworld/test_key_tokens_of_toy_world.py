"""On a toy model that has learnt to look, the tokens that need the video are the words that name what is in it."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from video_ktr.attribution import KeyTokenConfig, top_ratio_mask
from video_ktr.cli.settings import read_settings
from video_ktr.cli.sft import fine_tune
from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig
from video_ktr.data.prompts import PROMPT_TEMPLATES, PromptTemplate, build_messages
from video_ktr.data.sample import read_samples
from video_ktr.generation import TransformersEngine, checkpoint_sampling
from video_ktr.scoring import Completions, CompletionScorer, CompletionScores, SignalRequest, token_signals
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset
from video_ktr.toyworld.model import build_checkpoint
from video_ktr.toyworld.vocabulary import word_class
from video_ktr.training.seeds import derived_generator

RECIPE = Path(__file__).parents[2] / "recipes" / "toy_base.yaml"
STEPS, QUESTIONS = 500, 100
SEEDS = [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
TEMPLATE = PromptTemplate(PROMPT_TEMPLATES["plain"].text, media_first=False, option_layout="inline")


def train_base(folder, seed):
    """A shorter base training by the recipe."""
    sizes = ToyDataConfig(
        seed=seed,
        base_videos=2400,
        base_samples=32 * STEPS,
        base_motion_first=32 * STEPS // 8,
        cold_start_samples=1,
        train_samples=5,
        eval_samples=QUESTIONS,
    )
    data = build_dataset(folder / "world", sizes, show_progress=False)
    build_checkpoint(folder / "start", seed=seed)
    places = {"model": folder / "start", "questions": data.base, "output_dir": folder / "base"}
    settings = read_settings(RECIPE, {})
    fine_tune({**settings, **{k: str(v) for k, v in places.items()}, "max_steps": STEPS, "seed": seed})
    return folder / "base" / "final", data.eval


def selected_shares(folder, questions, seed):
    """Of the tokens of each word class in sampled answers: the share among their answer's top 20 % visual tokens."""
    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    encoder = PromptEncoder(processor, MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8))
    prompts = [encoder.encode(build_messages(sample, TEMPLATE)) for sample in read_samples(questions)]
    rows = list(range(len(prompts)))
    torch.manual_seed(seed)
    sampling = checkpoint_sampling(model, processor.tokenizer, max_new_tokens=60, temperature=1.0, top_p=1.0)
    drawn = TransformersEngine(model).generate(prompts, rows, sampling)
    width = max(map(len, drawn.token_ids))
    mask_BT = torch.tensor([[i < len(tokens) for i in range(width)] for tokens in drawn.token_ids])
    padded_BT = torch.tensor([tokens + [0] * (width - len(tokens)) for tokens in drawn.token_ids])
    request = SignalRequest(prompts, Completions(padded_BT, mask_BT, rows), [derived_generator(seed, i) for i in rows])
    known = CompletionScores(drawn.log_probs_BT, drawn.entropies_BT)
    signals, _ = token_signals(CompletionScorer(model), request, KeyTokenConfig(), true_scores=known)
    selected_BT = top_ratio_mask(signals.visual_BT, mask_BT, 0.2)
    total, selected = Counter(), Counter()
    for row, tokens in enumerate(drawn.token_ids):
        for position, token in enumerate(tokens):
            kind = word_class(processor.tokenizer.decode([token]))
            total[kind] += 1
            selected[kind] += int(selected_BT[row, position])
    return {kind: selected[kind] / total[kind] for kind in total}


# Half a minute a hundred steps on a free core; a busy machine may take several times that.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
def test_visual_tokens_name_what_is_seen(tmp_path, seed):
    shares = selected_shares(*train_base(tmp_path, seed), seed)
    for kind in ("colour", "shape", "direction"):
        assert shares[kind] > 0.25
        assert shares[kind] > 5 * shares["template"], shares
    assert shares["template"] < 0.05
    assert shares["letter"] < 0.1  # copied from the chain before it
