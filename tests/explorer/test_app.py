import socket
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("gradio")

import httpx
import psutil
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError, Status

from tests.data.clips import write_numbered
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.evaluation.answering import Answerer
from video_ktr.explorer.app import build_app, framed, start_app
from video_ktr.explorer.upload_limits import UploadLimits
from video_ktr.toyworld.model import build_checkpoint

MEDIA = MediaConfig(min_pixels=784, max_pixels=3136, max_frames=4, min_frames=2)
LIMITS = UploadLimits(megabytes=1, seconds=3, waiting=1)
QUESTION = "what moves <script>alert(1)</script> ?"
PATIENCE = 240
"""Seconds that a busy machine may take for anything here."""
OPTIONS = "circle\n\n<img src=x onerror=alert(1)>\n"


class Gated(Answerer):
    """A model that answers while its gate is open."""

    gate, entered = threading.Event(), threading.Semaphore(0)

    def draw(self, sample, on_text=None):
        self.entered.release()
        assert self.gate.wait(PATIENCE)
        return super().draw(sample, on_text)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory):
    checkpoint = build_checkpoint(tmp_path_factory.mktemp("checkpoint"), seed=0)
    return Gated.load(str(checkpoint), template="plain", media=MEDIA, max_new_tokens=12, temperature=1.0)


@pytest.fixture(scope="module")
def serve(answerer, tmp_path_factory):
    """Starts the app on a free port: (app, address, folder)."""
    apps, folder = [], tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))

        def start():
            apps.append(build_app(answerer, LIMITS))
            return apps[-1], start_app(apps[-1], LIMITS, host="127.0.0.1", port=free_port()), folder

        yield start
        for app in apps:
            app.close(verbose=False)


@pytest.fixture(scope="module")
def address(serve):
    return serve()[1]


@pytest.fixture
def client(address):
    return Client(address, verbose=False, analytics_enabled=False)


@pytest.fixture(autouse=True)
def _open_gate(answerer):
    answerer.gate.set()
    while answerer.entered.acquire(blocking=False):
        pass


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_numbered(tmp_path_factory.mktemp("clips") / "clip.mp4", 20, rate=10)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ask(client, video, question=QUESTION, options=""):
    return client.predict(video and handle_file(str(video)), question, options, api_name="/ask")


def test_a_question_gets_its_reply_and_a_page_in_a_sandbox(client, answerer, clip):
    reply, page, download = ask(client, clip, options=OPTIONS)
    expected = answerer.answer(clip, QUESTION, ["circle", "<img src=x onerror=alert(1)>"])
    assert reply == expected.output
    html = Path(download["value"]).read_text(encoding="utf-8")
    assert page == framed(html)
    assert page.startswith('<iframe title="Explorer" sandbox="allow-scripts" style=')
    assert page.count("<") == 2
    assert "Content-Security-Policy" in html


