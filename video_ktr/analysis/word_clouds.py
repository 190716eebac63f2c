"""Clouds of the selected and of the unselected words (paper figure 6)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from video_ktr.analysis.figures import Plot
from video_ktr.analysis.run_data import NO_RECORDS, NOTHING_CHOSEN, RunData
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table
from video_ktr.analysis.words import ANY, MARKUP_NOTE, WordCounts, left_out
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Word clouds"
MOST_WORDS = 150
_SIZE = (1400, 800)
_SEED = 0
_COLOURS = "Dark2"
"""Of matplotlib: each is readable on white."""


def cloud_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report: two clouds a run and a table of what they show.

    A cloud without a word is left out. Raises ConfigError when wordcloud is not installed.
    """
    cloud = cloud_class()
    if not run.chosen:
        return Missing(title=TITLE, reason=NOTHING_CHOSEN if run.records else NO_RECORDS)
    counts = run.word_counts.get(ANY, WordCounts())
    if not counts.selected and not counts.rest:
        return Missing(title=TITLE, reason="the recorded completions hold no words")
    plots = _plots(cloud, counts, run.name, "")
    if other is not None and other.chosen:
        plots += _plots(cloud, other.word_counts.get(ANY, WordCounts()), other.name, "_other")
    return Section(
        id="word-clouds",
        title=TITLE,
        text=(
            "The larger a word, the more often it stands among the words that some signal selected, or among those "
            f"that none did (paper figure 6); at most {MOST_WORDS} words. No word is taken out for being common, and "
            "one that is common enough stands in both clouds: which words a signal prefers is said by their lift.",
            f"Letters outside the font of the clouds, such as Chinese ones, show as boxes. {MARKUP_NOTE}",
            left_out(len(run.records), len(run.chosen)),
        ),
        tables=(_table(counts, run.name),),
        plots=tuple(plots),
    )


def drawn_cloud(counts: Mapping[str, int], cloud: Callable[..., Any]) -> Any:
    """The cloud as an array of pixels (height, width, 3), 8 bits; equal counts give equal pixels.

    Args:
        counts: How often each word occurs; at least one word.
        cloud: `wordcloud.WordCloud`.
    """
    ordered = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    width, height = _SIZE
    painter = cloud(
        width=width,
        height=height,
        background_color="white",
        colormap=_COLOURS,
        max_words=MOST_WORDS,
        random_state=_SEED,
    )
    return painter.generate_from_frequencies(ordered).to_array()


def _plots(cloud: Callable[..., Any], counts: WordCounts, name: str, suffix: str) -> list[Plot]:
    sides = (("selected", counts.selected), ("unselected", counts.rest))
    return [
        Plot(
            name=f"words_{side}{suffix}",
            title=f"{side.capitalize()} words: {name}",
            draw=lambda figure, words=words: _draw(figure, drawn_cloud(words, cloud)),  # type: ignore[misc]
        )
        for side, words in sides
        if words
    ]


def _draw(figure: "Figure", pixels: Any) -> None:
    axes = figure.add_subplot()
    axes.imshow(pixels, interpolation="none")
    axes.set_axis_off()


def _table(counts: WordCounts, name: str) -> Table:
    sides = {"selected": counts.selected, "not selected": counts.rest}
    return Table(
        name="word_counts",
        title=f"Words, selected by any signal or not: {name}",
        columns=("words", "occurrences", "different words"),
        rows=tuple((side, sum(words.values()), len(words)) for side, words in sides.items()),
    )


def cloud_class() -> Callable[..., Any]:
    """wordcloud's `WordCloud`. Raises ConfigError when it is not installed."""
    try:
        from wordcloud import WordCloud
    except ImportError as error:
        raise ConfigError("word clouds need wordcloud: pip install 'video-ktr[analysis]'") from error
    found: Callable[..., Any] = WordCloud
    return found
