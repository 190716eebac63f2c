from video_ktr.explorer.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, interval_rows, line_chart, share_ticks


def test_a_curve_fills_its_frame():
    chart = line_chart("reward", {"all": ("union", [(1, 0), (3, 2), (5, 1)])})
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    expected = [(LEFT, HEIGHT - BOTTOM), (middle_x, TOP), (WIDTH - RIGHT, middle_y)]
    assert chart.lines[0].points == " ".join(f"{x:.1f},{y:.1f}" for x, y in expected)
    assert [tick.label for tick in chart.x_ticks] == ["1", "5"]
    assert [tick.label for tick in chart.y_ticks] == ["0", "0.5", "1", "1.5", "2"]


def test_no_point_is_no_chart_and_an_empty_curve_no_line():
    assert line_chart("x", {"a": ("union", [])}) is None
    chart = line_chart("x", {"a": ("union", []), "b": ("visual", [(0, 1), (1, 1)])})
    assert [line.label for line in chart.lines] == ["b"]


def test_one_point_and_a_flat_line_at_zero_have_a_place():
    assert line_chart("x", {"a": ("union", [(4, 0.0)])}).x_ticks[0].label == "4"


def test_negative_values_lower_the_axis():
    chart = line_chart("x", {"a": ("union", [(0, -1.0), (1, 1.0)])})
    assert chart.y_ticks[0].label == "-1"


def test_intervals_lie_on_the_scale_of_the_ticks():
    tally = {"accuracy": 0.5, "low": 0.25, "high": 1.0}
    rows = interval_rows({"all": {"before": tally, "after": tally}, "order": {"after": tally}})
    ticks = [tick.at for tick in share_ticks()]
    mark = rows[0].marks[0]
    assert (mark["low"], mark["at"], mark["high"]) == (ticks[1], ticks[2], ticks[4])
    assert [len(row.marks) for row in rows] == [2, 1]
    assert rows[0].marks[0]["y"] < rows[0].marks[1]["y"] < rows[1].marks[0]["y"]
