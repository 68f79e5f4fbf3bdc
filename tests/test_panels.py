"The panels in a real browser: in JupyterLab, and as the page that `dualntm panel` shows. Nothing may leave the machine."
import json, os, re, shutil, signal, subprocess, sys, time, urllib.request
from urllib.parse import urlsplit

import pytest
from pages import HERE, SMALL, ask, button, chromium_path, curve, field, held, lanes, page_of, pause, picture, process, root, settings, shot, start, tab, tell, until_answers, until_changed

from dualntm.neo4j import free_port
from dualntm.show import lanes_of, record
from dualntm.train import load


@pytest.fixture(scope="module")
def chromium():
    "A running Chromium. In CI a missing one is a failure; elsewhere the tests are skipped."
    try:
        from playwright.sync_api import sync_playwright
        path = chromium_path()
    except ImportError as e:
        if os.environ.get("CI"): raise
        pytest.skip(str(e))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", f"--host-resolver-rules=MAP * ~NOTFOUND, {HERE}"])
        yield browser
        browser.close()


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
        until_answers(f"http://127.0.0.1:{port}/api?token={token}", lambda: running.poll() is None)
        yield f"http://127.0.0.1:{port}/lab/tree/panels.ipynb?token={token}"


def test_jupyterlab(lab, chromium):
    with page_of(chromium, lab) as page:
        page.get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        button(page, "Start").wait_for()
        until_changed(page, lambda: curve(page), start(page))
        lanes(page).and_(page.get_by_label("One sequence, always the same")).wait_for()
        shot(page, "train")
        pause(page)
        notice = page.locator(".dualntm-shown [role=status] > div").first
        def grounds(theme):
            "The ground of a notice in one of JupyterLab's themes."
            page.evaluate(f"document.body.dataset.jpThemeLight = '{theme == 'light'}'.toLowerCase()")
            return notice.evaluate("one => getComputedStyle(one).backgroundColor")
        assert grounds("dark") == "rgb(48, 52, 56)" and grounds("light") == "rgb(238, 242, 246)"

        slider = page.locator(".widget-slider", has=page.locator(".widget-label", has_text="Step"))
        handle, memory = slider.locator(".noUi-handle"), held(page)
        def seen(): return slider.locator(".widget-readout").text_content(), memory.get_attribute("aria-label")
        handle.scroll_into_view_if_needed()
        before = seen()
        assert before[0] == "0"
        handle.focus()
        page.keyboard.press("ArrowRight")
        until_changed(page, lambda: memory.get_attribute("aria-label"), before[1])
        assert seen()[0] == "1"
        here, end = handle.bounding_box(), slider.locator(".noUi-base").bounding_box()
        at = here["x"] + here["width"] / 2, here["y"] + here["height"] / 2
        before = seen()
        page.mouse.move(*at)
        page.mouse.down()
        page.mouse.move(end["x"] + end["width"] / 2, at[1], steps=5)
        page.mouse.up()
        until_changed(page, lambda: memory.get_attribute("aria-label"), before[1])
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
        graph.locator(".widget-html b", has_text=text).first.wait_for()
        assert graph.locator(".dualntm-drawn canvas").count() > 0
        shot(page, "graph", graph)


def test_a_kernel_that_is_gone(lab, chromium, tmp_path):
    "The panel says so in a sentence and can't be pressed, and so does the page that is loaded again; the cell, run again, makes another."
    cell = {"cell_type": "code", "id": "panel", "metadata": {}, "source": "from dualntm.show import TrainPanel\nTrainPanel()", "outputs": [], "execution_count": None}
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "python3"}}, "cells": [cell]}
    (tmp_path/"nbs"/"small.ipynb").write_text(json.dumps(about))
    panel = "document.querySelector('.dualntm-panel')"

    def run_all(page):
        page.get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        button(page, "Start").wait_for()

    with page_of(chromium, lab.replace("panels.ipynb", "small.ipynb")) as page:
        dialog = page.locator(".jp-Dialog")  # JupyterLab says, sooner or later, that the kernel has died
        page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").click())
        run_all(page)
        page.wait_for_function(f"{panel} && !{panel}.inert")
        assert page.locator(".dualntm-rerun").count() == 1 and not page.locator(".dualntm-rerun").is_visible()
        for number in kernels_of(port := urlsplit(lab).port): os.kill(number, signal.SIGKILL)
        page.get_by_text("The kernel was restarted: run the cell again to use this panel.").wait_for()
        assert page.evaluate(f"{panel}.inert") and button(page, "Start").is_visible()
        run_all(page)
        page.wait_for_function(f"{panel} && !{panel}.inert")
        assert page.locator(".dualntm-gone").count() == 0
        page.keyboard.press("Control+s")
        until(lambda: "dualntm-rerun" in (tmp_path/"nbs"/"small.ipynb").read_text())
    for number in kernels_of(port): os.kill(number, signal.SIGKILL)
    page = chromium.new_page()  # JupyterLab itself writes to the console that it finds no widget
    page.goto(lab.replace("panels.ipynb", "small.ipynb"))
    page.get_by_text("This panel is no longer there").wait_for(timeout=120_000)
    assert not page.locator(".jupyter-button").count() and not page.get_by_text("model not found").first.is_visible()
    page.close()


