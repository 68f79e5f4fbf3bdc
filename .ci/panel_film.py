"Make images/panel.gif: a session on the page of `dualntm panel`; a network learns to copy, is looked into, a text is told and asked, and a sentence is taken back."
import io, subprocess, sys, tempfile
from pathlib import Path

root = Path(__file__).parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
from PIL import Image
from playwright.sync_api import sync_playwright
from pages import SMALL, button, chromium_path, field, process, settings, tab

frames = []

def film(page, seconds):
    "Take a picture that stays for some seconds."
    page.wait_for_timeout(400)
    frames.append((Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((800, 640), Image.Resampling.LANCZOS), round(1000 * seconds)))

with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
    with process("dualntm", "panel", "--no-browser", cwd=folder, env=settings(Path(folder)), stdout=subprocess.PIPE) as running:
        address = running.stdout.readline().split()[-1]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1250, "height": 1000})
        page.set_default_timeout(120_000)
        page.goto(address)
        button(page, "Start").wait_for()
        for label, value in {**SMALL, "Batches": "8000"}.items(): field(page, label).fill(value)
        field(page, "Cell width").press("Enter")
        film(page, 1.5)
        button(page, "Start").click()
        for _ in range(7):
            page.wait_for_timeout(1600)
            film(page, .7)
        page.locator(".widget-html", has_text="done").first.wait_for()
        film(page, 1.5)
        button(page, "Look inside this run").click()
        page.locator(".dualntm-front canvas").first.wait_for()
        film(page, 1.2)
        for _ in range(6):
            for _ in range(3): button(page, "Next ›").click()
            film(page, .5)
        tab(page, "Ask").click()
        field(page, "Text").fill("Ada owns a red boat. The boat lies in Lyon. Tom repairs engines.")
        film(page, 1.2)
        button(page, "Tell it").click()
        page.get_by_text("Told 3 sentences").wait_for()
        page.get_by_label("Keep what follows").check()
        field(page, "Statement").fill("Ada has a boat.")
        field(page, "Statement").press("Enter")
        page.get_by_text("Asked so far: 1").wait_for()
        film(page, 2)
        tab(page, "Graph").click()
        film(page, 1.5)
        page.locator(".dualntm-graph .dualntm-rows").get_by_text("Ada owns a red boat.").first.click()
        film(page, 1.5)
        button(page, "Take it back…").click()
        film(page, 1.5)
        page.locator(".dualntm-graph .jupyter-button", has_text="Take it back").last.click()
        film(page, 3)
        browser.close()

palette = Image.new("RGB", (800, 640 * 4))
for n, at in enumerate((6, len(frames) // 2, -3, -1)): palette.paste(frames[at][0], (0, 640 * n))
palette = palette.quantize(128)
pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
path = root/"images"/"panel.gif"
pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[ms for _, ms in frames], loop=0, optimize=True)
print(path, len(frames), "frames,", path.stat().st_size, "bytes")
