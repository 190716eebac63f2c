"""Rows of Parquet files, of folders that `datasets` saved, and of data sets on the Hugging Face hub.

Rows are taken as Arrow tables: images and videos stay undecoded, as ``{"bytes": ..., "path": ...}``.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from video_ktr.errors import DataError

# Rows held at once: they may carry whole images or videos.
_BATCH = 16
_SPLITS = frozenset({"train", "test", "validation", "valid", "val", "dev"})


def iter_parquet(files: Sequence[Path]) -> Iterator[Any]:
    """Stream the rows of Parquet files, one file after the other. Raises DataError for one that cannot be read."""
    import pyarrow.parquet

    for file in files:
        with _errors_told(str(file), "cannot be read as Parquet", pyarrow.ArrowException):
            table = pyarrow.parquet.ParquetFile(file)
            for batch in table.iter_batches(batch_size=_BATCH):
                yield from batch.to_pylist()


def iter_folder(folder: Path, split: str) -> Iterator[Any]:
    """Stream one split of a folder written by ``save_to_disk``, or of a folder of Parquet files.

    A Parquet file belongs to a split whose name is a word of its path ("data/train-00000-of-00002.parquet"); where no
    path has such a word, all files are read. Raises DataError when the folder is neither, or has no such split.
    """
    if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
        return _iter_saved(folder, split)
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise DataError(f"{folder}: holds no Parquet files and was not written by save_to_disk; give a question file")
    words = {file: set(re.split(r"[^a-z0-9]+", str(file.relative_to(folder)).lower())) for file in files}
    of_split = [file for file in files if split.lower() in words[file]]
    others = set().union(*words.values()) & _SPLITS
    if not of_split and others:
        raise _no_split(folder, split, sorted(others))
    return iter_parquet(of_split or files)


def iter_hub(name: str, split: str, subset: str | None) -> Iterator[Any]:
    """Stream one split of a data set of the hub (or of a folder that is laid out as one).

    Nothing is downloaded ahead, and no code of the data set is run. Raises DataError when it cannot be reached or
    has no such split or configuration.
    """
    import datasets
    from datasets.exceptions import DatasetsError

    words = "there is no such file or folder, and as a data set of the hub it cannot be read"
    with _errors_told(name, words, DatasetsError):
        table = datasets.load_dataset(name, subset, split=split, streaming=True)
        yield from _iter_tables(table)


def _iter_saved(folder: Path, split: str) -> Iterator[Any]:
    import datasets
    from datasets.exceptions import DatasetsError

    told = (str(folder), "cannot be read as a folder of save_to_disk", DatasetsError)
    with _errors_told(*told):
        saved = datasets.load_from_disk(str(folder))
    if isinstance(saved, datasets.DatasetDict):
        if split not in saved:
            raise _no_split(folder, split, list(saved))
        saved = saved[split]
    with _errors_told(*told):
        yield from _iter_tables(saved)


def _iter_tables(dataset: Any) -> Iterator[Any]:
    for table in dataset.with_format("arrow").iter(batch_size=_BATCH):
        yield from table.to_pylist()


@contextmanager
def _errors_told(where: str, words: str, library_error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError, library_error) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{where}: {words} ({said[:300]})") from error


def _no_split(folder: Path, split: str, known: list[str]) -> DataError:
    return DataError(f"{folder}: has no split {split!r}; set split to one of {', '.join(known)}")
