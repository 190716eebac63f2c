import io

from rich.console import Console

from video_ktr.cli.quickstart_summary import accuracy_table


def result(right):
    tally = {"n": 10, "correct": right, "accuracy": right / 10, "low": 0.1, "high": 0.9}
    return {"overall": tally, "by_type": {"order": tally}}


def test_the_table_tells_both_and_the_difference_in_points():
    file = io.StringIO()
    Console(file=file, width=100).print(accuracy_table({"before": result(3), "after": result(8)}))
    rows = [line.split() for line in file.getvalue().splitlines() if "│" in line]
    assert rows == [
        ["│", name, "│", "10", "│", "30.0", "(10", "to", "90)", "│", "80.0", "(10", "to", "90)", "│", "+50.0", "│"]
        for name in ("all", "order")
    ]
