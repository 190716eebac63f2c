import sys

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example

from video_ktr.analysis.parts_of_speech import PENN, UNIVERSAL, PatternTagger, SpacyTagger, load_tagger
from video_ktr.errors import ConfigError

NOUNS, VERBS = ("triangle", "square", "cross", "circle"), ("moves", "stops", "turns")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A pipeline trained on twelve sentences such as "The triangle moves." and "It doesn't move."."""
    nlp = spacy.blank("en")
    nlp.add_pipe("morphologizer")
    spacy.util.fix_random_seed(0)
    examples = []
    for noun in NOUNS:
        for verb in VERBS:
            document = Doc(nlp.vocab, words=["The", noun, verb, "."])
            examples.append(Example.from_dict(document, {"pos": ["DET", "NOUN", "VERB", "PUNCT"]}))
    document = Doc(nlp.vocab, words=["It", "does", "n't", "move", "."], spaces=[True, False, True, False, False])
    examples.append(Example.from_dict(document, {"pos": ["PRON", "AUX", "PART", "VERB", "PUNCT"]}))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(25):
        nlp.update(examples, sgd=optimizer)
    path = tmp_path_factory.mktemp("models") / "toy"
    nlp.to_disk(path)
    return path


@pytest.fixture(scope="module", params=["pattern", "spacy"])
def tagger(request, pipeline):
    return PatternTagger() if request.param == "pattern" else SpacyTagger(str(pipeline))


def shown(tagger, text):
    (spans,) = tagger.tag([text])
    return [(text[start:end], pos) for start, end, pos in spans]


def test_a_pipeline_from_a_folder(pipeline):
    tagger = load_tagger(str(pipeline))
    assert shown(tagger, "\n  The square  turns.") == [
        ("The", "DET"),
        ("square", "NOUN"),
        ("turns", "VERB"),
        (".", "PUNCT"),
    ]
    assert shown(tagger, "It doesn't move.")[1:3] == [("does", "AUX"), ("n't", "PART")]
    assert tagger.name.startswith("spaCy en_")
    assert [len(spans) for spans in tagger.tag(["", "The circle", "It"])] == [0, 2, 1]


def test_a_pipeline_that_cannot_be_used(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "meta.json").write_text('{"lang": "en", "name": "x", "version": "1"}')
    (tmp_path / "broken" / "config.cfg").write_text("[nlp]\npipeline = 3")
    for model, message in (
        ("en_no_such_model", "Can't find model"),
        (str(tmp_path / "broken"), "cannot be loaded"),
        (str(tmp_path / "blank"), "gives no parts of speech"),
    ):
        with pytest.raises(ConfigError, match=message) as caught:
            load_tagger(model)
        assert "python -m spacy download en_core_web_sm" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_without_a_model_what_is_installed_decides(monkeypatch):
    monkeypatch.setattr("spacy.util.is_package", lambda _: False)
    assert isinstance(load_tagger(), PatternTagger)
    # A model that is there and does not load is not passed over.
    monkeypatch.setattr("spacy.util.is_package", lambda name: name == "en_core_web_sm")
    monkeypatch.setattr("spacy.load", lambda name, **_: spacy.util.load_model(f"{name}_broken"))
    with pytest.raises(ConfigError, match="en_core_web_sm"):
        load_tagger()


def test_missing_packages_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ConfigError, match=r"spaCy: pip install 'video-ktr\[analysis\]'"):
        load_tagger("any")
    monkeypatch.setitem(sys.modules, "textblob.en", None)
    with pytest.raises(ConfigError, match=r"TextBlob: pip install 'video-ktr\[analysis\]'"):
        load_tagger()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It doesn't stop.", "It/PRON does/VERB n't/PART stop/VERB ./PUNCT"),
        ("It\u2019s red, and the dog's tail is not.", "It/PRON \u2019s/AUX red/ADJ ,/PUNCT and/CCONJ the/DET "
         "dog/NOUN 's/PART tail/NOUN is/AUX not/PART ./PUNCT"),
        ("Wait, I think so because he quickly ran in", "Wait/VERB ,/PUNCT I/PRON think/VERB so/ADV because/SCONJ "
         "he/PRON quickly/ADV ran/VERB in/ADP"),
        ("They can see 4 of 3.5!!", "They/PRON can/AUX see/VERB 4/NUM of/ADP 3.5/NUM !!/PUNCT"),
        ("$ + \n\n (B)", "$/SYM +/SYM (/PUNCT B/PROPN )/PUNCT"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_tagger_that_needs_no_download(text, expected):
    assert " ".join(f"{word}/{pos}" for word, pos in shown(PatternTagger(), text)) == expected


def test_the_table_gives_universal_tags():
    assert set(PENN.values()) <= set(UNIVERSAL)
    assert len(set(UNIVERSAL)) == 17


pieces = st.sampled_from(["don't ", "\u2019s", "'s", "red", " ", "\n", ".", "3,5", "_"])
texts = st.text(max_size=60) | st.lists(pieces).map("".join)


@given(text=texts)
def test_spans_cover_the_text_but_for_white_space(tagger, text):
    (spans,) = tagger.tag([text])
    reached = 0
    for start, end, pos in spans:
        assert reached <= start < end <= len(text)
        assert not text[reached:start].strip()
        assert pos in UNIVERSAL
        reached = end
    assert not text[reached:].strip()
