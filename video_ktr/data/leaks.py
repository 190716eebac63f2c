"""Rows of training data that an evaluation set holds too."""

from collections import Counter, defaultdict
from typing import Literal, get_args

from video_ktr.data.matching import digest, is_telling, media_name, question_key
from video_ktr.data.media_hash import MediaHashes, media_size
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import Sample
from video_ktr.data.sources import Source

Match = Literal["question", "media name", "question and media name", "media content"]
MATCHES: tuple[Match, ...] = get_args(Match)
_EXAMPLES = 5


class EvaluationSet:
    """The questions and media of one evaluation set, and how rows of training data match them.

    Each row is compared in four ways, counted apart:

    - question: the same text by `question_key`;
    - media name: the same name by `media_name`, when the name is one that `is_telling`. A name such as ``video_1`` or
      ``12`` does not count by itself;
    - question and media name: both, in one record of the evaluation set; here any name counts;
    - media content: the same bytes, where both files exist. Only files of equal size are hashed.

    A row is a leak when its media are known to be the set's: by name, by name with question, or by content. The same
    question text alone is counted but is no leak, since short questions and those made from templates ("What is the
    theme of the video?") recur over unrelated videos; a row without media has nothing but its text, and there it is.
    """

    def __init__(self, source: Source, hashes: MediaHashes):
        """Read the set; `hashes` computes contents when they are needed, also of the rows compared later.

        Records that cannot be used are in `rejects`. Raises DataError when the file cannot be read.
        """
        self.source = source
        self.rejects = Rejects()
        self.rows = 0
        self.leaked_rows = 0
        self.matches: Counter[Match] = Counter()
        self.examples: list[tuple[str, str]] = []
        self._hashes = hashes
        self._questions: set[bytes] = set()
        self._names: set[str] = set()
        self._pairs: set[bytes] = set()
        self._media: set[str] = set()
        for sample in source.read(self.rejects):
            self._add(sample)
        self._paths_of_size: dict[int, list[str]] = defaultdict(list)
        for path in sorted(self._media):
            if size := media_size(path):
                self._paths_of_size[size].append(path)
        self._contents_of_size: dict[int, set[str | None]] = {}

    @property
    def media(self) -> int:
        """Different media files that the set names."""
        return len(self._media)

    @property
    def missing_media(self) -> int:
        """Those of its media that are not on disk (or empty), so that they match by name alone."""
        return len(self._media) - sum(map(len, self._paths_of_size.values()))

    def matches_of(self, sample: Sample) -> frozenset[Match]:
        """In which ways a row matches the set; nothing is counted."""
        question = question_key(sample.problem)
        found: set[Match] = set()
        if question and digest(question) in self._questions:
            found.add("question")
        if sample.path is not None:
            name = media_name(sample.path)
            if is_telling(name) and name in self._names:
                found.add("media name")
            if question and digest(question, name) in self._pairs:
                found.add("question and media name")
            if self._holds_content(sample.path):
                found.add("media content")
        return frozenset(found)

    def count(self, sample: Sample) -> bool:
        """Count how a row matches the set, and say whether it is a leak."""
        found = self.matches_of(sample)
        self.matches.update(found)
        leaked = bool(found - {"question"}) or (sample.path is None and bool(found))
        self.leaked_rows += leaked
        if leaked and len(self.examples) < _EXAMPLES:
            self.examples.append((sample.problem_id, ", ".join(kind for kind in MATCHES if kind in found)))
        return leaked

    def _add(self, sample: Sample) -> None:
        self.rows += 1
        question = question_key(sample.problem)
        if question:
            self._questions.add(digest(question))
        if sample.path is not None:
            name = media_name(sample.path)
            self._media.add(sample.path)
            self._names.add(name)
            self._pairs.add(digest(question, name))

    def _holds_content(self, path: str) -> bool:
        size = media_size(path)
        if not size or size not in self._paths_of_size:
            return False
        if size not in self._contents_of_size:
            self._contents_of_size[size] = {self._hashes.sha256(known) for known in self._paths_of_size[size]}
        return self._hashes.sha256(path) in self._contents_of_size[size]
