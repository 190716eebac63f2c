import pytest

from video_ktr.cli.reply_screen import ReplyScreen, coloured_tokens, harmless, token_record
from video_ktr.evaluation.explaining import ScoredToken
from video_ktr.explorer.terminal import COLOURS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red\n\tblue é 你 👩‍🚀", "red\n\tblue é 你 👩‍🚀"),
        ("\x1b[2J\x1b]0;t\x07", "\\x1b[2J\\x1b]0;t\\x07"),
        ("a\rb\x9bm\x7f\x00", "a\\rb\\x9bm\\x7f\\x00"),
        ("a\u202eb\u2066c\u2028\ud800", "a\\u202eb\\u2066c\\u2028\\ud800"),
    ],
)
def test_what_could_steer_a_terminal_is_written_out(text, shown):
    assert harmless(text) == shown


def shown(capsys, pieces):
    screen = ReplyScreen()
    for piece in pieces:
        screen.push(piece)
    screen.finish()
    return capsys.readouterr().out


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_reasoning_and_answer_stand_apart_without_tags(capsys, size):
    reply = "\n<think>\nred,\n\nthen blue </think>\n\n<answer> B </answer>\n"
    pieces = [reply[i : i + size] for i in range(0, len(reply), size)]
    assert shown(capsys, pieces) == "Think:\nred,\n\nthen blue\n\nAnswer:\nB\n"


def test_a_reply_without_tags_is_shown_whole(capsys):
    assert shown(capsys, ["it is ", "B <b>"]) == "Reply:\nit is B <b>\n"


def test_a_reply_comes_as_it_is_drawn(capsys):
    screen = ReplyScreen()
    screen.push("<think> red")
    assert capsys.readouterr().out == "Think:\nred"
    screen.push(" \x1b[31mblue")
    assert capsys.readouterr().out == " \\x1b[31mblue"


def token(text, *key, temporal=1.0):
    return ScoredToken(id=9, text=text, visual=2.0, temporal=temporal, entropy=0.5, key=key)


def test_key_tokens_carry_marks_and_nothing_else_of_the_reply_has_an_effect():
    text = coloured_tokens([token("a"), token(" red\x1b[0m", "visual", "entropy"), token("", "visual")])
    reply, _, meaning = text.plain.partition("\n\n")
    # The signals mark the piece up to the bracket, and what follows it is text of the same token.
    assert reply.replace("ᵛᵘ", "") == "a red\\x1b[0m"
    assert meaning.startswith("visualᵛ")
    assert f"bold {COLOURS['visual']}" in {str(span.style) for span in text.spans}


def test_a_score_that_the_media_do_not_have_is_none():
    record = token_record([token("a", temporal=None), token("b", "visual", temporal=None)])
    assert record["temporal_score"] is None
    assert record["visual_score"] == [2.0, 2.0]
    assert record["visual_selected"] == [False, True]
