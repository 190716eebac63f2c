import io
import threading

from rich.console import Console

from video_ktr.cli.unpack_progress import UnpackProgress


def test_a_log_file_gets_ten_lines_whatever_the_steps():
    stream = io.StringIO()
    with UnpackProgress(Console(file=stream, width=80)) as progress:
        progress.expect(1_000_000)
        threads = [threading.Thread(target=lambda: [progress.advance(100) for _ in range(2500)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert "unpack: 1.0 MB of 1.0 MB" in lines


def test_a_terminal_gets_a_bar_with_bytes():
    stream = io.StringIO()
    with UnpackProgress(Console(file=stream, width=100, force_terminal=True)) as progress:
        progress.expect(2_000_000)
        progress.advance(500_000)
    assert "0.5/2.0 MB" in stream.getvalue()
    assert "\nunpack: 0.5" not in stream.getvalue()
