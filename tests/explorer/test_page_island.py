import base64
import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.explorer_pages import alternatives, completion, frames, page
from video_ktr.explorer.page_island import island


@given(text=st.text(st.characters(exclude_categories=[])))
def test_any_text_comes_back_and_cannot_leave_its_element(text):
    written = island(page(completion([text]), question=text))
    assert not set(written) & set("<>&\u2028\u2029")
    assert written.isascii()
    prompt = json.loads(written)["prompts"][0]
    assert prompt["question"] == text
    assert prompt["completions"][0]["tokens"] == [text]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_scores_come_back_as_the_same_float32(scores):
    written = json.loads(island(page(completion(["a"] * len(scores), visual_scores=scores))))
    back = np.array(written["prompts"][0]["completions"][0]["scores"]["visual"]).astype(np.float32)
    assert back.tolist() == scores


def test_a_double_is_rounded_to_float32_once():
    # Halfway between two float32 numbers, and a little above: digits cut too early would fall to the lower one.
    above = 1 + 2**-24 + 2**-50
    written = json.loads(island(page(completion(["a"], entropy_scores=[above]))))
    assert written["prompts"][0]["completions"][0]["scores"]["entropy"] == [float(f"{1 + 2**-23:.9g}")]


def test_what_was_not_measured_is_null():
    reply = json.loads(island(page(completion(["a"], log_probs=[-1.0]))))["prompts"][0]["completions"][0]
    assert reply["logProbs"] == [-1.0]
    assert reply["scores"] == {"visual": None, "temporal": None, "entropy": None}
    assert reply["otherLogProbs"] == reply["alternatives"] == {"visual": None, "temporal": None}
    assert reply["trained"] is reply["frameScores"] is None


def test_what_was_measured_is_there():
    shots = frames(2)
    reply = completion(
        ["a"],
        visual_alternatives=[alternatives(("b", 1 / 3, 0.5))],
        frame_scores=[[0.25]],
        trained={"visual": [True], "union": [True]},
    )
    prompt = json.loads(island(page(reply, shots=shots)))["prompts"][0]
    assert base64.b64decode(prompt["frames"][1]["image"]) == shots[1].image
    assert (prompt["frames"][1]["seconds"], prompt["frames"][1]["slot"]) == (0.5, 0)
    written = prompt["completions"][0]
    assert written["alternatives"]["visual"] == [[["b", 0.33333, 0.5]]]
    assert written["frameScores"] == [[0.25]]
    assert written["trained"] == {"visual": [1], "union": [1]}
