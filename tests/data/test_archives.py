import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.data.archive_samples import make_tar, make_zip, noise, tree, unpack
from video_ktr.data.archive_members import STATE_FOLDER
from video_ktr.data.archives import UnpackOptions, find_archives
from video_ktr.errors import ConfigError, DataError


def test_each_archive_is_unpacked_into_its_own_folder(tmp_path):
    make_zip(tmp_path / "STAR" / "star_part1.zip", {"a.mp4": b"a", "deep/b.mp4": noise(3 << 20)})
    make_zip(tmp_path / "STAR" / "star_part2.zip", {"c.mp4": b"c"})
    (tmp_path / "Math").mkdir()
    make_tar(tmp_path / "Math" / "math.tar.gz", {"./images/d.png": b"d"})
    make_tar(tmp_path / "e.tar", {"e.txt": b"e"})
    results = unpack(tmp_path)
    assert [r.archive.name for r in results] == ["math.tar.gz", "star_part1.zip", "star_part2.zip", "e.tar"]
    assert [(r.files, r.there, r.was_done) for r in results] == [(1, 0, False), (2, 0, False)] + 2 * [(1, 0, False)]
    assert tree(tmp_path) == {
        "Math/images/d.png": b"d",
        "STAR/a.mp4": b"a",
        "STAR/c.mp4": b"c",
        "STAR/deep/b.mp4": noise(3 << 20),
        "e.txt": b"e",
    }


def test_a_second_run_does_nothing_and_a_changed_archive_is_unpacked_anew(tmp_path):
    one = make_zip(tmp_path / "one.zip", {"a": b"a"})
    make_zip(tmp_path / "two.zip", {"b": b"b"})
    unpack(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "a", tmp_path / "b")}
    assert [r.was_done for r in unpack(tmp_path)] == [True, True]
    os.utime(one, ns=(0, 0))
    assert [(r.was_done, r.there) for r in unpack(tmp_path)] == [(False, 1), (True, 0)]
    (tmp_path / "b").unlink()
    assert [(r.was_done, r.there) for r in unpack(tmp_path)] == [(True, 0), (False, 0)]
    assert times[tmp_path / "a"] == (tmp_path / "a").stat().st_mtime_ns
    assert tree(tmp_path) == {"a": b"a", "b": b"b"}


def test_a_bad_archive_does_not_stop_the_others(tmp_path):
    make_zip(tmp_path / "1.zip", {"../evil": b"x", "good": b"x"})
    make_zip(tmp_path / "2.zip", {"b": b"b"})
    (tmp_path / "3.zip").write_bytes(b"not a zip")
    make_tar(tmp_path / "4.tgz", {"d": b"d"})
    results = unpack(tmp_path)
    assert [r.problem is None for r in results] == [False, True, False, True]
    assert results[0].problem == f"{tmp_path / '1.zip'}: member '../evil': a path with \"..\""
    assert tree(tmp_path) == {"b": b"b", "d": b"d"}


def test_two_archives_with_the_same_member(tmp_path):
    make_zip(tmp_path / "one.zip", {"a": b"a", "shared": b"same"})
    make_zip(tmp_path / "three.zip", {"c": b"c", "shared": b"other"})
    make_zip(tmp_path / "two.zip", {"b": b"b", "shared": b"same"})
    make_zip(tmp_path / "below" / "four.zip", {"shared": b"a place of its own"})
    results = {r.archive.name: r.problem for r in unpack(tmp_path, overwrite=True)}
    assert [name for name, problem in results.items() if problem] == ["three.zip"]
    assert "member 'shared': is there twice with different content: also in one.zip" in results["three.zip"]
    assert tree(tmp_path) == {"a": b"a", "b": b"b", "shared": b"same", "below/shared": b"a place of its own"}
    # Also when the other archive was done long before.
    assert [r.problem is None for r in unpack(tmp_path, overwrite=True, pattern="*.zip")] == [True, True, False, True]


def test_an_archive_inside_an_archive_stays_as_it_is(tmp_path):
    inner = make_zip(tmp_path / "elsewhere" / "inner.zip", {"../evil": b"x"}).read_bytes()
    make_zip(tmp_path / "set" / "outer.zip", {"v/inner.zip": inner})
    for _ in range(3):
        (result,) = unpack(tmp_path / "set")
        assert result.archive.name == "outer.zip"
        assert result.problem is None
    assert (tmp_path / "set" / "v" / "inner.zip").read_bytes() == inner


def test_which_archives_are_found(tmp_path):
    for name in ("b.ZIP", "A/c.tgz", "A/d.tar", "A/e.mp4", f"{STATE_FOLDER}/x.zip/1.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.zip").mkdir()
    root = tmp_path.resolve()
    assert find_archives(tmp_path) == [root / "A" / "c.tgz", root / "A" / "d.tar", root / "b.ZIP"]
    assert find_archives(tmp_path, "A/*") == [root / "A" / "c.tgz", root / "A" / "d.tar"]
    assert find_archives(tmp_path, "*.ZIP") == [root / "b.ZIP"]
    with pytest.raises(DataError, match=r"no \.zip.*'\*\.rar'"):
        find_archives(tmp_path, "*.rar")
    with pytest.raises(DataError, match="is not a folder"):
        find_archives(tmp_path / "b.ZIP")


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"max_ratio": 0}, {"max_ratio": float("nan")}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        UnpackOptions(**wrong)


WILD = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.lists(st.sampled_from(["..", ".", "", "a", "b.mp4", "C:", "~", "\0", "\\", "link", ".video-ktr"]), min_size=1)
    .map("/".join)
    .filter(bool),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(WILD, min_size=1, max_size=3), is_zip=st.booleans())
@example(names=["../evil"], is_zip=True)
@example(names=["../evil"], is_zip=False)
@example(names=["a/../../evil"], is_zip=True)
@example(names=["link/evil"], is_zip=True)
@example(names=["link/evil"], is_zip=False)
@example(names=["a/.video-ktr/x.json"], is_zip=True)
def test_nothing_is_ever_written_outside_the_folder(tmp_path_factory, names, is_zip):
    top = tmp_path_factory.mktemp("top")
    folder, outside = top / "a" / "set", top / "outside"
    folder.mkdir(parents=True)
    outside.mkdir()
    (folder / "link").symlink_to(outside)
    members = [(name, b"content") for name in names]
    (make_zip if is_zip else make_tar)(folder / ("x.zip" if is_zip else "x.tar"), members)
    (result,) = unpack(folder)
    assert {path.name for path in (*top.iterdir(), *(top / "a").iterdir(), *outside.iterdir())} == {
        "a",
        "outside",
        "set",
    }
    made = tree(folder)
    assert set(made.values()) <= {b"content"}
    if result.problem is not None:
        assert made == {}
        assert len(result.problem.splitlines()) == 1
    else:
        assert len(made) == result.files
