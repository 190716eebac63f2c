import sys

import pytest

from video_ktr.errors import ConfigError
from video_ktr.own_code import import_object


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "own_things.py").write_text("THING = 3\n", encoding="utf-8")
    (tmp_path / "own_mistake.py").write_text("def (\n", encoding="utf-8")
    (tmp_path / "json.py").write_text("dumps = None\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("own_things", None)


def test_a_module_of_the_working_folder_is_found_and_hides_no_other():
    assert import_object("thing", "own_things", "THING") == 3
    assert import_object("thing", "json", "dumps") is not None


@pytest.mark.parametrize(
    ("module", "attribute", "message"),
    [
        ("own_nothing", "THING", "thing 'own_nothing:THING' cannot be imported"),
        ("own_mistake", "THING", "thing 'own_mistake:THING' cannot be imported"),
        ("own_things", "OTHER", "thing 'own_things:OTHER': the module own_things has no OTHER"),
    ],
)
def test_what_cannot_be_had_is_told(module, attribute, message):
    with pytest.raises(ConfigError, match=message):
        import_object("thing", module, attribute)
