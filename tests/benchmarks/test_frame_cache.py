import numpy as np

from video_ktr.data.media import write_video


def test_decoding_and_the_cache_are_compared(run_benchmark, tmp_path):
    blocks = np.random.default_rng(0).integers(0, 255, (60, 9, 16, 3), dtype=np.uint8)
    write_video(blocks.repeat(20, axis=1).repeat(20, axis=2), tmp_path / "clip.mp4", fps=25)
    report = run_benchmark("frame_cache.py", tmp_path / "clip.mp4", "--repeats", "2", "--frames", "4")
    (row,) = [line for line in report.splitlines() if line.startswith("| clip ")]
    _, size, decode, first, cached, saved, more, _ = (cell.strip() for cell in row.strip("|").split("|"))
    # Four frames of 320 x 180 pixels, three bytes each.
    assert float(size) == round(4 * 320 * 180 * 3 / 2**20, 1)
    # Columns are rounded to a tenth of a millisecond and of a ratio.
    assert abs(float(saved) - float(decode) / float(cached)) < 0.1 + 0.2 * float(saved)
    assert abs(float(more) - float(first) / float(decode)) < 0.1
