import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.media_roots import PATH_OUTSIDE, MediaRoots
from video_ktr.data.rejects import RecordError


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.mark.parametrize("path", ["a/b.mp4", "./a/b.mp4", "/a/b.mp4", "Evaluation/a/b.mp4", "./Evaluation/a/b.mp4"])
def test_published_spellings_of_a_path_find_the_file(root, path):
    there = touch(root / "a/b.mp4")
    assert MediaRoots([root]).resolve(path) == there


@pytest.mark.parametrize("suffix", [".mp4", ".MP4", ".mkv", ".webm", ".avi"])
def test_a_video_is_found_under_another_suffix(root, suffix):
    there = touch(root / f"a{suffix}")
    assert MediaRoots([root]).resolve("a.mp4") == there
    assert MediaRoots([root]).resolve("a.webm") == there
    # An image is not.
    assert MediaRoots([root]).resolve("a.png") == root / "a.png"


def test_the_named_file_comes_before_its_other_forms(root):
    names = ["Evaluation/a.mp4", "Evaluation/a.mkv", "a.mp4"]
    for name in reversed(names):
        touch(root / name)
    for name in names:
        assert MediaRoots([root]).resolve("Evaluation/a.mp4") == root / name
        (root / name).unlink()
    assert MediaRoots([root]).resolve("Evaluation/a.mp4") == root / "Evaluation/a.mp4"


def test_roots_are_searched_in_order_and_the_first_names_a_missing_file(root, tmp_path):
    media = MediaRoots([root, tmp_path / "second"])
    assert media.resolve("a.mp4") == root / "a.mp4"
    there = touch(tmp_path / "second/a.mp4")
    assert media.resolve("a.mp4") == there
    assert media.resolve(str(there)) == there
    assert media.resolve_first(["b.mp4", "c.mp4", "a.mp4"]) == there
    assert media.resolve_first(["b.mp4", "c.mp4"]) == root / "b.mp4"


def test_a_folder_of_frames_is_found(root):
    touch(root / "frames/001.jpg")
    assert MediaRoots([root / "none", root]).resolve("frames") == root / "frames"


def test_a_root_may_be_relative_and_a_link(root, tmp_path, monkeypatch):
    touch(root / "a.mp4")
    (tmp_path / "link").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    assert str(MediaRoots(["link"]).resolve("a.mp4")) == "link/a.mp4"
    assert MediaRoots(["link"]).resolve(str(root / "a.mp4")) == root / "a.mp4"


@pytest.mark.parametrize(
    "path", ["../secret.mp4", "a/../../secret.mp4", "../missing.mp4", "{absolute}", "link.mp4", "out/x"]
)
def test_a_path_out_of_every_root_is_refused_unless_allowed(root, tmp_path, path):
    secret = touch(tmp_path / "secret.mp4")
    (root / "a").mkdir()
    (root / "link.mp4").symlink_to(secret)
    (root / "out").symlink_to(tmp_path)
    path = path.format(absolute=secret)
    with pytest.raises(RecordError, match=r"leads outside .*allow_outside_media") as caught:
        MediaRoots([root]).resolve(path)
    assert caught.value.reason == PATH_OUTSIDE
    assert MediaRoots([root], allow_outside=True).resolve(path) == root / path
    # A further root that holds it is the other way to allow it.
    assert MediaRoots([root, tmp_path]).resolve(path) == root / path


def test_a_neighbour_whose_name_begins_alike_is_outside(root, tmp_path):
    touch(tmp_path / "root-2/a.mp4")
    with pytest.raises(RecordError, match="leads outside"):
        MediaRoots([root]).resolve("../root-2/a.mp4")


def test_an_absolute_path_of_no_file_lies_below_the_root_unless_outside_is_allowed(root):
    assert MediaRoots([root]).resolve("/MMVU/b.mp4") == root / "MMVU/b.mp4"
    assert str(MediaRoots([root], allow_outside=True).resolve("/MMVU/b.mp4")) == "/MMVU/b.mp4"
    assert MediaRoots([root]).resolve(str(root / "c.mp4")) == root / "c.mp4"


@pytest.mark.parametrize(
    ("path", "words"),
    [("a\0b.mp4", "can name no file"), ("\ud800.mp4", "can name no file"), ("x" * 5000, "cannot be looked up")],
)
def test_a_name_that_no_file_can_have_is_told_in_one_short_line(root, path, words):
    with pytest.raises(RecordError, match=words) as caught:
        MediaRoots([root]).resolve(path)
    assert caught.value.reason == "bad path"
    assert len(str(caught.value)) < 300
    assert "\0" not in str(caught.value)


def test_a_loop_of_links_is_told(root):
    (root / "loop.mp4").symlink_to(root / "loop.mp4")
    with pytest.raises(RecordError, match="cannot be looked up"):
        MediaRoots([root]).resolve("loop.mp4")


PIECES = st.sampled_from(["..", ".", "/", "a", "out", "Evaluation", "x.mp4", "\0", "\ud800", "\n", "é"])


@given(path=st.lists(PIECES, min_size=1, max_size=6).map("/".join) | st.text(st.characters(), min_size=1))
def test_what_is_found_never_lies_outside(tmp_path_factory, path):
    root = tmp_path_factory.getbasetemp() / "wild/root"
    if not root.exists():
        touch(root / "a/x.mp4")
        (root / "out").symlink_to(root.parent)
    try:
        place = MediaRoots([root]).resolve(path)
    except RecordError:
        return
    assert os.path.commonpath([os.path.realpath(place), os.path.realpath(root)]) == os.path.realpath(root)
