"The panels in a real browser: in JupyterLab, and as the page that `dualntm panel` shows. Nothing may leave the machine."
import json, os, shutil, signal, subprocess, sys, time, urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dualntm.neo4j_server import free_port

root = Path(__file__).parent.parent
SMALL = {"Batches": "100000", "Controller size": "20", "Memory cells": "16", "Cell width": "8"}  # a run that does not end while it is watched
ALLOWED = ()  # beginnings of errors in the console that are known to be harmless
SHOTS = Path(os.environ.get("DUALNTM_SHOTS", root/"test-output"))  # where pictures of the screen go


@pytest.fixture(scope="module")
def chromium():
    "A running Chromium. In CI a missing one is a failure; elsewhere the tests are skipped."
    try:
        from playwright.sync_api import sync_playwright
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        if path is None: raise ImportError("there is no chromium on the PATH: apt-get install chromium")
    except ImportError as e:
        if os.environ.get("CI"): raise
        pytest.skip(str(e))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def page_of(chromium, address):
    "A page that may ask only this machine; in the end, nothing else was asked, and the console holds no error."
    outside, errors = [], []
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(60_000)

    def route(route):
        here = urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost")
        if not here: outside.append(route.request.url)
        route.continue_() if here else route.abort()
    page.route(lambda url: urlsplit(url).scheme not in ("data", "blob"), route)
    page.on("websocket", lambda socket: urlsplit(socket.url).hostname in ("127.0.0.1", "localhost") or outside.append(socket.url))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    try:
        yield page
        assert outside == []
        assert [error for error in errors if not error.startswith(ALLOWED)] == []
    finally:
        shot(page, "last")
        page.close()


def shot(page, name, of=None):
    "Keep a picture of the screen, or of a part of it."
    SHOTS.mkdir(exist_ok=True)
    (of or page).screenshot(path=SHOTS/f"{name}.png")


@contextmanager
def process(*words, **how):
    "A process that is ended as Ctrl-C ends it."
    running = subprocess.Popen([sys.executable, "-m", *map(str, words)], text=True, **how)
    try: yield running
    finally:
        running.send_signal(signal.SIGINT)
        try: running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            raise


def settings(folder):
    "The environment of a Jupyter that knows nothing of its user."
    return {**os.environ, **{f"JUPYTER_{name}_DIR": str(folder/name) for name in ("CONFIG", "DATA", "RUNTIME")}, "IPYTHONDIR": str(folder/"ipython"),
            "PYTHONPATH": str(root), "TQDM_DISABLE": "1"}


@pytest.fixture
def lab(tmp_path):
    "The address of panels.ipynb in a JupyterLab that asks nothing of the network."
    (work := tmp_path/"nbs").mkdir()
    shutil.copy(root/"nbs"/"panels.ipynb", work)
    (tmp_path/"data").symlink_to(root/"data")
    (app := tmp_path/"app").mkdir()
    (app/"overrides.json").write_text(json.dumps({"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}))
    port, token = free_port(), "not-a-secret"
    with process("jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
                 f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}", f"--LabApp.app_settings_dir={app}", "--LabApp.news_url=None",
                 "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly", "-y",
                 env=settings(tmp_path), stdout=subprocess.DEVNULL, stderr=(tmp_path/"lab.log").open("w")) as running:
        while True:
            assert running.poll() is None, (tmp_path/"lab.log").read_text()
            try: urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token={token}").close()
            except OSError: time.sleep(.1)
            else: break
        yield f"http://127.0.0.1:{port}/lab/tree/panels.ipynb?token={token}"


def button(where, text): return where.locator(".jupyter-button", has_text=text).first


def field(where, label): return where.get_by_label(label, exact=True)


def until_changed(page, read, before):
    "Wait until something differs from what it was, and give what it is now."
    for _ in range(600):
        if (now := read()) not in (None, before): return now
        page.wait_for_timeout(100)
    raise AssertionError(f"still {before!r:.100} after a minute")


def picture(page, alt): return page.locator(f'.widget-html img[alt^="{alt}"]').first


def start_and_pause(page, name):
    "Start the training panel with a small network, see its curve change, and pause it."
    for label, value in SMALL.items(): field(page, label).fill(value)
    field(page, "Cell width").press("Enter")
    button(page, "Start").click()
    def curve(): return picture(page, "Learning curve").get_attribute("src") if picture(page, "Learning curve").count() else None
    first = until_changed(page, curve, None)
    until_changed(page, curve, first)
    picture(page, "Weightings of the heads").wait_for()
    shot(page, name)
    button(page, "Pause").click()
    page.locator(".widget-html", has_text="paused").first.wait_for()
    still = curve()
    page.wait_for_timeout(1000)
    assert curve() == still


def test_jupyterlab(lab, chromium):
    with page_of(chromium, lab) as page:
        page.get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        button(page, "Start").wait_for()
        start_and_pause(page, "train")

        slider = page.locator(".widget-slider", has=page.locator(".widget-label", has_text="Step"))
        handle, memory = slider.locator(".noUi-handle"), picture(page, "The short-term memory")
        def seen(): return slider.locator(".widget-readout").text_content(), memory.get_attribute("src")
        handle.scroll_into_view_if_needed()
        before = seen()
        assert before[0] == "0"
        handle.focus()
        page.keyboard.press("ArrowRight")
        until_changed(page, lambda: memory.get_attribute("src"), before[1])
        assert seen()[0] == "1"
        here, end = handle.bounding_box(), slider.locator(".noUi-base").bounding_box()
        at = here["x"] + here["width"] / 2, here["y"] + here["height"] / 2
        before = seen()
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(end["x"] + end["width"] / 2, at[1], steps=5)
        page.mouse.up()
        until_changed(page, lambda: memory.get_attribute("src"), before[1])
        assert int(seen()[0]) > 5
        shot(page, "explore")

        graph = page.locator(".dualntm-graph").last
        graph.scroll_into_view_if_needed()
        text = graph.locator(".dualntm-rows .jupyter-button").nth(2).text_content()
        field(graph, "Search").fill(text)
        field(graph, "Search").press("Enter")
        result = graph.locator(".dualntm-rows").first.locator(".jupyter-button")
        until_changed(page, result.count, 20)
        assert result.count() == 1 and result.text_content() == text
        result.click()
        graph.locator(f'svg[role="img"][aria-label$="around: {text}"]').wait_for()
        shot(page, "graph", graph)


def test_dualntm_panel(chromium, tmp_path):
    pytest.importorskip("voila") if not os.environ.get("CI") else __import__("voila")
    (work := tmp_path/"work").mkdir()
    port = free_port()
    with process("dualntm", "panel", "--no-browser", "--port", port, "--checkpoint", root/"data"/"copy"/"default-seed1", cwd=work, env=settings(tmp_path),
                 stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        said = running.stdout.readline()
        assert said.startswith(f"the panels are at http://127.0.0.1:{port}/?token="), (tmp_path/"panel.log").read_text()
        address = said.split()[-1]
        assert urlsplit(urllib.request.urlopen(address.partition("?")[0]).url).path == "/login"  # without the token
        with page_of(chromium, address) as page:
            button(page, "Start").wait_for()
            picture(page, "The short-term memory").wait_for()
            start_and_pause(page, "panel")
            button(page, "Open").click()
            page.locator(".widget-html", has_text="is open").wait_for()
    assert running.returncode == 0
    assert (work/"checkpoints"/"copy-ntm-seed1000"/"latest.pt").exists()