def test_errors_seeds_and_the_command(chromium, tmp_path):
    "An error stands at its field and goes when it is mended; the command is copied; seeds side by side are paused and end."
    if not os.environ.get("CI"): pytest.importorskip("voila")
    with process("dualntm", "panel", "--no-browser", cwd=tmp_path, env=settings(tmp_path), stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        with page_of(chromium, running.stdout.readline().split()[-1]) as page:
            for label, value in {**SMALL, "Batches": "3000", "Seeds": "1 10", "Memory cells": "-3"}.items(): field(page, label).fill(value)
            field(page, "Memory cells").press("Enter")
            alert = page.get_by_role("alert").filter(has_text="Memory cells: memory_n=-3: it must be at least 1")
            alert.wait_for()
            at, below = (found.bounding_box() for found in (field(page, "Memory cells"), alert))
            assert 0 <= below["y"] - at["y"] - at["height"] < 20, "the sentence stands below its field"
            assert not page.get_by_text("dualntm train").count()
            page.wait_for_function("document.querySelectorAll('[aria-invalid]').length === 1")
            assert field(page, "Memory cells").get_attribute("aria-invalid") == "true"
            field(page, "Memory cells").fill("16")
            field(page, "Memory cells").press("Enter")
            alert.wait_for(state="detached")
            page.wait_for_function("!document.querySelector('[aria-invalid]')")
            page.get_by_text("dualntm train --task copy --model-type ntm --seeds 1 10").wait_for()
            page.get_by_role("button", name="Copy").click()
            page.get_by_role("status").filter(has_text=re.compile("Copied|Selected")).wait_for()
            button(page, "Start").click()
            picture(page, "Learning curves of 2 seeds").wait_for()
            button(page, "Pause").click()
            page.get_by_text("paused, what has begun is saved").wait_for()
            shot(page, "seeds")
            button(page, "Stop").click()
            page.get_by_text("Resume goes on here").wait_for()
    for seed in (1, 10): assert (tmp_path/"checkpoints"/f"copy-ntm-seed{seed}"/"latest.pt").exists()


def test_dualntm_panel(chromium, tmp_path):
    if not os.environ.get("CI"): pytest.importorskip("voila")
    (work := tmp_path/"work").mkdir()
    port = free_port()
    run = root/"data"/"copy"/"default-seed1"
    with process("dualntm", "panel", "--no-browser", "--port", port, "--checkpoint", run, cwd=work, env=settings(tmp_path),
                 stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        said = running.stdout.readline()
        assert said.startswith(f"the panels are at http://127.0.0.1:{port}/?token="), (tmp_path/"panel.log").read_text()
        address = said.split()[-1]
        assert urlsplit(urllib.request.urlopen(address.partition("?")[0]).url).path == "/login"  # without the token
        with page_of(chromium, address) as page:
            held(page).wait_for()
            slider = page.locator(".widget-slider", has=page.locator(".widget-label", has_text="Step"))
            held(page).evaluate("figure => figure.scrollIntoView({block: 'end'})")
            assert 0 <= slider.bounding_box()["y"] < 1000, "the slider stays beside what it moves"
            tab(page, "Train").click()
            start(page)
            pause(page)
            shot(page, "panel")
            button(page, "Open").click()
            page.locator(".widget-html", has_text="is open").wait_for()
            held(page).wait_for()
            for width in (400, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 900})
                for title in ("Train", "Look inside", "Graph", "Ask"):
                    tab(page, title).click()
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{title} is scrolled sideways at {width} pixels"
    assert running.returncode == 0
    assert (work/"checkpoints"/"copy-ntm-seed1000"/"latest.pt").exists()


def test_timeline(chromium, tmp_path):
    "A click and a key move the cursor, and the slider follows; the number under the pointer is the one that Python holds; two networks go along."
    if not os.environ.get("CI"): pytest.importorskip("voila")
    runs = root/"data"/"copy"
    task, net = load(runs/"default-seed1")
    recorded = record(task, net, 0, length=20)
    expected = {lane.name: lane for lane in lanes_of(recorded, net.heads_in_words)}["read head"]
    with process("dualntm", "panel", "--no-browser", "--checkpoint", runs/"default-seed1", cwd=tmp_path, env=settings(tmp_path),
                 stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        with page_of(chromium, running.stdout.readline().split()[-1]) as page:
            figure, slider = lanes(page), page.locator(".widget-slider", has=page.locator(".widget-label", has_text="Step"))
            def stands(): return int(slider.locator(".widget-readout").text_content()), int(figure.get_attribute("aria-valuenow"))
            def until_both(step):
                for _ in range(600):
                    if stands() == (step, step): return
                    page.wait_for_timeout(100)
                raise AssertionError((step, stands()))
            figure.wait_for()
            until_both(0)
            figure.scroll_into_view_if_needed()
            box = figure.bounding_box()
            figure.click(position={"x": box["width"] * .5, "y": 40})
            clicked = until_changed(page, lambda: stands()[0], 0)
            until_both(clicked)
            assert 10 < clicked < 30
            page.keyboard.press("ArrowRight")
            until_both(clicked + 1)
            page.keyboard.press("End")
            until_both(40)
            assert figure.get_attribute("aria-valuetext") == f"step 40: {recorded.words[40]}"
            held(page).and_(page.get_by_label("The memory after step 40")).wait_for()
            page.keyboard.press("Home")
            until_both(0)
            button(page, "Next ›").click()
            until_both(1)

            tip, told = figure.locator(".tip"), {}
            for y in range(4, int(box["height"]), 3):
                figure.hover(position={"x": box["width"] * .75, "y": y}, force=True)
                if (found := re.match(r"step (\d+), read head, cell (\d+): (\S+)$", tip.text_content())) and not tip.is_hidden(): told[int(found[1]), int(found[2])] = float(found[3])
            assert len(told) > 10 and max(told.values()) > .1
            for (step, cell), value in told.items(): assert value == float(f"{expected.values[list(expected.names).index(cell), step]:.6g}"), (step, cell)
            shot(page, "timeline")

            field(page, "Beside").fill(str(runs/"default-seed10"))
            field(page, "Beside").press("Enter")
            page.get_by_text("default-seed10: 0 of 160 bits wrong").wait_for()
            other = page.locator(".dualntm-lanes:visible").nth(1)
            other.focus()
            page.keyboard.press("End")
            until_both(40)
            assert other.get_attribute("aria-valuenow") == "40"
            field(page, "Beside").fill("no-such-run")
            field(page, "Beside").press("Enter")
            page.get_by_text("there is no checkpoint at no-such-run").wait_for()
            assert page.locator(".dualntm-lanes:visible").count() == 1
            shot(page, "beside")
    assert running.returncode == 0


def test_told_and_asked_on_the_page(chromium, tmp_path):
    "A first visit: a pretrained network is there to look into; a text that is told and a file that is chosen make a graph; a statement is judged from it."
    if not os.environ.get("CI"): pytest.importorskip("voila")
    (tmp_path/"boats.md").write_text("# Boats\n\n- The boat lies in **Lyon**\n")
    with process("dualntm", "panel", "--no-browser", cwd=tmp_path, env=settings(tmp_path), stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        with page_of(chromium, running.stdout.readline().split()[-1]) as page:
            tab(page, "Look inside").click()
            held(page).wait_for()
            tab(page, "Ask").click()
            field(page, "Text").fill("Ada owns a red boat. Tom repairs engines.")
            with page.expect_file_chooser() as chooser: button(page, "Files").click()
            chooser.value.set_files(tmp_path/"boats.md")
            page.get_by_text("Files… (1)").wait_for()
            button(page, "Tell it").click()
            page.get_by_text("Told 4 sentences: 4 new; the graph holds 4 propositions.").wait_for()
            ask(page, "Ada has a boat.", 1)
            page.get_by_text("1 entailment kept.").wait_for()
            page.locator('.dualntm-drawn .stage[aria-label*="around: Ada has a boat."]').first.wait_for()
            page.get_by_text("Asked so far: 1").click()
            with page.expect_download() as saved: page.get_by_text("Save as JSON").click()
            one, = map(json.loads, saved.value.path().read_text().splitlines())
            assert (one["hypothesis"], one["label"], list(one["evidence"])) == ("Ada has a boat.", "entailment", ["Ada owns a red boat."])
            shot(page, "ask")
            tab(page, "Graph").click()
            graph = page.locator(".dualntm-graph")
            graph.get_by_text("5 propositions, 1 entailment").wait_for()
            stage = graph.locator(".dualntm-drawn .stage")
            stage.focus()
            for key in ("ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"): page.keyboard.press(key)  # ends at the conclusion, right of its evidence
            page.wait_for_function("document.querySelector('.dualntm-graph .dualntm-drawn .unseen').textContent.startsWith('Ada has a boat., concluded, not told')")
            page.keyboard.press("Enter")
            graph.locator(".widget-html b", has_text="Ada has a boat.").first.wait_for()
            graph.get_by_text("judged, not told").wait_for()
            button(graph, "Way from here").click()
            graph.get_by_text("A way begins at “Ada has a boat.”").wait_for()
            shot(page, "drawn")
    assert running.returncode == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible(chromium, tmp_path, theme):
    "What can be checked by a program of WCAG 2, levels A and AA, in every tab."
    for package in ("voila", "axe_playwright_python"):
        if not os.environ.get("CI"): pytest.importorskip(package)
    from axe_playwright_python.sync_playwright import Axe
    axe = Axe()
    with process("dualntm", "panel", "--no-browser", cwd=tmp_path, env=settings(tmp_path), stdout=subprocess.PIPE, stderr=(tmp_path/"panel.log").open("w")) as running:
        with page_of(chromium, running.stdout.readline().split()[-1]) as page:
            page.emulate_media(color_scheme=theme)
            button(page, "Show me around").click()
            held(page).wait_for()
            for title in ("Look inside", "Ask", "Graph", "Train"):
                tab(page, title).click()
                if title == "Ask": tell(page, "Ada owns a red boat.", 1)
                page.wait_for_timeout(500)
                shot(page, f"{theme}-{title}")
                found = axe.run(page, context=".dualntm-page", options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
                assert not found, [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found]


def kernels_of(port):
    "The kernels of the server that listens at a port of this machine."
    import psutil
    listening = [process for process in psutil.process_iter() if any(word == f"--port={port}" for word in words_of(process))]
    return [number for server in listening for number in kernels(server)]


def words_of(process):
    "The words by which a process was started; none for one that has ended."
    import psutil
    try: return process.cmdline()
    except psutil.Error: return []


def kernels(server):
    "The processes of the kernels that a server has started."
    import psutil
    def is_kernel(process):
        try: return "ipykernel_launcher" in process.cmdline()
        except psutil.Error: return False  # it has just ended
    return [process.pid for process in psutil.Process(server.pid).children(recursive=True) if is_kernel(process)]


def kernel_ids(server):
    "The ids of the kernels that a server has started, as their connection files are called."
    import psutil
    return [found[1] for number in kernels(server) if psutil.pid_exists(number)
            for found in [re.search(r"kernel-([-\w]+)\.json", " ".join(words_of(psutil.Process(number))))] if found]


def kernel_of(page): return page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")


def until(condition):
    "Wait until something is so."
    for _ in range(1800):
        if condition(): return
        time.sleep(.1)
    raise AssertionError("it did not come to be so in three minutes")


def records(folder): return [json.loads(line)["batch"] for line in (folder/"history.jsonl").read_text().splitlines()]


def test_reload(chromium, tmp_path):
    """A page that is loaded again while it trains leaves no kernel behind, finds its run, and goes on with it; one that is left leaves none.

    Neither does one that says nothing when it goes, as when its browser has crashed."""
    if not os.environ.get("CI"): pytest.importorskip("voila")
    run = tmp_path/"checkpoints"/"copy-ntm-seed5"
    with process("dualntm", "panel", "--no-browser", cwd=tmp_path, env=settings(tmp_path), stdout=subprocess.PIPE,
                 stderr=(tmp_path/"panel.log").open("w")) as running:
        address = running.stdout.readline().split()[-1]
        with page_of(chromium, address) as page:
            field(page, "Seeds").fill("5")
            field(page, "Seeds").press("Enter")
            start(page)
            first = kernel_of(page)
            assert first in kernel_ids(running)
            page.reload()
            button(page, "Start").wait_for()
            until(lambda: first not in kernel_ids(running))
            second = kernel_of(page)
            assert second in kernel_ids(running)
            assert field(page, "Seeds").input_value() == "5" and field(page, "Controller size").input_value() == "20"
            notice = page.locator(".widget-html", has_text="Resume goes on with it").first
            notice.wait_for()
            stopped = int(re.search(r"a run of ([\d,]+) of", notice.text_content())[1].replace(",", ""))
            assert curve(page) and (run/f"checkpoint-{stopped}.pt").exists()
            button(page, "Resume").click()
            until(lambda: records(run)[-1] > stopped)
            page.goto("about:blank")
            until(lambda: second not in kernel_ids(running))
            page.goto(address)
            button(page, "Start").wait_for()
            third = kernel_of(page)
            assert third in kernel_ids(running)
        until(lambda: third not in kernel_ids(running))  # `page_of` has closed the page, which tells it nothing
        assert len(kernel_ids(running)) <= 1  # the one in advance
    assert records(run) == sorted(set(records(run)))


@pytest.mark.parametrize("seconds", [0, .5, 2])
def test_ended_while_it_starts(tmp_path, seconds):
    "The server ends at once and without a word while its first kernel starts, and leaves none."
    import psutil
    running = subprocess.Popen([sys.executable, "-m", "dualntm", "panel", "--no-browser"], cwd=tmp_path, env=settings(tmp_path), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout.readline().startswith("the panels are at ")
    assert running.stdout.readline() == "Ctrl-C ends them\n"
    time.sleep(seconds)
    started = kernels(running)
    running.send_signal(signal.SIGINT)
    said, errors = running.communicate(timeout=90)
    assert (running.returncode, said, errors) == (0, "", "")
    until(lambda: not any(map(psutil.pid_exists, started)))


def test_a_kernel_that_is_gone_on_the_page(chromium, tmp_path):
    "There is no cell to run again: the page says that it is to be loaded again."
    with process("dualntm", "panel", "--no-browser", cwd=tmp_path, env=settings(tmp_path), stdout=subprocess.PIPE) as running:
        page = chromium.new_page()  # Voila writes to the console that the kernel has gone
        page.goto(running.stdout.readline().split()[-1])
        button(page, "Start").wait_for()
        for number in kernels(running): os.kill(number, signal.SIGKILL)
        page.get_by_text("The kernel was restarted: load the page again to use this panel.").wait_for(timeout=120_000)
        page.close()


def test_a_closed_terminal(chromium, tmp_path):
    "The server ends its kernel and itself, though there is nobody who reads what it says."
    import psutil
    running = subprocess.Popen([sys.executable, "-m", "dualntm", "panel", "--no-browser"], cwd=tmp_path, env=settings(tmp_path), text=True, stdout=subprocess.PIPE)
    with page_of(chromium, running.stdout.readline().split()[-1]) as page:
        button(page, "Start").wait_for()
        started = kernels(running)
        running.stdout.close()
        running.send_signal(signal.SIGTERM)
        assert running.wait(90) == 0
    until(lambda: not any(map(psutil.pid_exists, started)))


@pytest.mark.parametrize("wrong", ['<img src="https://example.com/a.png">', '<script>console.error("wrong")</script>',
                                   "<script>throw new Error()</script>", '<script>new WebSocket("wss://example.com/")</script>'])
def test_what_must_not_happen_is_noticed(chromium, tmp_path, wrong):
    for name, content in (("right", ""), ("wrong", wrong)): (tmp_path/f"{name}.html").write_text('<link rel="icon" href="data:,">' + content)
    with process("http.server", port := free_port(), "--bind", "127.0.0.1", cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        until_answers(address := f"http://127.0.0.1:{port}/right.html")
        with page_of(chromium, address) as page: page.wait_for_timeout(300)
        with pytest.raises(AssertionError, match="== \\[\\]"), page_of(chromium, address.replace("right", "wrong")) as page:
            page.wait_for_timeout(300)
