import json

import pytest

from video_ktr.data.sample import read_samples


@pytest.mark.usefixtures("benchmark_modules")
def test_the_made_up_file_is_one_of_video_r1s(tmp_path):
    from read_questions import KINDS, write

    write(tmp_path / "q.json", 500)
    samples = read_samples(tmp_path / "q.json")
    assert [sample.problem_id for sample in samples] == [str(number) for number in range(500)]
    assert {(sample.problem_type, sample.data_type) for sample in samples} == {kind[:2] for kind in KINDS}
    assert samples == read_samples(tmp_path / "q.json", format="video-r1")
    # Bytes a row, as in the published file.
    assert (tmp_path / "q.json").stat().st_size / 500 == pytest.approx(670, rel=0.1)


def test_rows_time_and_memory_are_told(run_benchmark, tmp_path):
    output = run_benchmark("read_questions.py", "--rows", 3000, "--json", tmp_path / "f.json")
    figures = json.loads((tmp_path / "f.json").read_text())["figures"]
    assert figures["rows"] == 3000
    assert "3000 rows of" in output
    assert "MB above import" in output
    # 2 MB of JSON; the reader itself and its libraries take some.
    assert 0 <= figures["peak_above_import_mb"] < 100
    assert figures["peak_above_import_mb"] < figures["peak_mb"]
