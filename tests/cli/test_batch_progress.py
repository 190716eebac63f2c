from io import StringIO

from rich.console import Console

from video_ktr.cli.batch_progress import Pace, showing


def test_rate_and_time_left_are_of_this_run_and_the_share_of_all():
    pace = Pace(verb="filter", counted="kept", total=100, done=20, sum=10, started=1000.0)
    assert pace.figures(now=1060.0) == "kept 50%"
    pace.advance(done=20, more=2)
    assert pace.figures(now=1060.0) == "20.0 questions/min  0:03:00 left  kept 30%"
    assert Pace(verb="evaluate", counted="right", total=3, done=0, sum=0).figures() == "right -"


def test_a_log_file_gets_about_ten_lines():
    console = Console(file=StringIO(), width=200)
    with showing(Pace(verb="filter", counted="kept", total=200, done=20, sum=5), console) as display:
        for _ in range(90):
            display.pace.advance(done=2, more=1)
            display.update()
    lines = console.file.getvalue().splitlines()
    assert [line.split(" questions")[0] for line in lines] == [f"filter: {n} of 200" for n in range(40, 201, 20)]
    assert lines[-1].endswith("kept 48%")


def test_a_terminal_gets_a_bar():
    console = Console(file=StringIO(), width=200, force_terminal=True)
    with showing(Pace(verb="filter", counted="kept", total=4, done=0, sum=0), console) as display:
        display.pace.advance(done=2, more=1)
        display.update()
    shown = console.file.getvalue()
    assert "2/4" in shown
    assert "kept 50%" in shown
