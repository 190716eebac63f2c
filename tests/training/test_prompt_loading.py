import pickle
import time
from dataclasses import fields

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import AutoProcessor

from tests.training.conftest import MEDIA, letter_count
from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.errors import DataError, MediaError
from video_ktr.training.prompt_loading import ENCODED, EncodedPrompts, take_encoded
from video_ktr.training.prompt_rows import conversation, encode_rows
from video_ktr.training.sampler import EpochRepeatSampler, Repeat, prefetch_factor

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def encoder(checkpoint):
    return PromptEncoder(AutoProcessor.from_pretrained(checkpoint), MediaConfig(**MEDIA))


@pytest.fixture
def dataset(rows):
    return Dataset.from_list(rows)


class NoEncoder:
    def encode(self, messages):
        raise AssertionError("the loader has encoded this prompt already")


class CountingEncoder:
    """Encodes a text to itself, and leaves a file behind, also from a worker."""

    def __init__(self, folder):
        self.folder = folder

    def encode(self, messages):
        text = messages[0]["content"][0]["text"]
        with (self.folder / text).open("a") as file:
            file.write("encoded\n")
        return EncodedPrompt(torch.tensor([ord(text)]), torch.zeros(1, dtype=torch.long))

    def count(self, text):
        path = self.folder / text
        return len(path.read_text().splitlines()) if path.exists() else 0


def texts(letters):
    return Dataset.from_list(
        [{"prompt": [{"role": "user", "content": [{"type": "text", "text": letter}]}]} for letter in letters]
    )


def identity(rows):
    return rows


def loader(dataset, encoder, *, questions=2, copies=2, workers=0, **settings):
    """As transformers and TRL build it, with G = 2."""
    rows = EncodedPrompts(dataset, encoder)
    sampler = EpochRepeatSampler(rows, 2, batch_size=questions, repeat_count=copies, shuffle=False)
    size = questions * 2
    return DataLoader(
        rows, batch_size=size, sampler=sampler, collate_fn=identity, num_workers=workers, drop_last=True, **settings
    )


def take(batch, encoder=None):
    return take_encoded(batch, [conversation(row) for row in batch], encoder or NoEncoder())


def assert_equal_prompts(one, other):
    for field in fields(EncodedPrompt):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, torch.Tensor):
            assert mine.dtype == theirs.dtype
            assert torch.equal(mine, theirs)
        else:
            assert mine == theirs


def video_prompt(path):
    return [{"role": "user", "content": [{"type": "video", "video": str(path)}, {"type": "text", "text": "what ?"}]}]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_batch_is_what_encode_rows_gives(dataset, encoder, workers):
    batches = list(loader(dataset, encoder, questions=3, copies=2, workers=workers))
    assert len(batches) == 4  # 7 questions: 2 generations of 3, each twice
    for first, chunk in ((batches[0], [0, 1, 2]), (batches[2], [3, 4, 5])):
        conversations = [conversation(dataset[i]) for i in chunk for _ in range(2)]
        expected = encode_rows(conversations, encoder)
        taken = take(first)
        assert taken.prompt_of_row == expected.prompt_of_row == [0, 0, 1, 1, 2, 2]
        assert list(taken.keys) == list(expected.keys)
        for mine, theirs in zip(taken.prompts, expected.prompts, strict=True):
            assert_equal_prompts(mine, theirs)
        assert first == [dataset[i] for i in chunk for _ in range(2)]


@pytest.mark.parametrize("workers", [0, 2])
def test_rows_of_one_prompt_hold_one_object(dataset, encoder, workers):
    for batch in list(loader(dataset, encoder, workers=workers))[::2]:
        carried = [row[ENCODED] for row in batch]
        assert carried[0] is carried[1]
        assert carried[2] is carried[3]
        assert carried[0] is not carried[2]
        assert len({id(row) for row in batch}) == 4


def test_equal_conversations_of_two_rows_are_one_prompt(tmp_path):
    encoder = CountingEncoder(tmp_path)
    taken = take(EncodedPrompts(texts("aba"), encoder).__getitems__([0, 0, 1, 1, 2, 2]))
    assert taken.prompt_of_row == [0, 0, 1, 1, 0, 0]
    assert encoder.count("a") == 1


def test_each_prompt_is_encoded_once_however_often_its_batch_is_drawn(tmp_path):
    encoder = CountingEncoder(tmp_path)
    assert len(list(loader(texts("abcd"), encoder, copies=5))) == 10
    assert [encoder.count(letter) for letter in "abcd"] == [1, 1, 1, 1]


@pytest.mark.parametrize("workers", [0, 2])
def test_later_copies_carry_nothing(dataset, encoder, workers):
    batches = list(loader(dataset, encoder, copies=3, workers=workers))
    assert [ENCODED in row for batch in batches[:3] for row in batch] == [True] * 4 + [False] * 8
    assert batches[1] == batches[2] == [dataset[i] for i in (0, 0, 1, 1)]


def test_prompts_are_taken_out_of_the_rows(dataset, encoder):
    batch = EncodedPrompts(dataset, encoder).__getitems__([0, 1])
    take(batch)
    assert all(ENCODED not in row for row in batch)


