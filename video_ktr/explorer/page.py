"""The token explorer: replies, their key tokens and the frames they hang on, as one HTML file that needs no server."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from video_ktr.explorer.page_data import Page
from video_ktr.explorer.page_island import island
from video_ktr.jobs.whole_files import whole_file

PARTS = Path(__file__).parent / "page_parts"
TEMPLATE = "page.html.jinja"
STYLES = ("page.css", "words.css")
SCRIPTS = (
    "dom.js",
    "numbers.js",
    "data.js",
    "selection.js",
    "words.js",
    "token_facts.js",
    "card.js",
    "pinned.js",
    "frames.js",
    "replies.js",
    "controls.js",
    "top_words.js",
    "keyboard.js",
    "theme.js",
    "start.js",
)
"""In the order in which they run: each may use the constants of those before it."""


def render_page(page: Page) -> str:
    """The page as HTML.

    It asks nothing of the network and opens from disk. Its Content-Security-Policy admits the page's own script and
    style, by their hashes, and pictures held in the page. All text of videos, questions and models is data, which the
    script shows as text. The browser selects tokens as `video_ktr.attribution.select_key_tokens` does; its sliders hold
    whole percent.

    Raises ValueError when the page holds a number that is not finite.
    """
    style = _joined(STYLES)
    # One function around all, so that no name of ours is a global one.
    script = f'(() => {{\n"use strict";\n{_joined(SCRIPTS)}}})();\n'
    environment = Environment(
        loader=FileSystemLoader(PARTS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(TEMPLATE).render(
        # A text that no file can hold (from a name or argument that was not UTF-8) loses what is wrong with it.
        title=page.title.encode("utf-8", "replace").decode("utf-8"),
        style=Markup(style),  # noqa: S704 - a file of the package
        script=Markup(script),  # noqa: S704 - a file of the package
        data=Markup(island(page)),  # noqa: S704 - escaped by island
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def write_page(target: str | Path, page: Page) -> Path:
    """Write the page, whole or not at all, and return its path. Folders are made as needed."""
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_text(render_page(page), encoding="utf-8")
    return path


def _joined(names: tuple[str, ...]) -> str:
    return "".join((PARTS / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
