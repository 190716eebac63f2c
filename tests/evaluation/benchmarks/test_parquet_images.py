import pytest
from PIL import Image

from tests.evaluation.benchmarks.layout_files import picture
from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.rejects import RecordError
from video_ktr.evaluation.benchmarks.parquet_images import image_path


def test_an_image_is_written_once(tmp_path):
    roots = MediaRoots([tmp_path])
    path = image_path({"image": picture(7)}, roots)
    assert image_path({"image": picture(7)}, roots) == path
    assert len(list((tmp_path / "embedded").iterdir())) == 1
    with Image.open(path) as image:
        assert image.getpixel((0, 0)) == (7, 99, 0)


def test_a_path_below_the_root_is_taken(tmp_path):
    assert image_path({"image": "a.png"}, MediaRoots([tmp_path])) == str(tmp_path / "a.png")


def test_several_images_stand_one_below_the_other(tmp_path):
    record = {"image_1": picture(1), "image_2": None, "image_3": picture(3)}
    with Image.open(image_path(record, MediaRoots([tmp_path]), ("image_1", "image_2", "image_3"))) as image:
        assert image.size == (56, 56)
        assert [image.getpixel((5, y)) for y in (27, 28)] == [(1, 99, 0), (3, 99, 0)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "missing image"),
        ({"a": {"bytes": b"\x89PNG\r\n\x1a\nbroken", "path": "a.png"}, "b": picture(1)}, "bad image"),
        ({"a": {"bytes": b"text", "path": "a.txt"}}, "bad embedded media"),
    ],
)
def test_what_is_no_image_is_told(tmp_path, record, reason):
    with pytest.raises(RecordError) as caught:
        image_path(record, MediaRoots([tmp_path]), ("a", "b"))
    assert caught.value.reason == reason
