import numpy as np
import pytest

from video_ktr.toyworld.chains import grounded_chain, invented_chain
from video_ktr.toyworld.processor import build_tokenizer
from video_ktr.toyworld.questions import QUESTION_TYPES, SCENE_OF_TYPE, answerable_questions
from video_ktr.toyworld.vocabulary import first_words, word_class, words
from video_ktr.toyworld.world import sample_scene


def test_every_word_of_every_text_is_one_known_token() -> None:
    tokenizer = build_tokenizer()
    rng = np.random.default_rng(11)
    known = {f" {word}" for word in words()} | set(first_words()) | {"<think>", "</think>", "<answer>", "</answer>"}
    for _ in range(60):
        for kind in QUESTION_TYPES:
            scene = sample_scene(SCENE_OF_TYPE[kind], rng)
            for question in answerable_questions(scene, kind):
                chains = grounded_chain(question, scene, rng), invented_chain(question, rng)
                for text in (" ".join([question.text, *question.options]), *chains):
                    pieces = [tokenizer.decode([token]) for token in tokenizer(text)["input_ids"]]
                    assert set(pieces) <= known
                    assert "".join(pieces) == text


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (" red", "colour"),
        (" cross", "shape"),
        (" left", "direction"),
        (" first", "template"),
        (" after", "template"),
        ("</think>", "tag"),
        (" C", "letter"),
        (" maybe", "opener"),
        (" one", "article"),
        (" four", "number"),
        ("<|im_end|>", "template"),
    ],
)
def test_word_class(token: str, name: str) -> None:
    assert word_class(token) == name
