import json

import pytest

from tests.evaluation.benchmarks.asking import read
from tests.evaluation.benchmarks.layouts import write_mmvu, write_tempcompass
from tests.evaluation.results import row
from video_ktr.data.rejects import Rejects
from video_ktr.errors import DataError
from video_ktr.evaluation.predictions import Prediction, read_predictions


@pytest.fixture
def mmvu(tmp_path):
    return read("mmvu", write_mmvu(tmp_path / "mmvu"))[0]


def saved(path, records):
    lines = path.suffix == ".jsonl"
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    path.write_text(text, encoding="utf-8")
    return path


def outputs(found):
    return {key: prediction.output for key, prediction in found.found.items()}


def test_lines_or_a_list_of_id_and_output(tmp_path, mmvu):
    records = [{"id": question.id, "output": f"<answer>{i}</answer>"} for i, question in enumerate(mmvu)]
    for name in ("p.jsonl", "p.json"):
        found = read_predictions([saved(tmp_path / name, records)], mmvu, Rejects())
        assert outputs(found) == {question.id: f"<answer>{i}</answer>" for i, question in enumerate(mmvu)}
        assert (found.unmatched, found.duplicates) == ([], [])


def test_what_video_r1_writes_by_text_where_ids_are_others(tmp_path, mmvu):
    # Its ids count from 1, and "prediction" is what it took from the output.
    results = [
        {
            "problem_id": i,
            "problem": question.sample.problem,
            "path": f"./Evaluation/MMVU/{question.sample.path}",
            "output": f"out {question.id}",
            "prediction": "A",
        }
        for i, question in enumerate(mmvu, 1)
    ]
    path = saved(tmp_path / "p.json", {"results": results, "final_acc": [{"mean_acc": 0.5, "mean_mra": 0.0}]})
    found = read_predictions([path], mmvu, Rejects())
    assert outputs(found) == {question.id: f"out {question.id}" for question in mmvu}


def test_lines_of_question_and_model_output(tmp_path, mmvu):
    told = ((mmvu[1].id, "x"), (mmvu[0].id, None))
    records = [{"question": {"id": key}, "model_output": output} for key, output in told]
    found = read_predictions([saved(tmp_path / "p.jsonl", records)], mmvu, Rejects())
    assert outputs(found) == {mmvu[1].id: "x", mmvu[0].id: None}


def test_tempcompass_own_files_in_a_folder(tmp_path):
    folder = write_tempcompass(tmp_path / "questions")
    questions = read("tempcompass", folder)[0]
    (tmp_path / "p").mkdir()
    for task in ("multi-choice", "yes_no", "caption_matching", "captioning"):
        videos = {}
        for question in questions:
            if question.groups["task"] == task:
                aspects = videos.setdefault(question.sample.path.rpartition("/")[2].removesuffix(".mp4"), {})
                record = {"question": question.details["question"], "answer": "-", "prediction": question.id}
                aspects.setdefault(question.groups["aspect"], []).append(record)
        saved(tmp_path / "p" / f"{task}.json", videos)
    found = read_predictions([tmp_path / "p"], questions, Rejects())
    assert outputs(found) == {question.id: question.id for question in questions}
    assert found.unmatched == []


def test_rows_of_a_result_keep_their_state(tmp_path, mmvu):
    lost = row(mmvu[0].id, 0.0, state="missing media", output=None, problem=mmvu[0].sample.problem, length=None)
    cut = row(mmvu[1].id, problem=mmvu[1].sample.problem, truncated=True)
    found = read_predictions([saved(tmp_path / "rows.jsonl", [lost, cut])], mmvu, Rejects()).found
    assert found[mmvu[0].id] == Prediction(output=None, state="missing media")
    assert found[mmvu[1].id] == Prediction(output=cut["output"], length=7, truncated=True)


def test_strangers_duplicates_and_faults_are_told(tmp_path, mmvu):
    key, rejects = mmvu[0].id, Rejects()
    records = [{"id": key, "output": "first"}, {"id": key, "output": "second"}, {"id": "no one", "output": "x"}]
    path = saved(tmp_path / "p.jsonl", [*records, {"id": key}, {"id": key, "output": 3}, [1]])
    found = read_predictions([path], mmvu, rejects)
    assert outputs(found) == {key: "first"}
    assert found.duplicates == [f"{path} record 1"]
    assert found.unmatched == [f"{path} record 2"]
    assert rejects.counts() == {"missing output": 1, "bad output": 1, "not an object": 1}


def test_files_that_fit_nothing_are_refused(tmp_path, mmvu):
    path = saved(tmp_path / "p.jsonl", [{"id": "no one", "output": "x"}])
    with pytest.raises(
        DataError, match=r"no prediction fits the questions \(1 records, 0 without a text as output, 1 of"
    ):
        read_predictions([path], mmvu, Rejects())
    with pytest.raises(DataError, match=r"no\.json: no such file or folder; check the path of the predictions"):
        read_predictions([tmp_path / "no.json"], mmvu, Rejects())
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no \.json"):
        read_predictions([tmp_path / "empty"], mmvu, Rejects())
