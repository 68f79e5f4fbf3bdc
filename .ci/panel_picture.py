"Make images/panel.png, the page of `dualntm panel` after a short run of copy with a small network, and images/graph.png, a graph that was told and asked on it."
import subprocess, sys, tempfile
from pathlib import Path

root = Path(__file__).parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
from PIL import Image
from playwright.sync_api import sync_playwright
from pages import SMALL, button, chromium_path, field, process, settings, tab

TOLD = "Ada owns a red boat. The boat lies in Lyon. Tom repairs engines. Two girls play football in the park."
ASKED = "Ada has a boat.", "Tom fixes engines.", "Girls are playing a sport."

with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
    with process("dualntm", "panel", "--no-browser", cwd=folder, env=settings(Path(folder)), stdout=subprocess.PIPE) as running:
        said = running.stdout.readline()
        assert said.startswith("the panels are at "), f"the panel did not say where it is, but {said!r}"
        address = said.split()[-1]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1420})
        page.set_default_timeout(120_000)
        page.goto(address)
        button(page, "Start").wait_for()
        for label, value in {**SMALL, "Batches": "8000"}.items(): field(page, label).fill(value)
        field(page, "Cell width").press("Enter")
        button(page, "Start").click()
        page.locator(".widget-html", has_text="done").first.wait_for()
        page.wait_for_timeout(1000)
        page.locator(".dualntm-page").screenshot(path=root/"images"/"panel.png")
        tab(page, "Ask").click()
        field(page, "Text").fill(TOLD)
        button(page, "Tell it").click()
        page.get_by_text("Told 4 sentences").wait_for()
        page.get_by_label("Keep what follows").check()
        for n, asked in enumerate(ASKED, 1):
            field(page, "Statement").fill(asked)
            field(page, "Statement").press("Enter")
            page.get_by_text(f"Asked so far: {n}").wait_for()
        tab(page, "Graph").click()
        page.locator(".dualntm-graph .dualntm-rows").get_by_text("Tom repairs engines.").click()
        button(page, "Take it back…").click()
        page.locator(".dualntm-graph .jupyter-button", has_text="Take it back").last.click()
        button(page, "All").click()
        page.wait_for_timeout(1500)
        page.locator(".dualntm-graph .dualntm-drawn").first.screenshot(path=root/"images"/"graph.png")
        browser.close()
for name in ("panel.png", "graph.png"):
    picture = root/"images"/name
    Image.open(picture).convert("RGB").quantize(128).save(picture, optimize=True)
    print(picture, picture.stat().st_size, "bytes")
