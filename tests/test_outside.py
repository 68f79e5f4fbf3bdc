"A task, a model, a graph backend and an encoder from packages outside of the library, made of the cells of carry_on.ipynb: none needs a line of it changed."
import json, os, subprocess, sys
from pathlib import Path

import nbformat
import pytest

TOP = Path(__file__).parent.parent
PACKAGES = (("recall_task.py", "task", "one-vector-recall", "OneVectorRecallTask", "see items, then answer with the one behind one of them"),
            ("gru_model.py", "model", "gru", "GRUNetwork", "a gated recurrent unit"),
            ("sqlite_graph.py", "backend", "sqlite", "SQLiteGraphMemory", "in a file of SQLite"),
            ("hash_encoder.py", "encoder", "hash", "HashEncoder", "sums of hashed words"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    "A folder to work in, beside the four packages."
    (packages := tmp_path_factory.mktemp("packages")).joinpath("work").mkdir()
    (source,) = [cell.source for cell in nbformat.read(TOP/"nbs"/"carry_on.ipynb", 4).cells if cell.source.startswith("def write_package(")]
    names = {"Path": Path, "nbformat": nbformat}
    exec(source, names)
    before = Path.cwd()
    os.chdir(TOP/"nbs")
    try:
        for package in PACKAGES: names["write_package"](packages, *package)
    finally: os.chdir(before)
    return packages/"work"


def python(place, *words):
    paths = os.pathsep.join(map(str, (place.parent, TOP)))
    settings = {**os.environ, "PYTHONPATH": paths, "DUALNTM_CACHE": str(place/"cache")}
    done = subprocess.run([sys.executable, *map(str, words)], cwd=place, env=settings, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return done


def run(place, *words):
    done = python(place, "-m", "dualntm", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


SHORT = "--num-batches 4 --batch-size 2 --report-interval 2".split()


def test_help_names_them_and_loads_nothing(place):
    said = " ".join(run(place, "train", "--help").split())
    for _, kind, name, _, summary in PACKAGES[:3]: assert name in said and summary in said, name
    script = "import sys; from dualntm.cli import main\ntry: main(['train', '--help'])\nfinally: assert 'torch' not in sys.modules and 'recall_task' not in sys.modules"
    assert python(place, "-c", script).returncode == 0


def test_a_task_and_a_model(place):
    words = ("--task", "one-vector-recall", "--model-type", "gru", "--seed", 1)
    run(place, "train", *words, *SHORT, "-p", "hidden=16", "-p", "items_max=4")
    folder = place/"checkpoints"/"one-vector-recall-gru-seed1"
    config = json.loads((folder/"config.json").read_text())
    assert (config["task_parameters"]["items_max"], config["model_parameters"]["hidden"]) == (4, 16)
    assert "items" in run(place, "eval", "--checkpoint", folder, "--size", "items=3", "--sequences", 2)
    run(place, "train", *words, "--resume", "--num-batches", 6)
    assert json.loads((folder/"history.jsonl").read_text().splitlines()[-1])["batch"] == 6
    wrong = python(place, "-m", "dualntm", "train", "--task", "one-vector-recal")
    assert wrong.returncode == 2 and "one-vector-recall" in wrong.stderr


def test_a_graph_backend(place):
    words = ("--task", "graph-recall", "--model-type", "dual", "--seed", 1, "--long-term-memory-backend", "sqlite")
    run(place, "train", *words, *SHORT, "-p", "controller_size=10", "-p", "write_interval=1", "--checkpoint-interval", 2)
    folder = place/"checkpoints"/"graph-recall-dual-seed1"
    assert json.loads((folder/"config.json").read_text())["long_term_memory"]["backend"] == "sqlite"
    whole = json.loads((folder/"graph.json").read_text())
    again = f"from dualntm import resume; t = resume({str(folder/'checkpoint-2.pt')!r}); print(type(t.net.graph_memory).__name__, t.net.graph_memory.count().propositions)"
    name, count = python(place, "-c", again).stdout.split()
    assert name == "SQLiteGraphMemory" and 0 < int(count) < len(whole["nodes"])
    run(place, "train", "--resume", folder/"checkpoint-2.pt")
    assert json.loads((folder/"graph.json").read_text())["nodes"] == whole["nodes"]


def test_an_encoder(place):
    words = ("--task", "cdcl-nli", "--model-type", "dual", "--seed", 1, "-p", "data=sample", "-p", "text_model=hash", "-p", "num_batches=3", "-p", "batch_size=4")
    run(place, "train", *words)
    folder = place/"checkpoints"/"cdcl-nli-dual-seed1"
    run(place, "tell", "--checkpoint", folder, "--store", "facts.npz", "--sentence", "The cat sleeps on the mat.", "--sentence", "Rain fell on the town.")
    said = json.loads(run(place, "ask", "--checkpoint", folder, "--store", "facts.npz", "--hypothesis", "The cat sleeps.", "--json"))
    assert abs(sum(said["probabilities"].values()) - 1) < .01
    refused = python(place, "-m", "dualntm", "train", *words, "-p", "finetune_encoder=true", "--overwrite")
    assert refused.returncode == 2 and "hash" in refused.stderr


PANELS = """
from dualntm import AttentionExplorer, GraphBrowser, TrainPanel
from dualntm.registry import find
panel = TrainPanel("panel-runs", task="one-vector-recall", model_type="gru", seed=3)
for name, value in {"batches": 4, "batch_size": 2}.items(): panel.fields[name].value = value
panel.start.click()
panel.wait(120)
print("state", panel.state, panel.failure)
panel.close()
explorer = AttentionExplorer("panel-runs/one-vector-recall-gru-seed3")
explorer.sizes["items"].value = 3
explorer.step.value = 2
print("words", explorer.words.value)
explorer.close()
memory = find("backend", "sqlite")(16, path="checkpoints/graph-recall-dual-seed1/graph.sqlite")
browser = GraphBrowser(memory)
browser.search()
print("found", len(browser.results.children), browser.counts.value)
dual = TrainPanel("panel-runs", task="graph-recall", model_type="dual", seed=4)
print("backends", dual.backend.options)
"""


def test_panels(place):
    done = python(place, "-c", PANELS)
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert said["state"] == "done None", done.stdout + done.stderr
    assert "asked" in said["words"] or "see" in said["words"]
    assert int(said["found"].split()[0]) > 0
    assert "sqlite" in said["backends"]
