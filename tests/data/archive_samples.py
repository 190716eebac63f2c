"""Archives made by hand, good and evil, and what lies in a folder afterwards."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from video_ktr.data.archive_members import STATE_FOLDER
from video_ktr.data.archives import UnpackOptions, unpack_folder


class Counter:
    """A meter that adds up."""

    def __init__(self):
        self.expected = self.done = 0

    def expect(self, size):
        self.expected += size

    def advance(self, size):
        self.done += size


def unpack(folder, **options):
    """Results of unpacking, after a look at what the meter was told."""
    meter = Counter()
    results = unpack_folder(folder, UnpackOptions(**{"jobs": 2, **options}), meter)
    if all(result.problem is None for result in results):
        assert meter.done == meter.expected
    return results


def problem_of(folder, **options):
    """The one line that the only archive of a folder is refused with."""
    (result,) = unpack(folder, **options)
    assert result.problem is not None
    assert "\n" not in result.problem
    return result.problem


def tree(folder):
    """Content of the files that members became, by path; neither archives nor state."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        name = path.relative_to(folder)
        if STATE_FOLDER in name.parts or path.is_dir() or path.name.endswith((".zip", ".tar", ".tar.gz", ".tgz")):
            continue
        found[name.as_posix()] = path.read_bytes()
    return found


def make_zip(path, members, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, content) pairs or of a dict; names are written as they are."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items() if isinstance(members, dict) else members:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo("x")
            if not isinstance(name, zipfile.ZipInfo):
                info.filename = name
                info.compress_type = compression
            file.writestr(info, content)
    return Path(path)


def zip_info(name, mode):
    """A member with a Unix mode, as of a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def make_tar(path, members):
    """A tar of a dict, or of TarInfo and content pairs; packed with gzip unless the name ends in .tar."""
    with tarfile.open(path, "w" if str(path).endswith(".tar") else "w:gz") as file:
        for name, content in members.items() if isinstance(members, dict) else members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            if info.isreg():
                info.size = len(content)
            file.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return Path(path)


def tar_info(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def noise(size, seed=0):
    """Bytes that do not compress."""
    return hashlib.shake_256(str(seed).encode()).digest(size)
