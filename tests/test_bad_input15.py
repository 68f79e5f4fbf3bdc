"Judges, stores and texts that can't be used: one sentence, exit code 2, and nothing written."
import json

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from dualntm.cli import main
from dualntm.graph import InMemoryGraphMemory, load_graph
from dualntm.text.text_encoder import packaged_minilm, quiet_transformers
from graphs import slightly_trained_reader
from processes import complains

JUDGES = {"two": ["entailment", "not_entailment"], "numbered": ["LABEL_0", "LABEL_1", "LABEL_2"], "four": ["entailment", "neutral", "contradiction", "unknown"],
          "odd": ["entailment", "neutral", "sports"], "good": ["CONTRADICTION", "Neutral", "entails"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    "A folder with a reader that has seen a few rows once, judges of random weights, and files that are no texts."
    folder = tmp_path_factory.mktemp("bad")
    slightly_trained_reader(folder, "cat dog horse bird mouse cow goat sheep", 8)
    torch.manual_seed(1)
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(packaged_minilm())
        for name, labels in JUDGES.items():
            model = BertForSequenceClassification(BertConfig(vocab_size=30522, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
                                                             id2label=dict(enumerate(labels)), label2id={label: n for n, label in enumerate(labels)}))
            for part in (model, tokenizer): part.save_pretrained(folder/name)
    for name, width in (("empty", 384), ("narrow", 5)): InMemoryGraphMemory(width).save(folder/f"{name}.npz")
    for name, content in {"latin.txt": "Grüße".encode("latin-1"), "wide.txt": "Grüße".encode("utf-16"), "paper.pdf": b"%PDF-1.7\n\xe2\xe3\n", "zero.txt": b"It rains.\0",
                          "report.docx": b"PK\x03\x04\x14\x00", "blank.md": b"---\n", "mark.txt": "\ufeffIt is wet. It is late.".encode(),
                          "page.md": b"# Weather\r\n\r\n- It is **wet**\r\n- It is cold\r\n"}.items(): (folder/name).write_bytes(content)
    return folder


@pytest.fixture
def typed(place, monkeypatch, capsys):
    "A command of that reader as it would be typed: exit code, stdout and stderr."
    monkeypatch.chdir(place)
    def run(command, *words):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended: main([command, "--checkpoint", "reader", *words])
        return ended.value.code or 0, *capsys.readouterr()
    return run


BY_JUDGE = {"two": (("judge=two",), "2 labels (entailment, not_entailment) where three are needed", "-p judge_labels=entailment,neutral"),
            "numbered": (("judge=numbered",), "LABEL_0, LABEL_1, LABEL_2", "-p judge_labels=contradiction,entailment,neutral"),
            "odd": (("judge=odd",), "sports", "-p judge_labels="), "four": (("judge=four",), "4 labels", "take a model for inference"),
            "a wrong word": (("judge=numbered", "judge_labels=yes,no,neutral"), "'yes' is no label", "LABEL_0, LABEL_1, LABEL_2"),
            "too few": (("judge=numbered", "judge_labels=entailment,neutral"), "this names 2"),
            "twice": (("judge=numbered", "judge_labels=neutral,entailment,neutral"), "named twice"),
            "no judge": (("judge_labels=entailment,neutral,contradiction",), "name one by judge=MODEL"), "no model": (("judge=rows",), "rows can't be read"),
            "another setting": (("num_epochs=3",), "stays")}


@pytest.mark.parametrize("name", BY_JUDGE)
def test_a_judge_that_cant_be_used(place, typed, name):
    params, *says = BY_JUDGE[name]
    flags = [word for param in params for word in ("-p", param)]
    complains(typed("predict", "--premise", "It rains.", "--hypothesis", "It is wet.", "--write", "--store", "never.npz", *flags), *says)
    if name in ("two", "numbered"):
        complains(typed("eval", "--file", "rows/rows.json", *flags), *says)
        complains(typed("ask", "--hypothesis", "It is wet.", "--store", "empty.npz", *flags), *says)
    assert not (place/"never.npz").exists()


def test_a_judge_decides_in_every_command(typed):
    "Labels in any order and spelling are read, those that say nothing are named, and edges say who found them."
    assert typed("tell", "--sentence", "It rains.", "--store", "judged.npz")[0] == 0
    labelled = ("-p", "judge=numbered", "-p", "judge_labels=contradiction,neutral,entailment")
    for flags in (("-p", "judge=good"), labelled):
        code, out, err = typed("ask", "--hypothesis", "It is wet.", "--store", "judged.npz", "--json", "--write", *flags)
        found = json.loads(out)
        assert (code, found["source"], "reads" in found) == (0, "judge", False), err
    assert {edge.origin for edge in load_graph("judged.npz").entailments()} <= {"judge"}
    metrics = json.loads(typed("eval", "--file", "rows/rows.json", "--json", "-p", "judge=good")[1])
    assert metrics["rows"] == metrics["sureness"]["rows"] == 24 and 0 <= metrics["sureness"]["error"] <= 1
    out = typed("eval", "--file", "rows/rows.json", "-p", "judge=good")[1]
    assert out.startswith("weighed by the judge good\n") and "calibration error 0." in out


def test_stores_that_cant_be_asked(typed):
    asked = ("--hypothesis", "It is wet.", "--store")
    for command in ("ask", "predict"):
        complains(typed(command, *asked, "empty.npz"), "empty.npz holds no propositions yet", "tell it something first")
        complains(typed(command, *asked, "narrow.npz"), "narrow.npz holds propositions of 5 numbers", "384")
    complains(typed("ask", *asked, "none.npz"), "there is no store at none.npz")
    complains(typed("tell", "--sentence", "It rains.", "--store", "narrow.npz"), "narrow.npz holds propositions of 5 numbers")


NO_TEXT = {"latin.txt": "not in UTF-8", "wide.txt": "UTF-16", "paper.pdf": "PDF", "report.docx": "office document", "zero.txt": "it is no text", "rows": "it is a folder",
           "blank.md": "holds no sentence", "nowhere.txt": "No such file"}


@pytest.mark.parametrize("name", NO_TEXT)
def test_files_that_are_no_texts(place, typed, name):
    complains(typed("tell", "--text", name, "--store", "untold.npz"), name, NO_TEXT[name])
    if name != "blank.md": complains(typed("ask", "--file", name, "--store", "untold.npz"), name, NO_TEXT[name])
    assert not (place/"untold.npz").exists()


def test_texts_of_other_kinds_and_languages(place, typed):
    assert typed("tell", "--text", "mark.txt", "page.md", "--store", "told.npz")[1].startswith("told 5 sentences: 5 new")
    assert {p.text for p in load_graph("told.npz").propositions()} == {"It is wet.", "It is late.", "Weather", "It is wet", "It is cold"}
    (place/"lines.txt").write_text("Ada owns a boat\nThe boat is red\n")
    assert typed("tell", "--text", "lines.txt", "--store", "told.npz")[1].startswith("told 2 sentences: 2 new")
    out = typed("tell", "--text", "mark.txt", "--language", "sw", "--store", "told.npz")[1]
    assert out.count("was not made for (2 in sw)") == 1


def test_many_questions_end_with_their_counts(place, typed):
    (place/"questions.txt").write_text("".join(f"The {what} is wet.\n" for what in ("cat", "dog", "cow")))
    assert typed("tell", "--sentence", "The cat swims.", "--store", "asked.npz")[0] == 0
    code, out, _ = typed("ask", "--file", "questions.txt", "--store", "asked.npz")
    line, = (line for line in out.splitlines() if line.startswith("3 hypotheses: "))
    counts = [int(part.split()[0]) for part in line.partition(": ")[2].partition(";")[0].split(", ")]
    assert code == 0 and len(counts) == 4 and sum(counts) == 3 and " saw: " not in out
    assert all("hypothesis" in json.loads(line) for line in typed("ask", "--file", "questions.txt", "--store", "asked.npz", "--json")[1].splitlines())
