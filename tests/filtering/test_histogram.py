from fractions import Fraction

import numpy as np
from PIL import Image

from video_ktr.filtering.histogram import COLOURS, bars, draw_histogram


def test_each_accuracy_counts_at_the_nearest_number_of_right_answers():
    halves = [Fraction(0), Fraction(1, 2), Fraction(9, 16), Fraction(1)]
    assert bars(halves, 8) == [1, 0, 0, 0, 2, 0, 0, 0, 1]
    assert bars([], 2) == [0, 0, 0]


def area(path, colour):
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return (np.asarray(Image.open(path).convert("RGB")) == wanted).all(-1).sum()


def test_bars_are_as_high_as_there_are_questions(tmp_path):
    accuracies, kept = [Fraction(1, 2)] * 3 + [Fraction(0)], [True] * 3 + [False]
    draw_histogram(accuracies, kept, 8, tmp_path / "h.png")
    kept_area, other_area = (area(tmp_path / "h.png", COLOURS[which]) for which in (True, False))
    # The legend holds a little of either colour.
    assert 2.4 < kept_area / other_area < 3.1


def test_nothing_scored_gives_an_empty_picture(tmp_path):
    draw_histogram([], [], 8, tmp_path / "h.png")
    assert Image.open(tmp_path / "h.png").format == "PNG"
