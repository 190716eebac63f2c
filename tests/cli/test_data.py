import pytest

from video_ktr.cli.data import PARTS
from video_ktr.cli.main import main


@pytest.mark.parametrize("words", [["--help"], *([part, "--help"] for part in PARTS)])
def test_each_part_has_help(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        main(["data", *words])
    assert stopped.value.code == 0
    assert "video-ktr data" in capsys.readouterr().out


def test_the_parts_are_listed(capsys):
    with pytest.raises(SystemExit):
        main(["data", "--help"])
    shown = capsys.readouterr().out
    assert all(f"{name} " in shown and module.SUMMARY.split()[0] in shown for name, module in PARTS.items())
    assert list(PARTS) == ["inspect", "unpack", "build"]


@pytest.mark.parametrize("words", [["data"], ["data", "fly"]])
def test_no_part_and_an_unknown_part_exit_with_2(words):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
