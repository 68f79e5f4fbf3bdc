"Inference on texts from the command line: train, eval and predict agree, a second run encodes nothing, bad input is one sentence."
import json, os, subprocess, sys
from pathlib import Path

import pytest

root = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    "A folder with forty pairs in the older form, and a cache of its own."
    folder = tmp_path_factory.mktemp("nli")
    words = ("cat", "dog", "horse", "bird", "mouse", "cow", "goat", "sheep", "fish", "snake", "duck", "bear", "fox")
    rows = [{"premise": [{"text": f"A {a} sleeps on the {b}'s mat.", "language": "en"}],
             "hypothesis": {"text": text, "language": "en"}, "label": label}
            for a, b in zip(words, words[1:]) for text, label in ((f"A {a} is asleep.", "entailment"), (f"The {a} is awake.", "contradiction"),
                                                                 (f"The {b} is hungry.", "neutral"))]
    (folder/"pairs").mkdir()
    (folder/"pairs"/"pairs.json").write_text(json.dumps(rows))
    return folder


def run(place, *words):
    environment = {**os.environ, "DUALNTM_CACHE": str(place/"cache"), "PYTHONPATH": str(root)}
    return subprocess.run([sys.executable, "-m", "dualntm", *map(str, words)], cwd=place, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def trained(place):
    words = ("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "data=pairs", "-p", "num_epochs=2", "--overwrite")
    first, second = run(place, *words), run(place, *words)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "encoded 0 texts" in second.stdout and "encoded 0 texts" not in first.stdout
    return place/"checkpoints"/"cdcl-nli-dual-seed1000"


def test_eval_and_predict_say_the_same(place, trained):
    judged = json.loads(run(place, "eval", "--checkpoint", trained, "--file", "pairs/pairs.json", "--json").stdout)
    lines = run(place, "predict", "--checkpoint", trained, "--file", "pairs/pairs.json", "--json").stdout.splitlines()
    said, gold = [json.loads(line)["label"] for line in lines], [row["label"] for row in json.loads((place/"pairs"/"pairs.json").read_text())]
    assert len(said) == judged["rows"] == 36
    assert abs(sum(a == b for a, b in zip(said, gold)) / 36 - judged["accuracy"]) < 1e-9


def test_bad_input_is_one_sentence(place, trained):
    row = {"premise": [{"text": "A cat sleeps.", "language": "en"}], "hypothesis": {"text": "It sleeps.", "language": "en"}, "label": "entailment"}
    files = {"label": json.dumps([{**row, "label": "maybe"}]), "missing": json.dumps([{"premise": row["premise"], "label": "neutral"}]),
             "no": "not JSON", "object": json.dumps(row), "empty": "", "numbers": json.dumps([{**row, "hypothesis": {"text": 5, "language": "en"}}])}
    for name, content in files.items():
        (place/f"{name}.json").write_text(content)
        done = run(place, "eval", "--checkpoint", trained, "--file", f"{name}.json")
        assert done.returncode == 2 and done.stderr.startswith("dualntm: error:") and done.stderr.count("\n") == 1, (name, done.stderr)
        assert f"{name}.json" in done.stderr
    for words in (("--hypothesis", "It rains."), ("--premise", "", "--hypothesis", "It rains."), ("--file", "nowhere.json")):
        done = run(place, "predict", "--checkpoint", trained, *words)
        assert done.returncode == 2 and done.stderr.startswith("dualntm: error:") and "Traceback" not in done.stderr
    done = run(place, "train", "--task", "cdcl-nli", "-p", "data=nowhere")
    assert done.returncode == 2 and "nowhere" in done.stderr and "Traceback" not in done.stderr
