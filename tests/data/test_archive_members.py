import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from video_ktr.data.archive_members import Entry, Member, Places, check_ratio, contents_of, folded, place_of, shown
from video_ktr.errors import DataError

PARTS = st.sampled_from(["..", ".", "", "a", "C:", "\\", "\0", "é", "\ud800", "/", ".video-ktr", "x" * 256, "\u202e"])


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a.mp4", "a.mp4"),
        ("./videos//a b.mp4", "videos/a b.mp4"),
        ("videos/...mp4", "videos/...mp4"),
        ("..a/b..", "..a/b.."),
        ("12:30/C:.mp4", "12:30/C:.mp4"),
        ("日本/é.jpg", "日本/é.jpg"),
        ("videos/x.video-ktr", "videos/x.video-ktr"),
        ("./", ""),
    ],
)
def test_places_of_good_names(name, place):
    assert place_of(name) == place


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../a", '".."'),
        ("a/../../b", '".."'),
        ("a/..", '".."'),
        ("/etc/passwd", "absolute"),
        ("//server/a", "absolute"),
        ("C:/a", "drive"),
        ("./c:a", "drive"),
        ("a\\b", "backslash"),
        ("a\0.mp4", "NUL"),
        ("a\nb", "control"),
        ("a\ud800", "Unicode"),
        ("é" * 128, "too long"),
        ("a/" * 1100, "too long"),
        (".video-ktr/a", "state"),
        ("./.Video-KTR", "state"),
        ("videos/.video-ktr/x.zip.json", "state"),
    ],
)
def test_names_that_are_refused(name, why):
    with pytest.raises(DataError, match=why) as refused:
        place_of(name)
    assert str(refused.value).startswith("member ")
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@given(st.one_of(st.text(st.characters(exclude_categories=[])), st.lists(PARTS, max_size=5).map("/".join)))
@example("..")
def test_any_name_stays_below_the_folder_or_is_refused(name):
    try:
        place, message = place_of(name), ""
    except DataError as error:
        place, message = "", str(error)
    assert len(message.splitlines()) <= 1
    assert place == "" or not {"", ".", ".."} & set(place.split("/"))
    assert not set("\0\\") & set(place)
    assert place_of(place) == place


def test_files_are_taken_and_notes_of_macos_counted():
    entries = [
        Entry("videos/", 0, 0, is_folder=True),
        Entry("./videos/a.mp4", 3, 7),
        Entry("__MACOSX/", 0, 0, is_folder=True),
        Entry("__MACOSX/videos/._a.mp4", 5, 8),
        Entry("videos/._a.mp4", 5, 8),
        Entry("videos/a.mp4", 3, 7),
    ]
    contents = contents_of(entries)
    assert contents.members == (Member(1, "videos/a.mp4", 3, 7),)
    assert contents.notes == 2


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["a.mp4", "A.mp4"], "'a.mp4' in case or Unicode form only"),
        (["é", "e\u0301"], "in case or Unicode form only"),
        (["a", "a/b"], "'a', which is a file"),
        (["A/b", "a"], "needs a folder"),
        (["__MACOSX/../a"], '".."'),
        ([""], "without a name"),
    ],
)
def test_members_that_clash_are_refused(names, why):
    with pytest.raises(DataError, match=why):
        contents_of(Entry(name, 1, 1) for name in names)


def test_the_same_name_with_other_content_is_refused():
    with pytest.raises(DataError, match="'a': is there twice with different content"):
        contents_of([Entry("a", 1, 1), Entry("a", 1, 2)])


def test_a_kind_that_is_refused_is_refused_in_notes_too():
    with pytest.raises(DataError, match=r"member '__MACOSX/._a': is a link"):
        contents_of([Entry("__MACOSX/._a", 1, 1, problem="is a link")])


def test_places_of_two_archives():
    places = Places()
    places.add([Member(0, "v/a", 1, 1)], "one.zip")
    assert places.has(Member(5, "v/a", 1, 1), "two.zip")
    assert not places.has(Member(5, "v/b", 1, 1), "two.zip")
    with pytest.raises(DataError, match=r"'v/a': .* also in one\.zip"):
        places.has(Member(5, "v/a", 1, 2), "two.zip")
    with pytest.raises(DataError, match=r"differs from 'v/a' of one\.zip in case"):
        places.has(Member(5, "V/A", 1, 1), "two.zip")


@given(st.text())
def test_folding_twice_is_folding_once(name):
    assert folded(folded(name)) == folded(name)


def test_ratio():
    check_ratio(1 << 20, 1, 100)
    check_ratio(100 << 20, 1 << 20, 100)
    with pytest.raises(DataError, match="over 100 times"):
        check_ratio((100 << 20) + 1, 1 << 20, 100)


def test_names_are_shown_in_one_short_line():
    assert shown("a\n\u202eb") == r"'a\n\u202eb'"
    assert len(shown("x" * 5000)) < 130
