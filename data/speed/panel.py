"""The page of `dualntm panel` in Chromium without a GPU: how soon it is there, and frames a second of a graph of 1,000 propositions.

python data/speed/panel.py [--out FILE] [--label WORDS] appends rows of panel.jsonl. first, later: seconds from the request for the page until
its tabs are drawn, with a kernel that is up (the first visit, and the median of more); early: the visit that comes
as soon as the command says where the page is, from the start of the command. still, move, zoom: frames a second, the median of
TURNS spans of two seconds. The graph is made up: random words, each entailed by an earlier one."""
import argparse, json, os, random, statistics, subprocess, sys, tempfile, time
from datetime import date
from pathlib import Path

root = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(root), str(root/"tests")]
import numpy as np
from playwright.sync_api import sync_playwright
from dualntm.graph import InMemoryGraphMemory
from pages import button, chromium_path, process, settings, tab

TURNS, WAIT, SIZE = 5, 45, 1000
FRAMES = "span => new Promise(done => {let n = 0; const begun = performance.now(), next = () => {n++; performance.now() - begun < span ? requestAnimationFrame(next) : done(1000 * n / (performance.now() - begun))}; requestAnimationFrame(next)})"
parser = argparse.ArgumentParser()
parser.add_argument("--out", default=str(Path(__file__).with_suffix(".jsonl")))
parser.add_argument("--label", default="")
options = parser.parse_args()


def made_up(path):
    "A graph of random words."
    draw, memory = random.Random(1), InMemoryGraphMemory(16)
    texts = [" ".join("".join(draw.choices("aeioubdklmnrst", k=5)) for _ in range(4)) + f" {n}" for n in range(SIZE)]
    numbers = memory.add_propositions(texts, np.random.default_rng(1).normal(size=(SIZE, 16)), run="made up", step=0)
    memory.add_entailments([(numbers[draw.randrange(n)], numbers[n], draw.random()) for n in range(1, SIZE)])
    memory.save(path)


def visit(browser, address, since=None):
    "A page with its panels, and the seconds that it took."
    page = browser.new_page(viewport={"width": 1250, "height": 900})
    page.set_default_timeout(120_000)
    begun = since or time.perf_counter()
    page.goto(address, wait_until="commit")
    page.get_by_role("tab").first.wait_for()
    return page, time.perf_counter() - begun


def frames(page, act):
    "Frames a second while the mouse does something; `act` does a part of it, and is called again and again."
    rates = []
    for _ in range(TURNS):
        page.evaluate(f"() => {{window.counted = ({FRAMES})(2000)}}")
        until, n = time.perf_counter() + 2, 0
        while time.perf_counter() < until:
            act(n)
            n += 1
        rates.append(page.evaluate("() => window.counted"))
    return round(statistics.median(rates), 1)


with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    how = dict(cwd=folder, env=settings(Path(folder)), stdout=subprocess.PIPE)
    begun = time.perf_counter()
    with process("dualntm", "panel", "--no-browser", **how) as running:
        page, early = visit(browser, running.stdout.readline().split()[-1], begun)
        page.close()
    made_up(store := Path(folder)/"made-up.npz")
    with process("dualntm", "panel", "--no-browser", "--store", store, **how) as running:
        address, took = running.stdout.readline().split()[-1], []
        for _ in range(4):
            time.sleep(WAIT)  # for the kernel in advance
            page, seconds = visit(browser, address)
            took.append(seconds)
            if len(took) < 4: page.close()
        button(page, "All").click()
        page.get_by_text(f"{SIZE:,} propositions").first.wait_for()
        page.wait_for_timeout(8000)
        view = page.locator(".dualntm-graph .dualntm-drawn").first
        view.scroll_into_view_if_needed()
        seen = [view.screenshot()]
        box = view.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        still = frames(page, lambda n: page.wait_for_timeout(100))
        page.mouse.move(x, y + 3)
        page.mouse.down()
        move = frames(page, lambda n: page.mouse.move(x + 60 * np.sin(n / 5), y + 60 * np.cos(n / 5)))
        seen.append(view.screenshot())
        page.mouse.up()
        zoom = frames(page, lambda n: page.mouse.wheel(0, 120 if n // 8 % 2 else -120))
        seen.append(view.screenshot())
        assert len(set(seen)) == 3, "the graph did not move"
    browser.close()
row = {"label": options.label, "first_s": round(took[0], 2), "later_s": round(statistics.median(took[1:]), 2), "early_s": round(early, 2), "propositions": SIZE, "still_fps": still,
       "move_fps": move, "zoom_fps": zoom, "load": round(os.getloadavg()[0], 1), "date": date.today().isoformat(), "command": f"python data/speed/panel.py --label {options.label}"}
print(row)
with open(options.out, "a", encoding="utf-8") as file: file.write(json.dumps(row) + "\n")
