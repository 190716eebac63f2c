"""What the analysed runs were: the settings that matter, versions and commit, and in what two runs differ."""

from collections.abc import Iterator
from typing import Any

from video_ktr.analysis.run_data import RunData
from video_ktr.analysis.sections import Section
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record

ASKED = ("method", "model", "questions")
RESOLVED = (
    "preset",
    *("max_steps", "num_generations", "per_device_train_batch_size", "gradient_accumulation_steps"),
    *("learning_rate", "beta", "temperature", "max_completion_length", "seed", "token_record_rate", "key_tokens"),
)
_PLACES = ("output_dir", "logging_dir", "run_name", "hub_token")
"""Settings that say where a run is, not what it is."""


def fact_section(run: RunData, other: RunData | None) -> Section:
    """The first section of the report: facts of the runs, and every setting in which they differ."""
    runs = [run, *([] if other is None else [other])]
    facts = [dict(_facts(each)) for each in runs]
    names = list(dict.fromkeys(name for found in facts for name in found))
    rows: list[tuple[Value, ...]] = [(name, *(found.get(name) for found in facts)) for name in names]
    columns = ("what", *(each.name for each in runs))
    tables = [Table(name="run", title="Runs", columns=columns, rows=tuple(rows))]
    if other is not None:
        tables.append(
            Table(
                name="settings",
                title="Settings that differ",
                columns=("setting", *columns[1:]),
                rows=tuple(differences(run, other)),
                note="All others are the same. What a run had not, or left at null, is shown as -.",
            )
        )
    return Section(id="run", title="The runs" if other else "The run", text=(), tables=tuple(tables))


def differences(run: RunData, other: RunData) -> list[tuple[Value, ...]]:
    """(setting, its value, the other's) of every setting that differs, apart from where the runs are."""
    found, others = ({**_flat(each.asked), **_flat(each.settings)} for each in (run, other))
    names = [name for name in sorted({*found, *others}) if name not in _PLACES]
    return [
        (name, _text(found.get(name)), _text(others.get(name))) for name in names if found.get(name) != others.get(name)
    ]


def _facts(run: RunData) -> Iterator[tuple[str, Value]]:
    """Name and value of what is known, in the order of the table."""
    yield "folder", str(run.folder)
    shown = {name: run.asked[name] for name in ASKED if name in run.asked}
    shown |= {name: run.settings[name] for name in RESOLVED if name in run.settings}
    for name, value in _flat(shown).items():
        yield name, _text(value)
    yield "last step", max((int(record["step"]) for record in run.metrics), default=None)
    for name in ("commit", "platform", "gpus", "processes", "cpu_threads", "python", "packages"):
        if name in run.environment:
            yield name, _text(run.environment[name])


def _flat(settings: Record, before: str = "") -> dict[str, Any]:
    """Nested settings by dotted names."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = value
    return flat


def _text(value: Any) -> Value:
    if value is None or isinstance(value, str | int | float):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, dict):
        return ", ".join(f"{name} {version}" for name, version in value.items() if version is not None)
    return ", ".join(map(str, value)) or "none"
