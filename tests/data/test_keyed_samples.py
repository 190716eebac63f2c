from dataclasses import replace
from pathlib import Path

from video_ktr.data.keyed_samples import KeyedSample, below, digest_of, keyed
from video_ktr.data.sample import Sample

SAMPLE = Sample(
    problem_id="7",
    problem="why ?",
    problem_type="multiple choice",
    solution="<answer>A</answer>",
    options=("A. so", "B. not"),
    data_type="video",
    path="/data/clips/3.mp4",
)


def keys(samples, root="/data"):
    return [question.key for question in keyed(samples, [Path(root)])]


def test_content_and_place_make_the_key():
    changed = [
        replace(SAMPLE, problem="how ?"),
        replace(SAMPLE, solution="B"),
        replace(SAMPLE, options=("A. so",)),
        replace(SAMPLE, problem_id="8"),
        replace(SAMPLE, path="/data/clips/4.mp4"),
    ]
    assert len({key for sample in [SAMPLE, *changed] for key in keys([sample])}) == 6
    first, twin = keys([SAMPLE, SAMPLE])
    assert first != twin
    assert keys([SAMPLE]) == [first]


def test_moved_media_keep_the_key():
    moved = replace(SAMPLE, path="/mnt/other/clips/3.mp4")
    assert keys([moved], "/mnt/other") == keys([SAMPLE])
    assert keys([moved], "/data") != keys([SAMPLE])


def test_paths_outside_the_root_stay_as_they_are():
    roots = [Path("/data"), Path("/more")]
    assert below("/data/clips/3.mp4", roots) == below("/more/clips/3.mp4", roots) == "clips/3.mp4"
    assert below("/other/3.mp4", roots) == "/other/3.mp4"
    assert below(None, roots) is None


def test_a_question_survives_json():
    (question,) = keyed([SAMPLE], [Path("/data")])
    assert KeyedSample.from_json(question.to_json()) == question


def test_the_digest_of_all_sees_their_order():
    one, two = keyed([SAMPLE, replace(SAMPLE, problem="how ?")], [Path("/data")])
    assert digest_of([one, two]) != digest_of([two, one])
