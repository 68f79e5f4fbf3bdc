"""Make images/panel.gif: a session on the page of `dualntm panel`; a network learns to copy, is looked into, a text is told and asked, and a sentence is taken back."""
import io, sys, tempfile
from pathlib import Path

root = Path(__file__).parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
from PIL import Image
from pages import SMALL, ask, button, field, lanes, panel_page, tab, take_back, tell

frames = []

def film(page, seconds):
    "Take a picture that stays for some seconds."
    page.wait_for_timeout(400)
    frames.append((Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((800, 640), Image.Resampling.LANCZOS), round(1000 * seconds)))

with tempfile.TemporaryDirectory() as folder, panel_page(folder, 1000) as page:
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
    button(page, "Next ›").wait_for()
    lanes(page).wait_for()
    film(page, 1.2)
    for _ in range(6):
        for _ in range(3): button(page, "Next ›").click()
        film(page, .5)
    tell(page, "Ada owns a red boat. The boat lies in Lyon. Tom repairs engines.", 3)
    film(page, 1.2)
    ask(page, "Ada has a boat.", 1)
    film(page, 2)
    tab(page, "Graph").click()
    film(page, 1.5)
    take_back(page, "Ada owns a red boat.")
    film(page, 3)

palette = Image.new("RGB", (800, 640 * 4))
for n, at in enumerate((6, len(frames) // 2, -3, -1)): palette.paste(frames[at][0], (0, 640 * n))
palette = palette.quantize(128)
pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
path = root/"images"/"panel.gif"
pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[ms for _, ms in frames], loop=0, optimize=True)
print(path, len(frames), "frames,", path.stat().st_size, "bytes")
