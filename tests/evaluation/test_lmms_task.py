import json

import pytest
import torch
import yaml

from tests.evaluation.benchmarks.asking import choice, read
from tests.evaluation.benchmarks.layouts import write_tempcompass
from tests.evaluation.conftest import PLAIN
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.errors import ConfigError
from video_ktr.evaluation import lmms_task
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.lmms_messages import from_lmms
from video_ktr.evaluation.scoring import score_output
from video_ktr.evaluation.wording import Wording

OUTPUTS = ("<think>a</think><answer>A</answer>", "The answer is B.", "", "<answer>yes</answer>")


def documents(folder):
    return [json.loads(line) for line in (folder / "documents.jsonl").read_text().splitlines()]


@pytest.fixture
def task(tmp_path, eval_questions):
    lmms_task.write_task(tmp_path, "mmvu", eval_questions, PLAIN)
    return documents(tmp_path)


def test_prompts_are_those_of_evaluate_to_the_last_pixel(task, asker, eval_questions):
    for document, (_, prompt) in zip(task, asker.prepare(eval_questions), strict=True):
        encoded = asker.encoder.encode(from_lmms(lmms_task.doc_to_messages(document)))
        assert torch.equal(encoded.input_ids_P, prompt.input_ids_P)
        assert torch.equal(encoded.video_patches_KD, prompt.video_patches_KD)
        assert encoded.slot_seconds == prompt.slot_seconds


def test_text_and_media_of_a_document(task, eval_questions):
    question = eval_questions[0]
    assert lmms_task.doc_to_visual(task[0]) == [question.sample.path]
    assert lmms_task.doc_to_text(task[0]) == " ".join([question.sample.problem, *question.sample.options])
    assert task[0]["gold"] == question.gold


@pytest.mark.parametrize("output", OUTPUTS)
def test_scores_are_those_of_evaluate(tmp_path, output):
    write_tempcompass(tmp_path / "questions")
    questions, _ = read("tempcompass", tmp_path / "questions")
    lmms_task.write_task(tmp_path / "task", "tempcompass", questions, PLAIN)
    found = documents(tmp_path / "task")
    assert len(found) == len(questions) > 3
    for document, question in zip(found, questions, strict=True):
        scored = score_output(find_benchmark("tempcompass"), question, output)
        assert lmms_task.process_results(document, [output]) == {
            "video_r1": scored.video_r1,
            "official": scored.official,
            "lenient": scored.lenient,
        }


def test_official_words_are_kept(tmp_path):
    wording = Wording(name="official", template=PROMPT_TEMPLATES["reasoning"])
    lmms_task.write_task(tmp_path, "mvbench", [choice()], wording)
    expected = find_benchmark("mvbench").official_prompt(choice())
    assert lmms_task.doc_to_text(documents(tmp_path)[0]) == expected


def test_the_file_names_what_can_score(tmp_path):
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))
    assert lmms_task.write_task(tmp_path, "mmvu", [choice()], PLAIN) == "video_ktr_mmvu"
    told = yaml.load((tmp_path / "video_ktr_mmvu.yaml").read_text(), Loader)  # noqa: S506  # a safe loader
    assert [metric["metric"] for metric in told["metric_list"]] == ["video_r1", "official", "lenient"]
    functions = [told[key] for key in ("doc_to_messages", "doc_to_visual", "doc_to_text", "process_results")]
    for name in [*functions, told["metric_list"][0]["aggregation"]]:
        module, _, function = name.rpartition(".")
        assert module == lmms_task.__name__
        assert callable(getattr(lmms_task, function))
    assert (tmp_path / told["dataset_kwargs"]["data_files"]["test"]).is_file()


def test_the_mean_is_over_what_was_scored():
    assert lmms_task.mean([1.0, None, 0.0, 0.5]) == 0.5


def test_words_that_hang_on_frames_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="videomme_subtitles words its questions by the times of the frames"):
        lmms_task.write_task(tmp_path, "videomme_subtitles", [choice()], PLAIN)
