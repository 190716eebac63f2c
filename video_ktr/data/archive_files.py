"""Reads zip and tar files: the table of their members, and the content of one after another.

Nothing here writes. A tar file has no table and no sums: it is read through once for them, which also shows that it
is whole, and a second time for the content.
"""

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from video_ktr.data.archive_members import Contents, Entry, check_ratio, contents_of, refused
from video_ktr.errors import DataError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")
CHUNK = 1 << 20
# The longest stretch of a tar file that is read in one go; only a header could ask for more.
MAX_READ = 16 * CHUNK
# What the readers of the standard library raise on damaged bytes.
DAMAGE = (zipfile.BadZipFile, gzip.BadGzipFile, tarfile.TarError, zlib.error, EOFError)
MALICE = (ValueError, OverflowError, RecursionError, NotImplementedError)


def is_archive(path: Path) -> bool:
    """Whether the name is that of an archive we unpack."""
    return path.name.lower().endswith(SUFFIXES)


def read_contents(archive: Path, max_ratio: float, on_chunk: Callable[[], None] = lambda: None) -> Contents:
    """The files of an archive, checked; `on_chunk` is called now and then, as a large tar file takes minutes.

    Raises DataError that says what is refused.
    """
    with told_in_one_line():
        is_zip = archive.name.lower().endswith(".zip")
        return contents_of(_zip_entries(archive, max_ratio) if is_zip else _tar_entries(archive, max_ratio, on_chunk))


def streams(archive: Path, wanted: Collection[int]) -> Generator[tuple[int, IO[bytes]], None, None]:
    """The numbers of the `wanted` entries in the order of the archive, each with its content to be read at once."""
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            for number, info in enumerate(file.infolist()):
                if number in wanted:
                    with file.open(info) as stream:
                        yield number, stream
        return
    with _open_tar(archive) as (tar, _):
        for number, member in enumerate(tar):
            if number in wanted:
                yield number, _content(tar, member)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turns what the standard library raises on a damaged archive, or the system on files, into a DataError."""
    try:
        yield
    except DataError:
        raise
    except (*DAMAGE, *MALICE) as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"cannot be read ({reason}); is the file whole? fetch it again") from error
    except OSError as error:
        raise DataError(f"stopped by the system: {error}") from error


def _zip_entries(archive: Path, max_ratio: float) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as file:
        infos = file.infolist()
    check_ratio(sum(info.file_size for info in infos), archive.stat().st_size, max_ratio)
    ends = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        # Members that share their packed bytes: how a small file declares more than its ratio shows.
        if info.header_offset < ends:
            raise refused(info.orig_filename, "its bytes overlap with those of another member")
        ends = info.header_offset + info.compress_size
    for info in infos:
        # `filename` ends at a NUL and follows the system's separator; this is what the archive says.
        name = info.orig_filename
        kind = stat.S_IFMT(info.external_attr >> 16)
        is_folder = name.endswith("/") or kind == stat.S_IFDIR
        problem = None
        if info.flag_bits & 0x41:
            problem = "is encrypted; unpack it with its password and another tool"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            problem = "is a link or a device, not a file"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problem = f"is packed with method {info.compress_type}; only stored and deflated ones are read"
        elif is_folder and info.file_size:
            problem = "is a folder that has content"
        yield Entry(name, info.file_size, info.CRC, is_folder, problem)


def _tar_entries(archive: Path, max_ratio: float, on_chunk: Callable[[], None]) -> Iterator[Entry]:
    folder = str(archive.parent)
    with _open_tar(archive, max_ratio) as (tar, source):
        for member in tar:
            if not (member.isreg() or member.isdir()) or member.issparse() or member.size < 0:
                yield Entry(member.name, 0, 0, problem="is a link, a device or a sparse file, not a plain file")
                return
            size = crc = 0
            if member.isreg():
                stream = _content(tar, member)
                while chunk := stream.read(CHUNK):
                    size, crc = size + len(chunk), zlib.crc32(chunk, crc)
                    on_chunk()
            yield Entry(member.name, size, crc, member.isdir())
            # After our own words for it: the standard library's idea of what is safe.
            tarfile.data_filter(member, folder)
        # `tarfile` takes a damaged header for the end: a whole file ends in a block of zeros.
        if source.last != bytes(tarfile.BLOCKSIZE):
            raise DataError("is cut short or damaged; fetch it again")
        while source.read(CHUNK):
            pass  # gzip compares its sum at the very end


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    if stream is None:
        raise refused(member.name, "has no content")
    return stream


@contextmanager
def _open_tar(archive: Path, max_ratio: float = float("inf")) -> Iterator[tuple[tarfile.TarFile, "ForwardReader"]]:
    with open(archive, "rb") as packed:
        plain: IO[bytes] = packed
        if not archive.name.lower().endswith(".tar"):
            plain = gzip.GzipFile(fileobj=packed)  # type: ignore[assignment]  # reads like any other file
        source = ForwardReader(plain, archive.stat().st_size, max_ratio)
        with tarfile.TarFile(fileobj=source) as tar:  # type: ignore[arg-type]  # reads like any other file
            yield tar, source


class ForwardReader:
    """The bytes of a tar file, read forward only and no more of them than the ratio allows.

    `tarfile` follows what headers say: back to where it was (without end), or to a header of many gigabytes.
    """

    mode = "rb"

    def __init__(self, plain: IO[bytes], packed: int, max_ratio: float):
        """Read `plain`, which `packed` bytes on disk unpack to."""
        self.last = b""
        self._plain, self._packed, self._max_ratio = plain, packed, max_ratio

    def tell(self) -> int:
        """Bytes read so far."""
        return self._plain.tell()

    def read(self, count: int) -> bytes:
        """Up to `count` bytes. Raises DataError for more than a header may take, and past the ratio."""
        if not 0 <= count <= MAX_READ:
            raise DataError("a header of it is damaged or too large")
        self.last = self._plain.read(count)
        check_ratio(self.tell(), self._packed, self._max_ratio)
        return self.last

    def seek(self, position: int) -> None:
        """Go forward to `position`. Raises DataError for a way back, and past the ratio."""
        if position < self.tell():
            raise DataError("a header of it is damaged: it points back")
        check_ratio(position, self._packed, self._max_ratio)
        self._plain.seek(position)
