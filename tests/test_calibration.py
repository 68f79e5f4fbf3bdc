"What `predict` and `ask` print, and write, where a label is not known or a hypothesis lies far from anything told."
import json

import pytest

from dualntm.cli import main
from dualntm.graph import load_graph
from dualntm.text import CDCLNLITask, Judgement, LABELS
from graphs import slightly_trained_reader

FAR = "  far from anything told: the nearest sentence has cosine 0.21, below 0.45\n"
UNSURE = Judgement(0, (.7, .2, .1), (.9,), near=.21, sure_from=.8, near_from=.45)
NAMES, CASES = "judgement, first, far, entailments", [
    (UNSURE, "not known (nearest: entailment)", True, 0),
    (UNSURE._replace(near=.5), "not known (nearest: entailment)", False, 0),
    (UNSURE._replace(sure_from=.6), "entailment", True, 1),
    (UNSURE._replace(sure_from=1.), "not known (nearest: entailment)", True, 0),  # the threshold of a reader that nothing makes sure
    (UNSURE._replace(near=None, sure_from=.6), "entailment", False, 1)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    "The checkpoint of a reader that has seen a few rows once."
    folder = tmp_path_factory.mktemp("calibration")
    slightly_trained_reader(folder, "cat dog horse bird mouse cow goat sheep fish snake duck bear fox", 16)
    return folder/"reader"


def done(*words):
    with pytest.raises(SystemExit) as ended: main([str(word) for word in words])
    assert not ended.value.code


@pytest.fixture
def says(reader, monkeypatch, capsys):
    "A command as it would be typed, with a reader that gives one judgement of everything: what it prints."
    def run(judgement, command, *words):
        monkeypatch.setattr(CDCLNLITask, "judge", lambda self, net, rows, *_, **__: [judgement] * len(rows))
        monkeypatch.setattr(CDCLNLITask, "ask", lambda self, net, texts, *_, **__: [(judgement, ["The cat sleeps."])] * len(texts))
        capsys.readouterr()
        done(command, "--checkpoint", reader, "--hypothesis", "The cat is asleep.", *words)
        return capsys.readouterr().out
    return run


def holds(out, first, far):
    lines = out.splitlines(keepends=True)
    assert lines[0] == f"{first}: The cat is asleep.\n" and (FAR in lines) == far and ("far from" in out) == far
    assert "entailment 0.700, neutral 0.200, contradiction 0.100" in out and "undecided" not in out


@pytest.mark.parametrize(NAMES, CASES)
def test_predict_says_what_it_does_not_know(says, tmp_path, judgement, first, far, entailments):
    about = ("--premise", "The cat sleeps.")
    holds(says(judgement, "predict", *about), first, far)
    found = json.loads(says(judgement, "predict", *about, "--json"))
    known = first == "entailment"
    assert [found[name] for name in ("label", "known", "undecided", "near", "far")] == ["entailment", known, not known, judgement.near, far]
    says(judgement, "predict", *about, "--write", "--store", tmp_path/"graph.npz")
    assert load_graph(tmp_path/"graph.npz").count().entailments == entailments == len(found["would_write"])


@pytest.mark.parametrize(NAMES, CASES[1:3])
def test_ask_says_the_same(says, reader, tmp_path, judgement, first, far, entailments):
    store = ("--store", tmp_path/"graph.npz")
    done("tell", "--checkpoint", reader, "--sentence", "The cat sleeps.", *store)
    holds(says(judgement, "ask", *store), first, far)
    says(judgement, "ask", *store, "--write")
    assert load_graph(tmp_path/"graph.npz").count().entailments == entailments
