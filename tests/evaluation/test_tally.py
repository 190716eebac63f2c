from video_ktr.evaluation.tally import Tally, tally


def test_graded_scores_are_averaged_and_only_full_ones_are_correct():
    # Mean 2/3; the interval is that of 2 right of 3.
    found = tally([1.0, 0.5, 0.5])
    assert (found.n, found.correct, round(found.accuracy, 4)) == (3, 1, 0.6667)
    assert (round(found.low, 3), round(found.high, 3)) == (0.208, 0.939)


def test_nothing_measured_tells_nothing():
    assert tally([]) == Tally(n=0, correct=0, accuracy=0.0, low=0.0, high=1.0)
