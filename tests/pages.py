"Pages in a real browser, and the processes that serve them: for the tests, and for the picture of the panel in README."
import os, shutil, signal, subprocess, sys, time, urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

root = Path(__file__).parent.parent
SMALL = {"Batches": "100000", "Controller size": "20", "Memory cells": "16", "Cell width": "8"}  # a run that does not end while it is watched
HERE = "EXCLUDE 127.0.0.1, EXCLUDE localhost"  # the hosts that Chromium may find
SHOTS = Path(os.environ.get("DUALNTM_SHOTS", root/"test-output"))  # where pictures of the screen go


def chromium_path():
    "Where Chromium is. Raises ImportError if it is not on the PATH."
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None: raise ImportError("there is no chromium on the PATH: apt-get install chromium")
    return path


@contextmanager
def page_of(chromium, address):
    """A page that may ask only this machine; in the end, nothing else was asked, and the console holds no error.

    Requests are looked at and not held: one that is held while its page goes, such as the post that ends a kernel, is lost."""
    outside, errors = [], []
    page = chromium.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(180_000)

    def look(asked):
        address = urlsplit(asked.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"): outside.append(asked.url)
    page.on("request", look)
    page.on("websocket", look)
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    try:
        yield page
        assert outside == []
        assert errors == []
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
        try: running.wait(90)  # its kernels save their runs first
        except subprocess.TimeoutExpired:
            running.kill()
            raise


def until_answers(address, alive=lambda: True):
    "Wait until a server answers."
    for _ in range(600):
        assert alive(), "the server has ended"
        try: return urllib.request.urlopen(address).close()
        except OSError: time.sleep(.1)
    raise AssertionError(f"nothing answers at {address}")


def settings(folder):
    "The environment of a Jupyter that knows nothing of its user."
    return {**os.environ, **{f"JUPYTER_{name}_DIR": str(folder/name) for name in ("CONFIG", "DATA", "RUNTIME")}, "IPYTHONDIR": str(folder/"ipython"),
            "PYTHONPATH": str(root), "TQDM_DISABLE": "1"}


def button(where, text): return where.locator(".jupyter-button", has_text=text).first


@contextmanager
def panel_page(folder, height):
    "The page of `dualntm panel` in an empty folder, in a browser of its own: for pictures."
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright, process("dualntm", "panel", "--no-browser", cwd=folder, env=settings(Path(folder)), stdout=subprocess.PIPE) as running:
        said = running.stdout.readline()
        assert said.startswith("the panels are at "), f"the panel did not say where it is, but {said!r}"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1250, "height": height})
        page.set_default_timeout(120_000)
        page.goto(said.split()[-1])
        button(page, "Start").wait_for()
        yield page
        browser.close()


def tell(page, text, sentences):
    "Tell the reader a text under *Ask*."
    tab(page, "Ask").click()
    field(page, "Text").fill(text)
    button(page, "Tell it").click()
    page.get_by_text(f"Told {sentences} sentence").wait_for()


def ask(page, statement, number):
    "Ask whether a statement follows, and keep what does; it is the first, second or a later one."
    page.get_by_label("Keep what follows").check()
    field(page, "Statement").fill(statement)
    field(page, "Statement").press("Enter")
    page.get_by_text(f"Asked so far: {number}").wait_for()


def take_back(page, text):
    "Take a proposition back under *Graph*."
    tab(page, "Graph").click()
    page.locator(".dualntm-graph .dualntm-rows").get_by_text(text).first.click()
    button(page, "Take it back…").click()
    page.locator(".dualntm-graph").get_by_role("button", name="Take it back", exact=True).click()


def tab(where, title): return where.get_by_role("tab", name=title, exact=True)


def field(where, label): return where.get_by_label(label, exact=True)


def until_changed(page, read, before):
    "Wait until something differs from what it was, and give what it is now."
    for _ in range(1800):
        if (now := read()) not in (None, before): return now
        page.wait_for_timeout(100)
    raise AssertionError(f"still {before!r:.100} after three minutes")


def picture(page, alt): return page.locator(f'.widget-html img[alt^="{alt}"], .widget-html [role="img"][aria-label^="{alt}"]').first


def lanes(where): return where.locator(".dualntm-lanes:visible").first


def held(where): return where.locator('canvas[aria-label^="The memory after step"]').first


def curve(page):
    "The picture of the learning curve, None as long as there is none."
    shown = picture(page, "Learning curve")
    return shown.inner_html() if shown.count() else None


def start(page):
    "Start the training panel with a small network; give the first curve."
    for label, value in SMALL.items(): field(page, label).fill(value)
    field(page, "Cell width").press("Enter")
    button(page, "Start").click()
    return until_changed(page, lambda: curve(page), None)


def pause(page):
    "Pause it, and see that nothing moves."
    button(page, "Pause").click()
    page.locator(".widget-html", has_text="paused").first.wait_for()
    still = curve(page)
    page.wait_for_timeout(1000)
    assert curve(page) == still
