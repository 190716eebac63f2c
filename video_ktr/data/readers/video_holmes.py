"""Records of Video-Holmes, train and test; their keys hold spaces."""

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import Record, answer_among, lettered, needed, text
from video_ktr.data.schema import Sample

# As the archive unpacks, as the official script wants them, and as copies in use have them.
_FOLDERS = ("videos_cropped", "Benchmark/videos", "videos", "videos/videos_cropped")


def read(record: Record, index: str, media: MediaRoots) -> Sample:
    """Read one question; options by letter become ``["A. ...", ...]``. The explanation is not read.

    Raises RecordError when a field is missing or the answer is none of the options.
    """
    options = lettered(record.get("Options"), "Options")
    video = needed(record, "video ID")
    return Sample(
        problem_id=text(record, "Question ID") or index,
        problem=needed(record, "Question"),
        problem_type="multiple choice",
        solution=answer_among(needed(record, "Answer").strip(), options),
        options=options,
        data_type="video",
        path=str(media.resolve_first([f"{folder}/{video}.mp4" for folder in _FOLDERS])),
        original_question_type=text(record, "Question Type"),
        data_source="Video-Holmes",
    )
