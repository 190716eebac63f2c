"""Video-Holmes: seven kinds of reasoning over short suspense films, six options a question."""

from collections.abc import Mapping

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers import video_holmes
from video_ktr.data.readers.fields import needed
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question
from video_ktr.evaluation.benchmarks.source_files import Place
from video_ktr.evaluation.extraction import holmes_letter, last_answer_block


class VideoHolmes(Benchmark):
    """The test file (or the train file) of the set. The official prompt is long: use a reasoning template.

    Official: the last answer block, or the whole output without one, read by `holmes_letter`, which favours early
    letters; mean over questions. An output in which it finds no letter is wrong.
    """

    name = "video_holmes"
    title = "Video-Holmes"
    group_names = ("subtask",)
    expected: Mapping[str, int] = {
        "all": 1837, "SR": 292, "IMC": 276, "TCI": 273, "TA": 200, "MHR": 332, "PAR": 194, "CTI": 270,
    }  # fmt: skip
    files = ("**/test_Video-Holmes.json", "**/eval_videoholmes.json", "*.json")
    keys = frozenset({"video ID", "Question", "Options", "Answer"})
    media_folders = ("videos_cropped", "Benchmark/videos", "videos", "videos/videos_cropped", "")

    def read_official(self, place: Place, roots: MediaRoots) -> Question:
        """Read one question; options by letter, the explanation left out."""
        sample = video_holmes.read(place.record, str(place.index), roots)
        return Question(
            id=sample.problem_id,
            sample=sample,
            gold=needed(place.record, "Answer").strip(),
            groups={"subtask": needed(place.record, "Question Type")},
        )

    def video_r1_groups(self, place: Place, sample: Sample) -> Mapping[str, str]:  # noqa: ARG002
        """The kind of question stands in ``original_question_type``."""
        return {"subtask": sample.original_question_type}

    def official_score(self, output: str, question: Question) -> float | None:
        """Score by the official matcher."""
        block = last_answer_block(output)
        return float(holmes_letter(output if block is None else block) == question.right)
