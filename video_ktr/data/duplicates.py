"""The same question about the same media, met twice."""

from collections import defaultdict

from video_ktr.data.matching import digest, question_key
from video_ktr.data.media_hash import MediaHashes, media_size
from video_ktr.data.sample import Sample


class Duplicates:
    """Finds rows whose question and media were met before.

    Questions are the same by `question_key`, media by their content: two copies of a video under two names are one.
    Media that are not on disk are the same when their paths are. Only files of equal size below equal questions are
    hashed. Options and solution do not count, as the same question with its options in another order is still the
    same question; how often they differed is in `with_other_answer`.
    """

    def __init__(self, hashes: MediaHashes):
        """Start with nothing met; `hashes` computes contents when they are needed."""
        self.removed = 0
        self.with_other_answer = 0
        self._hashes = hashes
        self._met: dict[tuple[bytes, int | str | None], list[Sample]] = defaultdict(list)

    def is_new(self, sample: Sample) -> bool:
        """Whether no row met before is the same; if so, the row is met from now on, else it is counted."""
        size = None if sample.path is None else media_size(sample.path)
        media = sample.path if size is None else size
        met = self._met[digest(question_key(sample.problem) or sample.problem), media]
        same = next((other for other in met if self._same_media(sample.path, other.path)), None)
        if same is None:
            met.append(sample)
            return True
        self.removed += 1
        self.with_other_answer += (same.options, same.solution) != (sample.options, sample.solution)
        return False

    def _same_media(self, one: str | None, other: str | None) -> bool:
        if one == other:
            return True
        if one is None or other is None:
            return False
        content = self._hashes.sha256(one)
        return content is not None and content == self._hashes.sha256(other)
