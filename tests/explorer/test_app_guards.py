import pytest

pytest.importorskip("gradio")  # brings starlette and its client

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from video_ktr.explorer.app_guards import POLICY, guards, is_local


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *(("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True)),
        *(("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("localhost.example", False)),  # noqa: S104
    ],
)
def test_what_only_this_machine_can_reach(host, local):
    assert is_local(host) == local


def answer(bound_to, named):
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("yes"))], middleware=guards(bound_to))
    return TestClient(app).get("/", headers={"Host": named})


@pytest.mark.parametrize("name", ["localhost:7860", "127.0.0.1:7860"])
def test_every_answer_forbids_what_comes_from_elsewhere(name):
    response = answer("127.0.0.1", name)
    assert (response.status_code, response.text) == (200, "yes")
    assert response.headers["content-security-policy"] == POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY


def test_a_foreign_name_for_this_machine_is_refused():
    assert answer("127.0.0.1", "name.test:7860").status_code == 400
    assert answer("0.0.0.0", "name.test:7860").status_code == 200  # noqa: S104
