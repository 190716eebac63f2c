from video_ktr.analysis.figures import Plot, plain, save


def test_a_plot_is_drawn_once_into_both_formats(tmp_path):
    drawn = []

    def draw(figure):
        drawn.append(figure.add_subplot().plot([0, 1], [0, -1]))

    files = save(Plot(name="plot", title="", draw=draw), tmp_path)
    assert [file.name for file in files] == ["plot.svg", "plot.png"]
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert len(drawn) == 1


def test_names_of_runs_are_cut():
    assert plain("x" * 41) == "x" * 37 + "..."
