import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.evaluation.reply_parts import PART_OF_TAG, ReplyParts, split_reply

REPLY = "<think>\nred first </think>\n<answer> B </answer>"


def parts_of(pieces):
    parts = ReplyParts()
    told = [each for piece in pieces for each in parts.push(piece)] + parts.finish()
    assert all(text for _, text in told)
    joined = []
    for part, text in told:
        if joined and joined[-1][0] == part:
            joined[-1] = (part, joined[-1][1] + text)
        else:
            joined.append((part, text))
    return joined


def test_tags_part_a_reply():
    assert parts_of([REPLY]) == [("think", "\nred first "), ("other", "\n"), ("answer", " B ")]


def test_what_could_become_a_tag_waits_until_it_is_decided():
    parts = ReplyParts()
    assert parts.push("so <thi") == [("other", "so ")]
    assert parts.push("s> <think") == [("other", "<this> ")]
    assert parts.push(">x<") == [("think", "x")]
    assert parts.finish() == [("think", "<")]


@given(st.lists(st.sampled_from([*PART_OF_TAG, "<", "think>", "</", "x", " ", "é"]), max_size=12), st.data())
def test_where_pieces_end_changes_nothing(words, data):
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert parts_of(pieces) == parts_of([text])


@pytest.mark.parametrize(
    ("output", "think", "answer"),
    [
        (REPLY, "red first", "B"),
        ("B", "", "B"),
        ("<think>red</think> B.", "red", "B."),
        ("<think>red and", "red and", ""),
        ("<think>red</think><answer>the c", "red", "the c"),
        ("<think>red</think><answer></answer> so B", "red", "so B"),
        ("<answer>A</answer> no, <answer>B</answer>", "", "A"),
        ("", "", ""),
    ],
)
def test_reasoning_and_answer_of_a_whole_reply(output, think, answer):
    assert split_reply(output) == (think, answer)
