"Make images/panel.png, the page of `dualntm panel` after a short run of copy with a small network, and images/graph.png, a graph that was told and asked on it."
import sys, tempfile
from pathlib import Path

root = Path(__file__).parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
from PIL import Image
from pages import SMALL, ask, button, field, panel_page, take_back, tell

with tempfile.TemporaryDirectory() as folder, panel_page(folder, 1660) as page:
    for label, value in {**SMALL, "Batches": "8000"}.items(): field(page, label).fill(value)
    field(page, "Cell width").press("Enter")
    button(page, "Start").click()
    page.locator(".widget-html", has_text="done").first.wait_for()
    page.wait_for_timeout(1000)
    page.locator(".dualntm-page").screenshot(path=root/"images"/"panel.png")
    tell(page, "Ada owns a red boat. The boat lies in Lyon. Tom repairs engines. Two girls play football in the park.", 4)
    for n, statement in enumerate(("Ada has a boat.", "Tom fixes engines."), 1): ask(page, statement, n)
    take_back(page, "Tom repairs engines.")
    button(page, "All").click()
    page.wait_for_timeout(1500)
    page.locator(".dualntm-graph .dualntm-drawn").first.screenshot(path=root/"images"/"graph.png")
for name in ("panel.png", "graph.png"):
    picture = root/"images"/name
    Image.open(picture).convert("RGB").quantize(128).save(picture, optimize=True)
    print(picture, picture.stat().st_size, "bytes")
