import hashlib
import io

import datasets
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from video_ktr.data.readers.hugging_face import iter_folder, iter_hub, iter_parquet
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import read_samples
from video_ktr.errors import DataError

RECORDS = [
    {"problem": f"What is {n}?", "problem_type": "free-form", "solution": str(n), "options": None, "path": f"{n}.mp4"}
    for n in range(40)
]


def write_parquet(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), path)
    return path


def png(shade):
    content = io.BytesIO()
    Image.new("L", (8, 8), shade).save(content, "PNG")
    return content.getvalue()


def test_rows_come_from_parquet_a_saved_folder_and_a_hub_layout_alike(tmp_path):
    file = write_parquet(tmp_path / "parquet/data/train-00000-of-00001.parquet", RECORDS)
    datasets.Dataset.from_list(RECORDS).save_to_disk(str(tmp_path / "saved"))
    assert list(iter_parquet([file])) == RECORDS
    assert list(iter_folder(tmp_path / "parquet", "train")) == RECORDS
    assert list(iter_folder(tmp_path / "saved", "train")) == RECORDS
    assert list(iter_hub(str(tmp_path / "parquet"), "train", None)) == RECORDS


def test_samples_of_a_table_are_those_of_the_same_json(tmp_path):
    file = write_parquet(tmp_path / "q.parquet", RECORDS)
    samples = read_samples(file)
    assert [(s.problem_id, s.solution, s.options) for s in samples] == [(str(n), str(n), ()) for n in range(40)]
    assert samples[3].path == str(tmp_path / "3.mp4")
    # In a folder, media lie in the folder.
    assert read_samples(tmp_path) == samples


def test_the_split_is_the_one_asked_for(tmp_path):
    for split, records in (("train", RECORDS[:2]), ("test", RECORDS[2:])):
        write_parquet(tmp_path / f"parquet/{split}-00000-of-00001.parquet", records)
    saved = datasets.DatasetDict(
        train=datasets.Dataset.from_list(RECORDS[:2]), test=datasets.Dataset.from_list(RECORDS[2:])
    )
    saved.save_to_disk(str(tmp_path / "saved"))
    for folder in ("parquet", "saved"):
        assert list(iter_folder(tmp_path / folder, "test")) == RECORDS[2:]
        assert list(iter_folder(tmp_path / folder, "train")) == RECORDS[:2]
        with pytest.raises(DataError, match=r"has no split 'val'; set split to one of \w+, \w+"):
            list(iter_folder(tmp_path / folder, "val"))


def test_files_that_name_no_split_are_all_read_in_order(tmp_path):
    write_parquet(tmp_path / "b.parquet", RECORDS[2:])
    write_parquet(tmp_path / "a.parquet", RECORDS[:2])
    assert list(iter_folder(tmp_path, "train")) == RECORDS


def test_images_inside_the_table_become_files(tmp_path):
    texts = dict.fromkeys(("problem", "solution", "problem_type"), datasets.Value("string"))
    features = datasets.Features({**texts, "image": datasets.Image()})
    rows = [
        {"problem": "?", "solution": "1", "problem_type": "OCR", "image": {"bytes": content, "path": None}}
        for content in (png(0), png(9), png(0), b"not an image")
    ]
    table = datasets.Dataset.from_list(rows, features=features)
    table.save_to_disk(str(tmp_path / "saved"))
    table.to_parquet(str(tmp_path / "q.parquet"))
    names = [str(tmp_path / f"media/embedded/{hashlib.sha256(png(shade)).hexdigest()}.png") for shade in (0, 9, 0)]
    for source in (tmp_path / "saved", tmp_path / "q.parquet"):
        rejects = Rejects()
        samples = read_samples(source, media_root=tmp_path / "media", rejects=rejects)
        assert [(sample.data_type, sample.path) for sample in samples] == [("image", name) for name in names]
        assert rejects.counts() == {"bad embedded media": 1}
    assert Image.open(names[1]).getpixel((0, 0)) == 9


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/state.json").write_text("{}")
    for source, words in [
        (tmp_path / "bad.parquet", "cannot be read as Parquet"),
        (tmp_path / "none.parquet", "cannot be read as Parquet"),
        (tmp_path / "saved", "cannot be read as a folder of save_to_disk"),
        ("owner/none", "no such file or folder, and as a data set of the hub"),
    ]:
        with pytest.raises(DataError, match=words) as caught:
            read_samples(source)
        assert str(caught.value).startswith(f"{source}: ")
        assert "\n" not in str(caught.value)


def test_a_hub_layout_without_the_split_is_told(tmp_path):
    write_parquet(tmp_path / "test.parquet", RECORDS)
    with pytest.raises(DataError, match="test"):
        list(iter_hub(str(tmp_path), "train", None))
