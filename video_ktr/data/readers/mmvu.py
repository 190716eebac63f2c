"""Records of MMVU as the set itself publishes them, multiple choice and open."""

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import Record, answer_among, lettered, media_name, needed, tagged, text
from video_ktr.data.rejects import RecordError
from video_ktr.data.schema import Sample

_VIDEOS = "/videos/"


def read(record: Record, index: str, media: MediaRoots) -> Sample:
    """Read one question; without choices it is free-form.

    The video is given by a web address: its file is what follows "/videos/", below ``videos`` or ``MMVU/videos``.
    Raises RecordError when a field is missing or the answer is none of the choices.
    """
    options = lettered(record.get("choices"), "choices")
    answer = needed(record, "answer").strip()
    name = media_name(record, ("video", "video_path"), media)
    if not name:
        raise RecordError("missing video", "has no 'video'; add the media file")
    _, found, tail = name.rpartition(_VIDEOS)
    names = [f"videos/{tail}", f"MMVU/videos/{tail}"] if found else [name]
    return Sample(
        problem_id=text(record, "id") or index,
        problem=needed(record, "question"),
        problem_type="multiple choice" if options else "free-form",
        solution=answer_among(answer, options) if options else tagged(answer),
        options=options,
        data_type="video",
        path=str(media.resolve_first(names)),
        original_question_type=text(record, "question_type"),
        data_source="MMVU",
    )