def test_rows_that_carry_nothing_are_encoded_now(dataset, encoder):
    rows = EncodedPrompts(dataset, NoEncoder()).__getitems__([Repeat(1), Repeat(1), Repeat(0)])
    taken = take(rows, encoder)
    assert taken.prompt_of_row == [0, 0, 1]
    assert_equal_prompts(taken.prompts[0], encoder.encode(dataset[1]["prompt"]))


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("prompt", "kind"), [(video_prompt("/nowhere/missing.mp4"), MediaError), ("plain text", DataError)]
)
def test_a_mistake_is_raised_where_the_prompt_is_taken(encoder, workers, prompt, kind):
    broken = Dataset.from_list([{"prompt": prompt}] * 2)
    with pytest.raises(kind) as direct:
        encode_rows([conversation(broken[0])], encoder)
    batch = next(iter(loader(broken, encoder, workers=workers)))
    with pytest.raises(kind) as carried:
        take_encoded(batch, [[]] * 4, NoEncoder())
    assert str(carried.value) == str(direct.value)
    assert "\n" not in str(carried.value)


def test_a_defect_of_ours_stops_the_loader():
    with pytest.raises(AssertionError, match="already"):
        next(iter(loader(texts("ab"), NoEncoder())))


def test_the_way_to_the_device_leaves_prompts_alone(dataset, encoder):
    batch = EncodedPrompts(dataset, encoder).__getitems__([0, 0])
    moved = send_to_device(batch, "meta")
    assert moved[0][ENCODED] is moved[1][ENCODED] is batch[0][ENCODED]
    assert moved[0][ENCODED].prompt.input_ids_P.device.type == "cpu"
    assert not hasattr(moved[0][ENCODED], "pin_memory")


def test_workers_decode_after_the_trainer_has(tmp_path, encoder):
    # 40 frames of 320 x 320 pixels: large enough for decoder threads, which a fork does not take along.
    blocks = np.random.default_rng(0).integers(0, 255, (40, 10, 10, 3), dtype=np.uint8)
    path = tmp_path / "large.mp4"
    write_video(blocks.repeat(32, axis=1).repeat(32, axis=2), path, fps=4)
    expected = encoder.encode(video_prompt(path))
    dataset = Dataset.from_list([{"prompt": video_prompt(path)}] * 4)
    for batch in list(loader(dataset, encoder, workers=2))[::2]:
        assert_equal_prompts(take(batch).prompts[0], expected)


def test_the_dataset_can_be_sent_to_workers_that_are_not_forks(dataset, encoder):
    copy = pickle.loads(pickle.dumps(EncodedPrompts(dataset, encoder)))  # noqa: S301 (our own bytes)
    assert_equal_prompts(copy[0][ENCODED].prompt, encoder.encode(dataset[0]["prompt"]))
    assert len(copy) == 7


@pytest.mark.parametrize(
    ("workers", "copies", "expected"), [(1, 8, 8), (2, 8, 4), (3, 8, 3), (2, 1, 1), (4, 2, 1), (1, 1, 1)]
)
def test_prefetch_factor(workers, copies, expected):
    assert prefetch_factor(workers, copies) == expected


@pytest.mark.parametrize(("workers", "copies"), [(1, 4), (2, 4), (2, 1), (2, 3)])
def test_the_next_generation_is_encoded_while_the_trainer_is_busy(tmp_path, workers, copies):
    encoder = CountingEncoder(tmp_path)
    ahead = prefetch_factor(workers, copies)
    batches = loader(texts("abcdef"), encoder, questions=1, copies=copies, workers=workers, prefetch_factor=ahead)
    drawn = iter(Accelerator(cpu=True).prepare(batches))
    # What transformers draws before an optimizer step of `copies` passes; accelerate draws one more, which is "b".
    for _ in range(copies):
        next(drawn)
    assert encoder.count("b") == 1
    deadline = time.monotonic() + 30
    while not encoder.count("c") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert encoder.count("c") == 1
    # Two workers of one copy are two generations ahead, and never more.
    assert encoder.count("e") == 0


def test_training_is_the_same_for_any_number_of_workers(build_trainer, rows):
    seen = []

    def reward(completions, **columns):
        seen.append(set(columns))
        return letter_count(completions)

    def trained(workers):
        trainer = build_trainer(
            reward_funcs=reward,
            dataset=Dataset.from_list(rows * 2),
            gradient_accumulation_steps=2,
            per_device_train_batch_size=4,
            dataloader_num_workers=workers,
        )
        before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
        encoded_here, encode = [], trainer.prompt_encoder.encode
        trainer.prompt_encoder.encode = lambda messages: encoded_here.append(messages) or encode(messages)
        trainer.train()
        after = trainer.model.state_dict()
        assert any(not torch.equal(before[name], after[name]) for name in after)
        return after, len(encoded_here)

    (alone, encoded_alone), (helped, encoded_helped) = trained(0), trained(2)
    assert encoded_alone > 0
    assert encoded_helped == 0
    for name, value in alone.items():
        assert torch.equal(value, helped[name]), name
    assert all(ENCODED not in columns for columns in seen)


def test_a_missing_video_may_stop_training_with_one_line(build_trainer):
    dataset = Dataset.from_list([{"prompt": video_prompt("/nowhere/missing.mp4")}] * 4)
    with pytest.raises(MediaError, match=r"missing\.mp4") as caught:
        build_trainer(dataset=dataset, dataloader_num_workers=1, bad_media="stop").train()
    assert "\n" not in str(caught.value)
