"What people met who used it for the first time: each was a puzzle, and is a sentence now."
import json, subprocess, sys
from pathlib import Path

import pytest

from dualntm.errors import InputError

TOP = Path(__file__).parent.parent


def typed(folder, *words):
    done = subprocess.run([sys.executable, "-m", "dualntm", *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("out, instead", [("copy.safetensors", "copy"), ("copy", ""), ("copy-1.5", "")])
def test_a_format_that_is_a_folder(tmp_path, out, instead):
    code, _, said = typed(tmp_path, "export", "--checkpoint", "pretrained:copy", "--format", "safetensors", "--out", out)
    assert code == 2 * bool(instead) and [path.name for path in tmp_path.iterdir()] == [out] * (not instead)
    assert not instead or said.rstrip().endswith(f"give the name of a folder, such as --out {instead}")


def test_a_format_that_is_a_file(tmp_path):
    from dualntm.graph import InMemoryGraphMemory
    InMemoryGraphMemory(2).save(tmp_path/"notes.npz")
    (tmp_path/"there").mkdir()
    for out, instead in (("notes/", "notes.gexf"), ("there", "there/graph.gexf")):
        code, _, said = typed(tmp_path, "export", "--store", "notes.npz", "--format", "gexf", "--out", out, "--overwrite")
        assert code == 2 and "gexf is one file" in said and said.rstrip().endswith(f"such as --out {Path(instead)}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.npz", "there"]


def test_runs_of_several_tasks_have_no_common_axis(tmp_path):
    code, _, said = typed(tmp_path, "plot", TOP/"data"/"copy"/"default-seed1", TOP/"data"/"cdcl-nli-runs"/"dual"/"seed1")
    assert code == 2 and "several tasks (copy:" in said and "cdcl-nli:" in said and not list(tmp_path.iterdir())


def test_a_short_run_is_the_mean_of_what_it_has():
    from dualntm.show import plot_convergence
    history = [{"batch": 100 * i, "sequences": 100 * i, "cost": 5. - i} for i in (1, 2, 3)]
    assert "the last 300" in plot_convergence(history).axes[0].get_ylabel()


def test_runs_shows_the_mean_that_train_ends_with(tmp_path):
    from dualntm.cli.runs import look_at
    code, said, _ = typed(tmp_path, "train", "--task", "copy", "--num-batches", 30, "-p", "engine=eager", "-p", "controller_size=8", "-p", "memory_n=8", "-p", "report_interval=10")
    (run,) = (tmp_path/"checkpoints").iterdir()
    (line,) = [line for line in said.splitlines() if line.startswith("last 30 batches")]
    assert code == 0 and f": {look_at(run).cost:.3f} wrong bits" in line


def test_columns_the_wrong_way_round():
    from dualntm.text.splits import read_columns
    with pytest.raises(InputError, match="the wrong way round.*label:gold"): read_columns("gold:label")


def test_a_label_that_is_not_there_is_told_with_what_is(tmp_path):
    from dualntm.text.splits import read_rows
    (tmp_path/"train.json").write_text(json.dumps([{"premise": "It rains.", "hypothesis": "It is wet.", "gold": "entailment"}]))
    with pytest.raises(Exception, match="no such field but .*gold"): read_rows(tmp_path/"train.json", "translated")


@pytest.mark.parametrize("row, says", [
    ("premise,gold\nIt rains.,entailment\n", 'field hypothesis: found no such field but "premise", "gold"'),
    ("sentence1,text_b,gold_label\nIt rains.,It is wet.,entailment\n", 'field sentence2: found no such field but "sentence1", "text_b", "gold_label"'),
    ("premise,hypothesis,gold\nIt rains.,It is wet.,entailment\n", 'field label: found no such field but "premise", "hypothesis", "gold".*-p columns=label:NAME'),
    ("premise,hypothesis,label\nIt rains.,It is wet.,\n", "field label: found nothing, expected entailment.*0, 1, 2$"),
])
def test_a_column_that_is_missing_is_told_with_those_that_are_there(tmp_path, row, says):
    from dualntm.text.splits import read_rows
    (tmp_path/"train.csv").write_text(row)
    with pytest.raises(Exception, match=says): read_rows(tmp_path/"train.csv", "translated")


def test_a_dry_run_counts_the_rows(tmp_path):
    code, said, error = typed(tmp_path, "train", "--task", "cdcl-nli", "--model-type", "dual", "--dry-run", "-p", f"data={TOP/'data'/'cdcl-nli'}")
    assert code == 0 and "in train, " in said and "in dev" in said, error


def test_the_help_of_serve_says_when_a_graph_is_read():
    from dualntm.cli.serve import SERVE_EXAMPLES
    assert "a graph in Neo4j is read once, when the server starts" in SERVE_EXAMPLES


ADA, BEN = "Ada works in Paris.", "Ben owns a boat."


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    "A folder with a store that was told what was true in the past only."
    place = tmp_path_factory.mktemp("past")
    assert typed(place, "tell", "--checkpoint", "pretrained:everyday", "--store", "p.npz", "--sentence", ADA, "--since", "2024-01-01", "--until", "2026-01-01")[0] == 0
    return place


def asked(place, *words): return typed(place, "ask", "--checkpoint", "pretrained:everyday", "--store", "p.npz", "--hypothesis", "Ada works in France.", *words)


def test_a_store_in_which_nothing_holds_now(past):
    code, out, said = asked(past)
    assert code == 2 and not out and "nothing in the graph can be evidence: what was told is taken back, or not valid at this time" in said and said.count("\n") == 1


def test_a_past_day_is_asked_by_what_is_known_now(past):
    code, _, said = asked(past, "--at", "2025-06-01")
    assert code == 2 and "--valid 2025-06-01" in said
    code, out, _ = asked(past, "--valid", "2025-06-01", "--json")
    assert code == 0 and ADA in json.dumps(json.loads(out)["evidence"])
    code, out, _ = typed(past, "explain", ADA, "--store", "p.npz", "--valid", "2025-06-01")
    assert code == 0 and "told by tell)" in out
    assert asked(past, "--valid", "2027-01-01")[0] == 2


def test_tell_says_what_else_it_changes(past):
    def tell(*words): return typed(past, "tell", "--checkpoint", "pretrained:everyday", "--store", "s.npz", "--sentence", *words)[1]
    tell(BEN)
    assert typed(past, "retract", BEN, "--store", "s.npz")[0] == 0
    assert f"held again: {BEN}" in tell(BEN)
    tell(BEN, "--until", "2026-01-01")
    assert "not held all the same, since its valid time is not now" in tell(BEN)


def test_the_number_of_nothing(past):
    code, _, said = typed(past, "retract", "5", "--store", "p.npz")
    assert code == 2 and "no proposition of the number 5" in said
    assert typed(past, "retract", "x", "--store", "nothere.npz")[0] == 2 and not list(past.glob(".nothere*"))


def test_times_that_cannot_be():
    import datetime
    from dualntm.errors import GraphError
    from dualntm.graph import InMemoryGraphMemory
    memory = InMemoryGraphMemory(2)
    told, = memory.add_propositions(["it rains"], [[1, 0]])
    held, = memory.add_propositions(["the street is wet"], [[0, 1]], told=False)
    memory.add_entailments([(told, held, .5)], "judge")
    for time in (10**15, -10**14):
        with pytest.raises(GraphError, match="milliseconds since 1970"): memory.set_valid(told, since=time)
    memory.set_valid(told, since=-62_135_596_800_000)
    assert "0001-01-01" in str(memory.history(told)[-1])
    with pytest.raises(GraphError, match="never told"): memory.set_valid(held, until="2020-01-01")
    memory.set_valid(told, until=datetime.date(2026, 1, 1))
    assert [p.held for p in memory.propositions()] == [False, False]
    assert "the valid time of 'it rains' was set" in str(memory.history(held)[-1])
    assert memory.changes_in_words(datetime.date(2020, 1, 1))[-1].endswith("; 1 withdrawn with it")