@pytest.mark.parametrize(
    ("video", "question", "options", "message"),
    [
        ("long.mp4", "why ?", "", "long.mp4: lasts 4.0 seconds, and the limit is 3; give a shorter video"),
        ("text.mp4", "why ?", "", "text.mp4: cannot be opened as a video"),
        ("", "why ?", "", "there is no video: upload one first"),
        ("clip.mp4", " ", "", "the question is empty: write what the model is to be asked"),
        ("clip.mp4", "why ?", "<b>", "options '&lt;b&gt;': fewer than two options"),
    ],
)
def test_a_mistake_is_told_in_one_line_that_names_no_folder(client, clip, tmp_path, video, question, options, message):
    write_numbered(tmp_path / "long.mp4", 40, rate=10)
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    with pytest.raises(AppError) as caught:
        ask(client, tmp_path / video if video else None, question, options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert "/" not in str(caught.value).replace("&lt;/", "")


def test_an_address_in_place_of_a_video_is_not_fetched(client, monkeypatch):
    asked = []

    async def fetch(url, **_):
        asked.append(url)
        raise OSError("no network")

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    video = {"path": "https://example.org/clip.mp4", "meta": {"_type": "gradio.FileData"}}
    for given in ((video, "why ?", ""), (None, video, ""), (None, "why ?", {"lines": [video]})):
        with pytest.raises(AppError, match="addresses are not fetched: upload the video"):
            client.predict(*given, api_name="/ask")
    assert asked == []


def test_a_file_above_the_limit_is_refused(address):
    for size, status in ((2**20 - 4096, 200), (2**20 + 1, 413)):
        files = {"files": ("big.mp4", bytes(size))}
        assert httpx.post(f"{address}gradio_api/upload", files=files, timeout=PATIENCE).status_code == status


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def busy(client, clip, answerer):
    """One question that is being answered, and one that waits: as many as the app takes."""
    answerer.gate.clear()
    arguments = (handle_file(str(clip)), "why ?", "")
    first = client.submit(*arguments, api_name="/ask")
    assert answerer.entered.acquire(timeout=PATIENCE)
    second = client.submit(*arguments, api_name="/ask")
    wait_for(lambda: second.status().code == Status.IN_QUEUE)
    yield first, second
    answerer.gate.set()
    for job in (first, second):
        job.result(timeout=PATIENCE)


def test_one_question_at_a_time_and_one_too_many_is_told_so(busy, client, clip, answerer):
    first, second = busy
    with pytest.raises(QueueError, match="Queue is full! Please try again"):
        ask(client, clip)
    assert not answerer.entered.acquire(timeout=0.3)
    assert not first.done()
    answerer.gate.set()
    assert first.result(timeout=PATIENCE)[0] == second.result(timeout=PATIENCE)[0]
    assert answerer.entered.acquire(timeout=1)


def test_only_this_machine_is_listened_to(address):
    port = int(address.rstrip("/").rpartition(":")[2])
    listening = [c.laddr for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"]
    assert {place.ip for place in listening if place.port == port} == {"127.0.0.1"}
    config = httpx.get(f"{address}config", timeout=PATIENCE).json()
    assert (config["analytics_enabled"], config["enable_queue"]) == (False, True)
    assert httpx.get(f"{address}gradio_api/file={__file__}", timeout=PATIENCE).status_code == 403


def test_a_port_in_use_is_told(answerer):
    app = build_app(answerer, LIMITS)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match="give another --port"):
            start_app(app, LIMITS, host="127.0.0.1", port=port)


def test_uploads_and_pages_go_when_the_app_ends(serve, tmp_path):
    app, own, folder = serve()
    before = set(folder.rglob("*.*"))
    ask(Client(own, verbose=False, analytics_enabled=False), write_numbered(tmp_path / "own.mp4", 12, rate=10))
    added = set(folder.rglob("*.*")) - before
    assert sorted(path.name for path in added) == ["own.mp4", "video-ktr-reply.html"]
    app.close(verbose=False)
    wait_for(lambda: not any(path.exists() for path in added))


@pytest.fixture
def view(chromium, address):
    """The app in a browser; at the end nothing but its own server was asked."""
    requests, context = [], chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: requests.append(dialog.message))
    page.goto(address)
    yield page
    context.close()
    own = (address, f"blob:{address}", "data:")
    assert len(requests) > 10
    assert [url for url in requests if not url.startswith(own)] == []


def fill(view, clip, options=""):
    view.locator("input[type=file]").first.set_input_files(str(clip))
    view.get_by_label("Question", exact=True).fill(QUESTION)
    view.get_by_label("Options").fill(options)
    view.get_by_label("Trim video to selection").wait_for()  # once it is uploaded
    view.get_by_role("button", name="Ask").click()


def test_the_page_lives_in_the_browser(view, answerer, clip):
    fill(view, clip, OPTIONS)
    frame = view.frame_locator("iframe[title=Explorer]")
    frame.locator("#frames img").first.wait_for()
    expected = answerer.answer(clip, QUESTION, ["circle", "<img src=x onerror=alert(1)>"])
    assert view.get_by_label("Reply", exact=True).input_value() == expected.output
    assert frame.locator("#question").inner_text().splitlines()[0] == QUESTION
    assert frame.locator("#frames img").count() == 4
    assert "tokens learn" in frame.locator("#status").inner_text()
    with view.expect_download() as download:
        view.get_by_text("Download the page").click()
    assert download.value.suggested_filename == "video-ktr-reply.html"
    view.get_by_label("Options").fill("<img src=x onerror=alert(1)>")
    view.get_by_role("button", name="Ask").click()
    toast = view.locator(".toast-body")
    toast.wait_for()
    assert "options '<img src=x onerror=alert(1)>': fewer than two options" in toast.inner_text()
    assert toast.locator("img[src=x]").count() == 0
    assert view.locator("iframe[title=Explorer]").count() == 0


@pytest.mark.usefixtures("busy")
def test_a_full_line_is_told_in_the_browser(view, clip):
    fill(view, clip)
    toast = view.locator(".toast-body")
    toast.wait_for()
    assert "currently busy. Please try again." in toast.inner_text()
