"""A self-contained page of single questions: frames, options, right answer, and what one or two models replied."""

import random
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from video_ktr.data.frames import MediaConfig
from video_ktr.data.media import load_image, load_video
from video_ktr.errors import ConfigError, DataError, MediaError
from video_ktr.evaluation.reply_parts import split_reply
from video_ktr.evaluation.result_file import Result, ResultRow
from video_ktr.jobs.whole_files import whole_file

TEMPLATE = "case_studies.html.jinja"
SHOTS = 8
_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one model replied."""

    model: str
    think: str
    answer: str
    score: float | None
    state: str
    truncated: bool


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question of the page."""

    id: str
    groups: dict[str, str]
    problem: str
    options: list[str]
    gold: str
    shots: list[str]
    """Frames as data URIs of JPEG."""
    trouble: str
    """Why there are no frames; "" when there are."""
    replies: list[Reply]


def write_cases(
    target: str | Path, results: Sequence[tuple[str, Result]], number: int, *, mode: str = "video_r1", seed: int = 0
) -> list[Case]:
    """Write the page for one or two results, each with its model's name, and give back its cases.

    Of two results, questions are drawn on which their scores by the rule `mode` differ, `number` of them or as many as
    there are; of one, any questions. The same results and seed give the same questions, in the order of the first
    result. Frames are up to 8, evenly spaced, at most 320 pixels wide; of media that are missing or unreadable the
    page says so. All text is escaped, and the page may neither run scripts nor load anything.

    Raises ConfigError for no or more than two results, different benchmarks or fewer than 1 case.
    """
    if not 1 <= len(results) <= 2 or number < 1:
        raise ConfigError("case studies are made of one or two results and at least one question")
    if len({result.meta["benchmark"] for _, result in results}) > 1:
        raise ConfigError("case studies of two results need both on the same benchmark")
    cases = [_case(rows, [name for name, _ in results], mode) for rows in _pick(results, number, mode, seed)]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template(TEMPLATE).render(
        benchmark=results[0][1].meta["benchmark"],
        models=[name for name, _ in results],
        mode=mode,
        cases=cases,
        number=number,
    )
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        # An output may hold half a surrogate pair, which UTF-8 cannot.
        partial.write_text(page, encoding="utf-8", errors="replace")
    return cases


def _pick(results: Sequence[tuple[str, Result]], number: int, mode: str, seed: int) -> list[tuple[ResultRow, ...]]:
    others = [{row["id"]: row for row in result.rows} for _, result in results[1:]]
    together = [
        (row, *(other[row["id"]] for other in others))
        for row in results[0][1].rows
        if all(row["id"] in other for other in others)
    ]
    if not together:
        raise DataError(f"{results[-1][1].path}: shares no question with {results[0][1].path}; give two that do")
    differing = [rows for rows in together if len(rows) == 1 or len({row["scores"].get(mode) for row in rows}) > 1]
    drawn = random.Random(seed).sample(range(len(differing)), min(number, len(differing)))  # noqa: S311  # no secret
    return [differing[place] for place in sorted(drawn)]


def _case(rows: Sequence[ResultRow], names: Sequence[str], mode: str) -> Case:
    row = rows[0]
    shots, trouble = _shots(row)
    return Case(
        id=row["id"],
        groups=row["groups"],
        problem=row["problem"],
        options=row["options"],
        gold=row["gold"],
        shots=shots,
        trouble=trouble,
        replies=[_reply(name, row, mode) for name, row in zip(names, rows, strict=True)],
    )


def _reply(model: str, row: ResultRow, mode: str) -> Reply:
    think, answer = split_reply(row["output"] or "")
    score = row["scores"].get(mode)
    return Reply(model=model, think=think, answer=answer, score=score, state=row["state"], truncated=row["truncated"])


def _shots(row: ResultRow) -> tuple[list[str], str]:
    if row["path"] is None:
        return [], "the question has no media"
    if not Path(row["path"]).exists():
        return [], f"media missing: {row['path']}"
    config = MediaConfig(max_frames=SHOTS)
    try:
        if row["data_type"] == "image":
            frames = [load_image(row["path"], config)]
        else:
            frames = list(load_video(row["path"], config).frames_FCHW)
    except MediaError as error:
        return [], f"media cannot be read: {error}"
    return [_data_uri(Image.fromarray(frame_CHW.permute(1, 2, 0).numpy())) for frame_CHW in frames], ""


def _data_uri(image: Image.Image) -> str:
    image.thumbnail((_WIDTH, _WIDTH))
    content = BytesIO()
    image.save(content, format="JPEG", quality=80)
    return f"data:image/jpeg;base64,{b64encode(content.getvalue()).decode('ascii')}"
