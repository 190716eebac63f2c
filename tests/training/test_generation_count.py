from video_ktr.training.generation_count import GenerationCount


def test_generations_are_numbered_within_their_step():
    count = GenerationCount()
    assert [count.following(step) for step in (0, 0, 1, 4, 4, 4)] == [(0, 0), (0, 1), (1, 0), (4, 0), (4, 1), (4, 2)]


def test_a_resumed_run_counts_from_its_own_step():
    assert GenerationCount().following(7) == (7, 0)
