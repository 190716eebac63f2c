"""Small generated benchmarks in the layouts of the real files, media included: one writer for each benchmark.

Every writer takes a folder and how many questions to write, and gives the path to read; the folder is the media root.
Right answers go round the letters; media are tiny.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image

from tests.evaluation.benchmarks.image_layouts import write_ai2d, write_chartqa, write_mmmu, write_mmstar
from tests.evaluation.benchmarks.layout_files import Row, as_json, as_parquet, clip, picture, shared_out
from video_ktr.evaluation.benchmarks.mvbench import TASK_FOLDERS

MVBENCH_TASKS = ("action_antonym", "episodic_reasoning", "moving_count")
VSI_TYPES = ("object_counting", "object_rel_direction_easy", "object_rel_direction_hard", "route_planning")
SRT = "1\n00:00:00,000 --> 00:00:00,900\n<i>Good</i> morning\n\n2\n00:00:01,000 --> 00:01:00,000\nto you\nall\n"


def write_video_holmes(folder: Path, *, questions: int = 7) -> Path:
    kinds = ("SR", "IMC", "TCI", "TA", "MHR", "PAR", "CTI")
    rows = [
        {
            "video ID": clip(folder / "videos_cropped", f"film{i % 3}"),
            "Question ID": i,
            "Question Type": kinds[i % 7],
            "Question": f"What is meant in scene {i}?",
            "Options": {letter: f"meaning {letter}" for letter in "ABCDEF"},
            "Answer": "ABCDEF"[i % 6],
            "Explanation": "It shows.",
        }
        for i in range(questions)
    ]
    return as_json(folder / "test_Video-Holmes.json", rows)


def write_videommmu(folder: Path, *, questions: int = 6) -> Path:
    for track, numbers in shared_out(("Perception", "Comprehension", "Adaptation"), questions):
        rows = []
        for i in numbers:
            name = clip(folder / "Science", f"dev_Math_{i}") if i % 2 else clip(folder / "Art", f"new_Art_Theory_{i}")
            open_ended = track == "Adaptation" and i % 6 == 5
            rows.append(
                {
                    "id": name,
                    "question": f"Find x in <image 1>. ({i})",
                    "options": [] if open_ended else [str(n) for n in range(10)],
                    "answer": "['24/7', '3.429']" if open_ended else "ABCDEFGHIJ"[i % 10],
                    "question_type": "open" if open_ended else "multiple-choice",
                    "qa_type": "Problem-solving",
                    "link_selected": "https://example.org",
                    **({"image": picture(i)} if track == "Adaptation" else {}),
                }
            )
        as_parquet(folder / track / "test-00000-of-00001.parquet", rows)
    return folder


def write_mmvu(folder: Path, *, questions: int = 5) -> Path:
    """One open-ended question stands behind the multiple-choice ones."""
    subjects = ("Chemistry", "Computer_Science", "Pharmacy", "Art")
    rows = [
        {
            "id": f"validation_{i}",
            "video": "https://example.org/resolve/main/videos/"
            f"{subjects[i % 4]}/{clip(folder / 'videos' / subjects[i % 4], str(i))}.mp4",
            "youtube_url": "",
            "question_type": "multiple-choice" if i < questions else "open-ended",
            "metadata": {"subject": subjects[i % 4], "textbook": "", "rationale": "", "knowledge": []},
            "question": f"How much is it ({i})?",
            "choices": {letter: f"{letter} g" if i < questions else "" for letter in "ABCDE"},
            "answer": "ABCDE"[i % 5] if i < questions else "in words",
        }
        for i in range(questions + 1)
    ]
    return as_json(folder / "validation.json", rows)


def tempcompass_rows(task: str, numbers: Iterable[int], folder: Path) -> list[Row]:
    dims = ("action", "direction", "speed", "order", "attribute_change")
    lines = {
        "multi-choice": (["A. car", "B. ball", "C. cat"], "B. ball"),
        "yes_no": ([], "yes"),
        "caption_matching": (["Option 1: The car turns.", "Option 2: The ball turns."], "Option 2: The ball turns."),
        "captioning": ([], "The ball turns."),
    }
    rows = []
    for i in numbers:
        options, answer = lines[task]
        video = clip(folder / "tempcompass_videos/videos", f"{i}_reverse")
        row = {
            "video_id": video,
            "question": "\n".join(["What turns?", *options]),
            "answer": answer,
            "dim": dims[i % 5],
        }
        if task == "captioning":
            row |= {"mc_question": "What turns?\nA. car\nB. ball", "mc_answer": "B. ball"}
        rows.append(row)
    return rows


def write_tempcompass(folder: Path, *, questions: int = 8) -> Path:
    for task, numbers in shared_out(("multi-choice", "yes_no", "caption_matching", "captioning"), questions):
        as_parquet(folder / task / "test-00000-of-00001.parquet", tempcompass_rows(task, numbers, folder))
    return folder


def write_videomme(folder: Path, *, questions: int = 6) -> Path:
    """Subtitles for every second video."""
    rows = []
    for i in range(questions):
        video = clip(folder / "data", f"-ab_{i // 3}")
        if i // 3 % 2 == 0:
            (folder / "subtitle").mkdir(exist_ok=True)
            (folder / "subtitle" / f"{video}.srt").write_text(SRT, encoding="utf-8")
        rows.append(
            {
                "video_id": f"{i // 3 + 1:03d}",
                "duration": ("short", "medium", "long")[i // 3 % 3],
                "domain": ("Knowledge", "Life Record")[i // 3 % 2],
                "sub_category": "Biology",
                "url": "https://example.org",
                "videoID": video,
                "question_id": f"{i // 3 + 1:03d}-{i % 3 + 1}",
                "task_type": "OCR Problems",
                "question": "What is written?",
                "options": [f"{letter}. {n}." for n, letter in enumerate("ABCD")],
                "answer": "ABCD"[i % 4],
            }
        )
    as_parquet(folder / "videomme" / "test-00000-of-00001.parquet", rows)
    return folder


def write_mvbench(folder: Path, *, questions: int = 6) -> Path:
    """Episodic reasoning has folders of frames."""
    for task, numbers in shared_out(MVBENCH_TASKS, questions):
        place, rows = folder / "video" / TASK_FOLDERS[task], []
        for i in numbers:
            if task == "episodic_reasoning":
                for frame in range(4):
                    image = place / f"show_{i}" / f"{frame:05d}.jpg"
                    image.parent.mkdir(parents=True, exist_ok=True)
                    Image.new("RGB", (56, 56), (60 * frame, 0, 0)).save(image)
            video = f"show_{i}" if task == "episodic_reasoning" else clip(place, f"clip_{i}") + ".mp4"
            answer = ("open", "close", "shake")[i % 3]
            candidates = ["open", "close", "shake"]
            row = {"video": video, "question": "What happened?", "candidates": candidates, "answer": answer}
            rows.append(row | ({"start": 0.5, "end": 1.5} if task == "moving_count" else {}))
        as_json(folder / "json" / f"{task}.json", rows)
    return folder


def write_vsibench(folder: Path, *, questions: int = 8) -> Path:
    rows = []
    for i in range(questions):
        kind = VSI_TYPES[i % 4]
        number = kind == "object_counting"
        rows.append(
            {
                "id": i,
                "dataset": "scannet",
                "scene_name": clip(folder / "scannet", f"scene{i % 2:04d}_00"),
                "question_type": kind,
                "question": "How many chairs?" if number else "Which way?",
                "ground_truth": "4" if number else "ABC"[i % 3],
                "options": None if number else ["A. left", "B. right", "C. back"],
            }
        )
    as_parquet(folder / "test-00000-of-00001.parquet", rows)
    return folder


LAYOUTS: dict[str, Callable[..., Path]] = {
    "video_holmes": write_video_holmes,
    "videommmu": write_videommmu,
    "mmvu": write_mmvu,
    "tempcompass": write_tempcompass,
    "videomme": write_videomme,
    "mvbench": write_mvbench,
    "vsibench": write_vsibench,
    "mmmu": write_mmmu,
    "ai2d": write_ai2d,
    "mmstar": write_mmstar,
    "chartqa": write_chartqa,
}
