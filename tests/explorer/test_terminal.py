from video_ktr.explorer.terminal import coloured, legend
from video_ktr.records.signal_colours import COLOURS
from video_ktr.records.token_text import words_of


def test_words_carry_a_mark_for_each_signal(record):
    text = coloured(words_of(record(0, "q", ["look", " red", " cross"], visual=[1], temporal=[1], entropy=[2])))
    assert text.plain == "look redᵛᵗ crossᵘ"
    styles = {text.plain[span.start : span.end]: str(span.style) for span in text.spans}
    assert styles["red"] == f"bold {COLOURS['visual']}"
    assert styles["ᵗ"] == COLOURS["temporal"]
    assert "look" not in styles


def test_markup_in_a_completion_stays_text(record):
    assert coloured(words_of(record(0, "q", ["[bold]", "x"]))).plain == "[bold]x"


def test_the_legend_names_every_signal():
    lines = legend().plain.splitlines()
    assert [line.split()[0] for line in lines] == ["visualᵛ", "temporalᵗ", "uncertainᵘ"]
