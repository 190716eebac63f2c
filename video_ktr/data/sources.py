"""A file of questions among others, and how much of it is wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import DATA_TYPES, ReadOptions, Sample, iter_samples
from video_ktr.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file of questions, and how many of them to take.

    Raises ConfigError for an unknown format, and for a number of rows below 1 or an unknown data type in `take`.
    """

    name: str
    """Stands in the card, and in front of ids that two sources share."""
    file: str
    media_root: tuple[str, ...] = ()
    """Folders to look for the media in; the file's own folder unless given."""
    format: str | None = None
    """Format of the file; guessed unless given."""
    take: int | Mapping[str, int] | None = None
    """At most so many rows, or so many of each data type (types left out are not taken); None takes all."""

    def __post_init__(self) -> None:
        _ = self.options  # refuses an unknown format
        if self.take is None:
            return
        numbers = self.take if isinstance(self.take, Mapping) else {"rows": self.take}
        for kind, number in numbers.items():
            if isinstance(self.take, Mapping) and kind not in DATA_TYPES:
                raise ConfigError(f"sources.{self.name}.take: {kind!r} is no data type; use {', '.join(DATA_TYPES)}")
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ConfigError(f"sources.{self.name}.take: {kind} is {number!r}; give a whole number above 0")

    @property
    def options(self) -> ReadOptions:
        """How its file is read."""
        return ReadOptions(media_root=self.media_root or None, format=self.format)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders its media are looked for in."""
        return self.options.media_roots(self.file).roots

    def read(self, rejects: Rejects) -> Iterator[Sample]:
        """Read its samples one by one; records that cannot be used go to `rejects`."""
        return iter_samples(self.file, self.options, rejects=rejects)
