import re

import numpy as np
import pytest
import torch
from transformers import AutoProcessor

from video_ktr.toyworld.processor import TURN_END, build_processor, build_tokenizer
from video_ktr.toyworld.rendering import render
from video_ktr.toyworld.world import sample_scene

FORMAT = re.compile(r"<think>.*?</think>\s*<answer>(.*?)</answer>", re.DOTALL)
CHAIN = "<think> look , first a red square . so first is red .</think><answer> C</answer>"
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "how many ? A one"}, {"type": "video"}]}]


@pytest.fixture(scope="module")
def reloaded(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("processor")
    build_processor().save_pretrained(folder)
    return AutoProcessor.from_pretrained(folder)


def test_a_chain_survives_the_round_trip(reloaded) -> None:
    tokenizer = reloaded.tokenizer
    ids = tokenizer(CHAIN + TURN_END)["input_ids"]
    assert tokenizer.decode(ids) == CHAIN + TURN_END
    decoded = tokenizer.decode(ids, skip_special_tokens=True)
    match = FORMAT.fullmatch(decoded)
    assert match
    assert match[1].strip() == "C"


@pytest.mark.parametrize("text", ["Was für ein Film?\n\n  two  spaces\t", "<answer>x</answer> red.red", "日本 🙂"])
def test_any_text_survives_the_round_trip(reloaded, text: str) -> None:
    assert reloaded.tokenizer.decode(reloaded.tokenizer(text)["input_ids"]) == text


def test_settings_survive_saving(reloaded) -> None:
    assert reloaded.tokenizer.padding_side == "left"
    assert reloaded.tokenizer.eos_token == TURN_END
    assert reloaded.video_token_id == reloaded.tokenizer.convert_tokens_to_ids("<|video_pad|>")
    assert not reloaded.video_processor.do_sample_frames
    assert reloaded.video_processor.cap_pixels_per_frame is False
    assert not {"<think>", "</think>", "<answer>", "</answer>"} & set(reloaded.tokenizer.all_special_tokens)


def test_the_template_keeps_the_order_of_parts(reloaded) -> None:
    text = reloaded.apply_chat_template(MESSAGES, tokenize=False, add_generation_prompt=True)
    assert text == (
        "<|im_start|>user\nhow many ? A one<|vision_start|><|video_pad|><|vision_end|><|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    turns = [{"role": "system", "content": "red"}, {"role": "user", "content": [{"type": "image"}]}]
    assert reloaded.apply_chat_template(turns, tokenize=False) == (
        "<|im_start|>system\nred<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|><|im_end|>\n"
    )


def test_frames_pass_unresized_as_sixteen_tokens(reloaded) -> None:
    frames = torch.from_numpy(render(sample_scene("parade", np.random.default_rng(0)))).permute(0, 3, 1, 2)
    text = reloaded.apply_chat_template(MESSAGES, tokenize=False)
    metadata = [{"total_num_frames": 8, "fps": 2.0, "frames_indices": list(range(8))}]
    batch = reloaded(text=[text], videos=[frames], video_metadata=metadata, return_tensors="pt")
    assert batch["video_grid_thw"].tolist() == [[4, 4, 4]]
    assert (batch["input_ids"] == reloaded.video_token_id).sum() == 16
    assert float(batch["second_per_grid_ts"][0]) == 1.0


def test_the_tokenizer_is_the_same_every_time() -> None:
    assert build_tokenizer().get_vocab() == build_tokenizer().get_vocab()
