"""Images stored inside a benchmark's table, written to files."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.embedded import stored_media
from video_ktr.data.readers.fields import Record, media_name
from video_ktr.data.rejects import RecordError


def image_path(record: Record, roots: MediaRoots, keys: Sequence[str] = ("image",)) -> str:
    """The path of a record's image, written once below the first media root.

    Several images (MMMU has up to seven) become one picture, one below the other in the order of `keys`: a question
    has one medium. Raises RecordError when there is none, or when one cannot be read.
    """
    names = [str(roots.resolve(name)) for key in keys if (name := media_name(record, (key,), roots))]
    if not names:
        raise RecordError("missing image", f"has no {keys[0]!r}; add the image")
    return names[0] if len(names) == 1 else _stacked(names, roots)


def _stacked(names: Sequence[str], roots: MediaRoots) -> str:
    try:
        pictures = [_rgb(Path(name)) for name in names]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise RecordError("bad image", f"an image cannot be read ({error}); fetch the file again") from error
    whole = Image.new("RGB", (max(p.width for p in pictures), sum(p.height for p in pictures)), "white")
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    content = io.BytesIO()
    whole.save(content, "PNG")
    return stored_media(content.getvalue(), "stacked.png", roots)


def _rgb(path: Path) -> Image.Image:
    with Image.open(path) as image:
        # On white: a diagram on a transparent ground is drawn for paper.
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(ground, clear).convert("RGB")
