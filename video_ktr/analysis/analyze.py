"""The analysis of a training run: all sections, put into one report."""

from pathlib import Path

from video_ktr.analysis.costs import cost_section
from video_ktr.analysis.curves import curve_section
from video_ktr.analysis.gradients import gradient_section
from video_ktr.analysis.overlap import overlap_section
from video_ktr.analysis.parts_of_speech import load_tagger
from video_ktr.analysis.pos_shares import pos_section
from video_ktr.analysis.positions import position_section
from video_ktr.analysis.report import write_report
from video_ktr.analysis.run_data import RunData, read_run
from video_ktr.analysis.run_facts import fact_section
from video_ktr.analysis.word_clouds import cloud_class, cloud_section
from video_ktr.analysis.word_lift import lift_section
from video_ktr.errors import ConfigError
from video_ktr.jobs.figure_files import require_matplotlib

FOLDER = "analysis"


def analyze_run(
    run: str | Path, other: str | Path | None = None, *, out: str | Path | None = None, pos_model: str | None = None
) -> Path:
    """Analyse a training run, beside another one where given, and write the report; gives the path of the page.

    Args:
        run: its output folder.
        other: that of a run to compare with, such as the baseline's.
        out: where the report goes; `analysis` in the folder of the run unless given.
        pos_model: name or path of a spaCy pipeline for parts of speech; see `load_tagger` for the default.

    Raises:
        DataError: a folder or its metrics are missing, or a file in it cannot be read.
        ConfigError: a library or the pipeline is missing, the two runs are one, or `out` cannot be made.
    """
    require_matplotlib()
    cloud_class()
    tagger = load_tagger(pos_model)
    found, others = _read(Path(run), None if other is None else Path(other))
    sections = [
        fact_section(found, others),
        curve_section(found, others),
        pos_section(found, others, tagger),
        overlap_section(found, others),
        lift_section(found, others),
        cloud_section(found, others),
        position_section(found, others),
        gradient_section(found, others),
        cost_section(found, others),
    ]
    title = f"Analysis of {found.name}" + (f" against {others.name}" if others else "")
    return write_report(Path(run) / FOLDER if out is None else Path(out), title, sections)


def require_libraries(pos_model: str | None = None) -> None:
    """Raise ConfigError when a library or the pipeline that `analyze_run` needs is missing."""
    require_matplotlib()
    cloud_class()
    load_tagger(pos_model)


def _read(run: Path, other: Path | None) -> tuple[RunData, RunData | None]:
    """Both runs, named by the end of their paths from where these differ."""
    if other is None:
        return read_run(run), None
    parts, others = run.resolve().parts, other.resolve().parts
    if parts == others:
        raise ConfigError(f"{other}: is the run that is analysed; give another run to compare with")
    tail = next(n for n in range(1, max(len(parts), len(others)) + 1) if parts[-n:] != others[-n:])
    return read_run(run, "/".join(parts[-tail:])), read_run(other, "/".join(others[-tail:]))
