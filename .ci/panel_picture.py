"Make images/panel.png: the page of `dualntm panel` after a short run of copy with a small network."
import subprocess, sys, tempfile
from pathlib import Path

root = Path(__file__).parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
from playwright.sync_api import sync_playwright
from pages import SMALL, button, chromium_path, field, process, settings

with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
    with process("dualntm", "panel", "--no-browser", cwd=folder, env=settings(Path(folder)), stdout=subprocess.PIPE) as running:
        said = running.stdout.readline()
        assert said.startswith("the panels are at "), f"the panel did not say where it is, but {said!r}"
        address = said.split()[-1]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1260})
        page.set_default_timeout(120_000)
        page.goto(address)
        button(page, "Start").wait_for()
        for label, value in {**SMALL, "Batches": "8000"}.items(): field(page, label).fill(value)
        field(page, "Cell width").press("Enter")
        button(page, "Start").click()
        page.locator(".widget-html", has_text="done").first.wait_for()
        page.wait_for_timeout(1000)
        page.locator(".dualntm-page").screenshot(path=root/"images"/"panel.png")
        browser.close()
print(root/"images"/"panel.png", (root/"images"/"panel.png").stat().st_size, "bytes")
