import pytest

from video_ktr.data.prompt_files import find_template, read_template
from video_ktr.data.prompts import ANSWER_HINTS, PROMPT_TEMPLATES, PromptTemplate, build_messages
from video_ktr.data.schema import Sample
from video_ktr.errors import ConfigError

SAMPLE = Sample(
    problem_id="7",
    problem="What falls first?",
    problem_type="multiple choice",
    solution="B",
    options=("A. cup", "B. pen"),
    data_type="video",
    path="/clips/3.mp4",
)


@pytest.fixture
def file(tmp_path):
    """Write a template file of the given name and content; gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_text_file_is_the_text(file):
    assert read_template(file("a.txt", "Look. {question}\n{answer_hint}\n")) == PromptTemplate(
        "Look. {question}\n{answer_hint}"
    )
    # A byte order mark and the line ends of another system do not reach the prompt; a second line end does.
    assert read_template(file("b", b"\xef\xbb\xbfSeh\xc3\xa9 {question}\r\n\r\n")).text == "Sehé {question}\n"


def test_a_yaml_file_can_say_all_that_the_released_template_needs(file):
    path = file(
        "own.YAML",
        'text: "{question}\\nThink first.{answer_hint}"\n'
        "media_first: true\n"
        "option_layout: attached\n"
        "answer_hints:\n"
        '  multiple choice: " One letter."\n'
        '  numerical: " One number."\n',
    )
    template = read_template(path)
    [turn] = build_messages(SAMPLE, template)
    assert turn["content"] == [
        {"type": "video", "video": "/clips/3.mp4"},
        {"type": "text", "text": "What falls first?Options:\nA. cup\nB. pen\n\nThink first. One letter."},
    ]
    assert template.answer_hints == {
        **ANSWER_HINTS,
        "multiple choice": " One letter.",
        "numerical": " One number.",
    }


def test_braces_around_anything_but_a_name_are_text(file):
    text = r'{question} Write \boxed{} or \boxed{ x } or {"a": 1} or {2}.'
    assert read_template(file("a.txt", text)).text == text


def test_a_template_is_a_name_or_a_file(file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    file("plain", "Ours: {question}")
    file("words", "Words: {question}")
    assert find_template("plain") is PROMPT_TEMPLATES["plain"]
    assert find_template("./plain").text == "Ours: {question}"
    assert find_template("words").text == "Words: {question}"
    assert find_template(str(tmp_path / "words")).text == "Words: {question}"
    with pytest.raises(ConfigError, match=r"'poem' is unknown; use one of reasoning, plain, or the path of a file"):
        find_template("poem")
    with pytest.raises(ConfigError, match=r"poem\.txt: no such file"):
        find_template("poem.txt")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", r"the text has no \{question\}"),
        ("a.txt", "{answer_hint}", r"the text has no \{question\}"),
        ("a.txt", "{question} {quesiton}", r"\{quesiton\} is no placeholder"),
        ("a.txt", b"{question} \xff", "is not UTF-8 text"),
        ("a.txt", "{question}".encode("utf-16"), "is not UTF-8 text"),
        ("a.yaml", "text: [", "not valid YAML"),
        ("a.yaml", "", "expected a mapping with the key 'text'"),
        ("a.yaml", "- '{question}'", "expected a mapping with the key 'text'"),
        ("a.yaml", "media_first: true", "expected a mapping with the key 'text'"),
        ("a.yml", "{text: '{question}', media_frist: true}", "unknown key 'media_frist'; use one of text, media_first"),
        ("a.yml", "{text: '{question}', 3: true}", "unknown key 3"),
        ("a.yml", "text: 3", "text is 3: expected text"),
        ("a.yml", "{text: '{question}', media_first: last}", "media_first is 'last': expected true or false"),
        ("a.yml", "{text: '{question}', option_layout: columns}", "option_layout is 'columns'; use one of lines"),
        ("a.yml", "{text: '{question}', option_layout: null}", "option_layout is None: expected text"),
        ("a.yml", "{text: '{question}{answer_hint}', answer_hints: [a]}", "answer_hints is .*: expected a section"),
        ("a.yml", "{text: '{question}{answer_hint}', answer_hints: {maths: a}}", "unknown type 'maths'; use one of"),
        ("a.yml", "{text: '{question}{answer_hint}', answer_hints: {OCR: 3}}", "OCR is 3: expected text"),
        ("a.yml", "{text: '{question}', answer_hints: {OCR: a}}", "answer_hints has no effect"),
    ],
)
def test_each_mistake_names_the_file(file, name, content, message):
    path = file(name, content)
    with pytest.raises(ConfigError, match=message) as error:
        read_template(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file; check the path of the prompt template"):
        read_template(tmp_path / "none.txt")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_template(tmp_path)
