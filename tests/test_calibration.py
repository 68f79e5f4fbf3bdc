"What `predict` and `ask` print, and write, where a label is not known or a hypothesis lies far from anything told."
import json, shutil

import pytest, torch

from dualntm.cli import main
from dualntm.graph import load_graph
from dualntm.text import CDCLNLITask, Judgement, LABELS
from dualntm.text.judges import weighed_again
from dualntm.train import make_trainer
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
    assert [found[name] for name in ("label", "nearest", "known", "undecided")] == ["entailment" if known else None, "entailment", known, not known]
    assert [found[name] for name in ("near", "near_from", "far", "likeness", "strange")] == [judgement.near, .45, far, None, False]
    says(judgement, "predict", *about, "--write", "--store", tmp_path/"graph.npz")
    assert load_graph(tmp_path/"graph.npz").count().entailments == entailments == len(found["would_write"])


@pytest.mark.parametrize(NAMES, CASES[1:3])
def test_ask_says_the_same(says, reader, tmp_path, judgement, first, far, entailments):
    store = ("--store", tmp_path/"graph.npz")
    done("tell", "--checkpoint", reader, "--sentence", "The cat sleeps.", *store)
    holds(says(judgement, "ask", *store), first, far)
    says(judgement, "ask", *store, "--write")
    assert load_graph(tmp_path/"graph.npz").count().entailments == entailments


STRANGE = UNSURE._replace(near=.5, sure_from=.6, likeness=.31, likeness_from=.42)
UNLIKE = "  unlike what the reader was trained on: cosine 0.31 with the nearest kind of text, below 0.42\n"


@pytest.mark.parametrize("judgement, strange", [(STRANGE, True), (STRANGE._replace(likeness=.42), False), (STRANGE._replace(likeness=None), False)])
def test_a_text_unlike_those_of_training_is_said_to_be(says, judgement, strange):
    about = ("--premise", "The cat sleeps.")
    lines = says(judgement, "predict", *about).splitlines(keepends=True)
    assert lines[0] == "entailment: The cat is asleep.\n" and (UNLIKE in lines) == strange == any("unlike" in line for line in lines)
    found = json.loads(says(judgement, "predict", *about, "--json"))
    assert [found[name] for name in ("label", "likeness", "likeness_from", "strange", "far")] == ["entailment", judgement.likeness, .42, strange, False]


def test_a_judge_keeps_the_figures(monkeypatch):
    "Another model decides; how like the texts of training a hypothesis is stays the reader's figure."
    monkeypatch.setattr("dualntm.text.judges.weigh_all", lambda judge, questions, most: [Judgement(1, (0., 1., 0.), (), source="judge")] * len(questions))
    found, = weighed_again(None, [STRANGE], [["The cat sleeps."]], ["The cat is asleep."])
    assert (found.label, found.source, found.strange, found.near) == (1, "judge", True, .5)


def test_what_was_trained_on_travels_with_the_weights(tmp_path, capsys):
    "Landmarks are in the checkpoint; the same network, started without them, tells and asks as before, and calls nothing strange."
    rows = [{"premise": [{"text": f"The {a} sleeps in box {n}.", "language": "en"}], "hypothesis": {"text": f"The {a} of box {n} is {how}.", "language": "en"}, "label": label}
            for n, a in enumerate("cat dog horse bird mouse cow goat sheep fish snake duck bear fox hen wolf lion frog owl".split())
            for how, label in (("asleep", "entailment"), ("hungry", "neutral"), ("awake", "contradiction"))]
    (tmp_path/"rows").mkdir()
    for split in ("train", "dev", "test"): (tmp_path/"rows"/f"{split}.json").write_text(json.dumps(rows * (1 + (split == "dev") * 2)))
    make_trainer("cdcl-nli", "dual", seed=1, folder=tmp_path/"reader", data=str(tmp_path/"rows"), num_epochs=1, controller_size=16).fit(progress=False)
    for path in (tmp_path/"reader").glob("*.pt"):
        content = torch.load(path, weights_only=True)
        assert len(content["net"]["landmarks"]) == 9  # of 72 texts
        content["net"]["likeness_from"] = torch.tensor(.5)  # less than a hundred texts give no threshold
        torch.save(content, path)
    shutil.copytree(tmp_path/"reader", tmp_path/"before")
    for path in (tmp_path/"before").glob("*.pt"):
        content = torch.load(path, weights_only=True)
        for name in ("landmarks", "likeness_from"): del content["net"][name]
        torch.save(content, path)
    odd, usual = "SELECT name FROM users WHERE age > 30;", "The cat sleeps in box 3."
    said = {}
    for name in ("reader", "before"):
        store = ("--checkpoint", tmp_path/name, "--store", tmp_path/f"{name}.npz")
        done("tell", *store, "--sentence", odd, "--sentence", usual)
        told = capsys.readouterr().out
        done("ask", *store, "--hypothesis", odd, "--hypothesis", usual, "--json")
        said[name] = told, [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "  1 of 2 sentences is unlike what this reader was trained on (cosine under 0.50)\n" in said["reader"][0] and "unlike" not in said["before"][0]
    assert [one["strange"] for one in said["reader"][1]] == [True, False] and {one["likeness"] for one in said["before"][1]} == {None}
    assert [one["probabilities"] for one in said["reader"][1]] == [one["probabilities"] for one in said["before"][1]]
