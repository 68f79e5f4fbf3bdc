"Inference on texts from the command line: train, eval and predict agree, a second run encodes nothing, bad input is one sentence."
import contextlib, io, json, os, shutil, subprocess, sys
from pathlib import Path

import pytest
import torch

from dualntm.text import Judgement, Row
from dualntm.text.sessions import tokens_of
from dualntm.train import load
from dualntm.cli import main
from dualntm.graph import load_graph

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


@pytest.fixture
def typed(place, monkeypatch):
    "A command as it would be typed, in this process: exit code, stdout and stderr."
    monkeypatch.chdir(place)
    monkeypatch.setenv("DUALNTM_CACHE", str(place/"cache"))
    def run_here(*words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try: code = main([str(word) for word in words]) or 0
            except SystemExit as e: code = e.code or 0
        return code, out.getvalue(), err.getvalue()
    return run_here


@pytest.fixture(scope="module")
def trained(place):
    words = ("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "data=pairs", "-p", "num_epochs=2", "-p", "decoder_epochs=1", "--overwrite")
    first, second = run(place, *words), run(place, *words)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "encoded 0 texts" in second.stdout and "encoded 0 texts" not in first.stdout
    return place/"checkpoints"/"cdcl-nli-dual-seed1000"


@pytest.fixture(scope="module")
def decided(trained):
    "The same run with a network that is sure of what it says: two epochs leave every label near a third."
    folder = shutil.copytree(trained, trained.parent/"decided")
    for path in folder.glob("*.pt"):
        state = torch.load(path, weights_only=True)
        for name in ("say.out.weight", "say.out.bias"): state["net"][name] *= 200
        torch.save(state, path)
    return folder


def test_eval_and_predict_say_the_same(place, trained):
    judged = json.loads(run(place, "eval", "--checkpoint", trained, "--file", "pairs/pairs.json", "--json").stdout)
    lines = run(place, "predict", "--checkpoint", trained, "--file", "pairs/pairs.json", "--json").stdout.splitlines()
    said, gold = [json.loads(line)["nearest"] for line in lines], [row["label"] for row in json.loads((place/"pairs"/"pairs.json").read_text())]
    assert len(said) == judged["rows"] == 36
    assert abs(sum(a == b for a, b in zip(said, gold)) / 36 - judged["accuracy"]) < 1e-9


def test_a_contradiction_denies(place, decided, typed):
    "What is written for a row is what the label asks for, it is in the store, and the store judges as before beside its denials."
    asked = ("predict", "--checkpoint", decided, "--file", "pairs/pairs.json", "--json", "--store", "denials.npz")
    would = [json.loads(line)["would_write"] for line in typed(*asked)[1].splitlines()]
    assert not (place/"denials.npz").exists()
    rows = [json.loads(line) for line in typed(*asked, "--write")[1].splitlines()]
    assert [row["written"] for row in rows] == would
    begins = {"entailment": "", "contradiction": "not: "}
    for row in rows: assert {edge["target"] for edge in row["written"]} <= {begins.get(row["label"], "nothing ") + row["hypothesis"]}
    graph = load_graph(place/"denials.npz")
    texts = {p.idx: p.text for p in graph.propositions()}
    written = {(edge["source"], edge["target"]) for row in rows for edge in row["written"]}
    assert written == {(texts[e.source], texts[e.target]) for e in graph.entailments()} and written
    assert {p.told for p in graph.propositions() if p.text in {target for _, target in written}} == {False}
    judged = json.loads(typed("eval", "--checkpoint", decided, "--file", "pairs/pairs.json", "--json")[1])
    assert judged["edges"] is judged["denials"] is None  # these rows name no evidence


def test_told_texts_are_asked_for(place, decided, typed):
    "Sentences are told once, and an answer does not depend on what was asked and written before."
    (place/"one.txt").write_text("A cat sleeps on the mat. It rains.\n\nThe dog is awake.")
    (place/"two.txt").write_text("It rains. The cow is hungry.")
    store = ("--checkpoint", decided, "--store", "world.npz")
    assert "told 4 sentences: 4 new, 0 known before\n" in typed("tell", *store, "--text", "one.txt", "two.txt")[1]
    assert "told 2 sentences: 1 new, 1 known before\n" in typed("tell", *store, "--sentence", "It rains.", "--sentence", "The sun sets.")[1]
    assert load_graph(place/"world.npz").count() == (5, 0, 0)
    assert "told 12 sentences: 12 new" in typed("tell", *store, "--file", "pairs/pairs.json")[1]
    before = load_graph(place/"world.npz").count()
    one, other = (json.loads(typed(command, *store, "--hypothesis", "A cat sleeps.", "--json", "--reads")[1]) for command in ("predict", "ask"))
    assert one["hypothesis"] == "A cat sleeps." and one["reads"] and set(one["evidence"]) <= {p.text for p in load_graph(place/"world.npz").propositions()}
    assert one == other and load_graph(place/"world.npz").count() == before  # neither has written
    for hypothesis in ("A cat sleeps.", "A cat is asleep.", "The sun sets."): typed("ask", *store, "--hypothesis", hypothesis, "--write")
    after = json.loads(typed("ask", *store, "--hypothesis", "A cat sleeps.", "--json")[1])
    assert (after["nearest"], after["evidence"]) == (one["nearest"], one["evidence"])
    said = typed("tell", *store, "--sentence", "She sent me \U0001f34e.", "--sentence", "She sent me \U0001f697.")[1]
    assert "told 2 sentences: 2 new" in said and "near" in said  # both are kept, and that the encoder can't tell them apart is said


def test_what_is_undecided_is_called_so_and_not_written(place, trained, typed, monkeypatch):
    monkeypatch.setattr(Judgement, "undecided", True)
    assert typed("tell", "--checkpoint", trained, "--store", "open.npz", "--sentence", "A cat sleeps.")[0] == 0
    before = (place/"open.npz").read_bytes()
    asked = ("ask", "--checkpoint", trained, "--store", "open.npz", "--hypothesis", "A cat is asleep.")
    code, out, _ = typed(*asked)
    assert code == 0 and "not known (nearest: " in out and "(by chance 0.333 each)" in out and (place/"open.npz").read_bytes() == before
    assert "nothing was found to write" in typed(*asked, "--write")[1]
    assert load_graph(place/"open.npz").count().entailments == 0


def test_a_question_is_no_evidence(place, trained, typed, monkeypatch):
    "Asked first and written, a hypothesis is found by the next question only with --evidence held."
    monkeypatch.setattr(Judgement, "undecided", False)
    store = ("--checkpoint", trained, "--store", "asked.npz")
    assert typed("tell", *store, "--sentence", "A dog barks.", "--sentence", "It rains.")[0] == 0
    (place/"questions.txt").write_text("\n".join(f"A {kind} is asleep in the barn." for kind in ("cat", "dog", "cow")) + "\n")
    first = [json.loads(line) for line in typed("ask", *store, "--file", "questions.txt", "--json", "--write")[1].splitlines()]
    held = {p.text for p in load_graph(place/"asked.npz").propositions() if not p.told}
    assert len(first) == 3 and held == {edge["target"] for row in first for edge in row["written"]}
    seen = {words: {read["nearest"] for line in typed("ask", *store, "--hypothesis", "A cow is asleep in a barn.", "--json", "--reads", *words)[1].splitlines()
                    for read in json.loads(line)["reads"]} for words in ((), ("--evidence", "told"), ("--evidence", "held"))}
    assert seen[()] == seen["--evidence", "told"] <= {"A dog barks.", "It rains."}
    if held - {text for text in held if text.startswith("not: ")}: assert seen["--evidence", "held"] & held


def test_hypotheses_from_files(place, trained, typed):
    typed("tell", "--checkpoint", trained, "--store", "files.npz", "--sentence", "It rains.")
    rows = [{"premise": [{"text": "No.", "language": "en"}], "hypothesis": {"text": "It is wet.", "language": "en"}}, {"hypothesis": "It is dry."}]
    (place/"q.txt").write_text("It is wet.\n\n It is dry. \n")
    (place/"q.json").write_text(json.dumps(rows))
    (place/"q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("q.txt", "q.json", "q.jsonl"):
        _, out, _ = typed("ask", "--checkpoint", trained, "--store", "files.npz", "--file", name, "--hypothesis", "It is cold.", "--json")
        assert [json.loads(line)["hypothesis"] for line in out.splitlines()] == ["It is cold.", "It is wet.", "It is dry."]
    for name, content in {"none.txt": " \n", "other.json": '["It is wet."]', "lacks.jsonl": '{"text": "It is wet."}', "latin.txt": "Grüße".encode("latin-1")}.items():
        (place/name).write_bytes(content if isinstance(content, bytes) else content.encode())
        code, out, err = typed("ask", "--checkpoint", trained, "--store", "files.npz", "--file", name)
        assert (code, out, err.count("\n")) == (2, "", 1) and name in err, err


def test_reads_are_put_into_words(place, trained, typed):
    words = ("predict", "--checkpoint", trained, "--premise", "A cat sleeps. It rains.", "--hypothesis", "A cat is asleep.", "--reads")
    reads = json.loads(typed(*words, "--json")[1])["reads"]
    assert [(read["step"], read["read"]) for read in reads] == [(0, 0), (1, 0)]
    assert all(read["nearest"] in ("A cat sleeps.", "It rains.") and -1 <= read["cosine"] <= 1.001 and isinstance(read["words"], str) for read in reads)
    shown = typed(*words)[1]
    assert shown.count("in words:") == 2 and "step 1, read 0 saw:" in shown


SINCE = {"task_parameters": ("encoder_rate", "judge_model", "judge_labels"), "training": ("optimiser", "weight_decay", "warm_up"),
         "model_parameters": ("gate_size", "shared_words", "align_size", "align_sentences")}  # settings that version 0.1 did not have
BEFORE = "distractors=0 working_reads=2 gate_size=0 shared_words=false align_size=0 optimiser=graves rmsprop_lr=1e-4 batch_size=16".split()


def as_before(folder):
    "Take the settings that version 0.1 did not have out of all files of a run."
    def without(config): return {**config, **{part: {name: value for name, value in config[part].items() if name not in names} for part, names in SINCE.items()}}
    for path in folder.glob("*.pt"):
        content = torch.load(path, weights_only=True)
        torch.save({**content, "config": without(content["config"])}, path)
    (folder/"config.json").write_text(json.dumps(without(json.loads((folder/"config.json").read_text()))))


def test_runs_of_a_former_version_go_on(place, typed):
    "A run without today's settings is judged, asked and trained on as it was: no gates, no tokens, and the optimiser of its time."
    folder, settings = place/"checkpoints"/"cdcl-nli-dual-seed7", [word for setting in BEFORE for word in ("-p", setting)]
    code, _, err = typed("train", "--task", "cdcl-nli", "--model-type", "dual", "--seed", 7, "-p", "data=pairs", "-p", "num_epochs=2",
                         "-p", "controller_size=8", "--checkpoint-interval", 1, *settings)
    assert code == 0, err
    older = shutil.copytree(folder, folder.with_name("older"))
    as_before(older)
    asked = ("predict", "--file", "pairs/pairs.json", "--json", "--checkpoint")
    assert typed(*asked, older) == typed(*asked, folder)
    for run in (folder, older):
        code, _, err = typed("train", "--resume", run, "-p", "num_epochs=3")
        assert code == 0, err
    one, other = (torch.load(run/"latest.pt", weights_only=True) for run in (folder, older))
    assert {name: one["config"][name] for name in SINCE} == {name: other["config"][name] for name in SINCE}
    assert one["batch"] == other["batch"] and other["config"]["training"]["optimiser"] == "graves"
    assert all(torch.equal(weights, other["net"][name]) for name, weights in one["net"].items())
    assert not any(name.startswith(("gate.", "align.")) for name in other["net"])


def test_bad_input_is_one_sentence(place, trained, typed):
    row = {"premise": [{"text": "A cat sleeps.", "language": "en"}], "hypothesis": {"text": "It sleeps.", "language": "en"}, "label": "entailment"}
    files = {"label": json.dumps([{**row, "label": "maybe"}]), "missing": json.dumps([{"premise": row["premise"], "label": "neutral"}]),
             "no": "not JSON", "object": json.dumps(row), "empty": "", "numbers": json.dumps([{**row, "hypothesis": {"text": 5, "language": "en"}}])}
    for name, content in files.items():
        (place/f"{name}.json").write_text(content)
        code, _, err = typed("eval", "--checkpoint", trained, "--file", f"{name}.json")
        assert code == 2 and err.startswith("dualntm: error:") and err.count("\n") == 1 and f"{name}.json" in err, (name, err)
    for words in (("--hypothesis", "It rains."), ("--premise", "", "--hypothesis", "It rains."), ("--file", "nowhere.json")):
        done = run(place, "predict", "--checkpoint", trained, *words)
        assert done.returncode == 2 and done.stderr.startswith("dualntm: error:") and "Traceback" not in done.stderr
    (place/"blank.txt").write_text(" \n\n ")
    (place/"latin.txt").write_bytes("Grüße".encode("latin-1"))
    store = ("--checkpoint", trained, "--store", "untold.npz")
    for words, says in ((("--text", "blank.txt"), "blank.txt"), (("--text", "latin.txt"), "UTF-8"), (("--text", "nowhere.txt"), "nowhere.txt"),
                        (("--sentence", " "), "--sentence"), (("--file", "label.json"), "label"), (("--facts", "x"), "graph-recall"), ((), "--sentence"),
                        (("--sentence", "It rains.", "--draw", "chains"), "--draw")):
        code, out, err = typed("tell", *store, *words)
        assert (code, out, err.count("\n")) == (2, "", 1) and says in err, (words, err)
    for words, says in ((("--hypothesis", "It rains."), "no store at untold.npz"), (("--from", "0101"), "graph-recall"), ((), "--hypothesis")):
        code, out, err = typed("ask", *store, *words)
        assert (code, out, err.count("\n")) == (2, "", 1) and says in err, (words, err)
    assert not (place/"untold.npz").exists()
    done = run(place, "train", "--task", "cdcl-nli", "-p", "data=nowhere")
    assert done.returncode == 2 and "nowhere" in done.stderr and "Traceback" not in done.stderr


def test_gates_see_names_that_sentences_share(place, trained):
    "Two sentences that only a name joins: a gate is told of it."
    net = load(str(trained))[1]
    row = Row((("Norvik builds the bridge.", "In May Norvik had 340 people.", "It rains."),), "The builder had 340 people.", None, None, "e", ("en",), "")
    tokens = tokens_of([row], None)
    pairs = tokens.shared_words(tokens.of_nodes(torch.tensor([[0, 1, 2]]))).pairs[0]
    assert pairs[0, 1] > 0 == pairs[0, 2] and net.settings["shared_words"] and net.gate.words
    assert net.gate.inner.in_features == 4 * net.settings["gate_size"] + 5 and net.before["shared_words"] is False


def test_the_reader_of_the_package_is_one_to_begin_with(place, typed):
    "Its settings are those of a fresh reader; where they are not, the error says which to give."
    words = ("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "data=pairs", "-p", "num_epochs=1", "-p", "start=pretrained:everyday",
             "--checkpoint-path", "begun", "--overwrite")
    code, out, err = typed(*words)
    assert code == 0, err
    kept = {path.name: path.read_bytes() for path in (place/"begun"/"cdcl-nli-dual-seed1000").iterdir() if path.name != ".lock"}
    code, out, err = typed(*words, "-p", "shared_words=false")
    assert code == 2 and "-p shared_words=true" in err, err
    assert kept == {path.name: path.read_bytes() for path in (place/"begun"/"cdcl-nli-dual-seed1000").iterdir() if path.name != ".lock"}  # and the run of before is whole


def test_a_run_may_begin_with_the_one_it_replaces(place, typed):
    "Its weights are read before the folder is emptied."
    words = ("train", "--task", "cdcl-nli", "--model-type", "dual", "-p", "data=pairs", "-p", "num_epochs=1", "--checkpoint-path", "again", "--overwrite")
    assert typed(*words)[0] == 0
    code, out, err = typed(*words, "-p", "start=again/cdcl-nli-dual-seed1000")
    assert code == 0, err
    assert "start=again" in json.loads((place/"again"/"cdcl-nli-dual-seed1000"/"config.json").read_text())["command"]


def test_words_reach_the_gates_of_a_question(trained):
    "A hypothesis that is asked alone: the gates are told which words it shares with each sentence of the graph memory."
    task, net = load(str(trained))
    task.tell(net, [Row((("Norvik builds the bridge.", "It rains."),), "", None, None, "e", ("en",), "")])
    given = []
    net.gate.register_forward_pre_hook(lambda gate, args: given.append(args[2]))
    task.ask(net, ["Norvik builds a bridge."])
    assert [sorted(share > 0 for share in shared.asked[0, :, 0].tolist()) for shared in given] == [[False, True]]
