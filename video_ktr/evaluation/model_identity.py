"""Which weights a result was made with."""

import hashlib
from pathlib import Path

from transformers import AutoConfig

HASHED = ("*.json", "*.safetensors", "*.jinja")
_CHUNK = 1 << 22


def model_identity(name: str) -> dict[str, str | None]:
    """Name and content of a model: {"name", "sha256"} of a folder, {"name", "commit"} of a hub model.

    The SHA-256 is of the folder's configuration, tokenizer and weights, each file's name before its content; other
    files do not count. Reading them takes about as long as loading them, and finds a checkpoint that was written over.
    The commit is None where transformers cannot tell it.
    """
    folder = Path(name)
    if folder.is_dir():
        return {"name": name, "sha256": _digest(folder)}
    return {"name": name, "commit": getattr(AutoConfig.from_pretrained(name), "_commit_hash", None)}


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in HASHED for path in folder.glob(pattern)}):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
