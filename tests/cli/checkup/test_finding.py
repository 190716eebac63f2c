from video_ktr.cli.checkup.finding import judged


def test_a_problem_outweighs_a_warning():
    assert judged("media", "gone", problem=True, warning=True).level == "problem"
    assert judged("media", "thin", warning=True).level == "warning"
    assert judged("media", "fine").level == "ok"
