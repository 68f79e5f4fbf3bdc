"A graph that changes its mind, from the real command line: what is shown, what is written, and what is left of it."
import json, os, random, signal, subprocess, time, zipfile

import numpy as np
import pytest

from dualntm.cli import main
from dualntm.files import Lock
from dualntm.graph import InMemoryGraphMemory, load_graph
from graphs import slightly_trained_reader
from processes import command, complains, run

PARIS, FLAT, FRANCE, TAXES, LIVES = "Ada works in Paris.", "Ada has a flat in Lyon.", "Ada works in France.", "Ada pays taxes in France.", "Ada lives in France."


@pytest.fixture
def place(tmp_path):
    "A folder with a graph: two told sentences, and three conclusions."
    memory = InMemoryGraphMemory(2)
    paris, flat = memory.add_propositions([PARIS, FLAT], [[1, 0], [1, 1]], "letter")
    france, taxes, lives = memory.add_propositions([FRANCE, TAXES, LIVES], [[1, 2], [2, 1], [0, 1]], "ask", told=False)
    memory.add_justifications([(france, [(paris, .9)], .9), (taxes, [(france, .8), (flat, .6)], .7), (lives, [(flat, .9)], .9)], "judge", "ask")
    memory.log_writes([paris, flat, france, taxes, lives], "ask")
    memory.save(tmp_path/"world.npz")
    return tmp_path


def held(place): return {p.text for p in load_graph(place/"world.npz").propositions() if p.held}


def typed(place, *words):
    "A command on that graph: its exit code, stdout and stderr."
    done = run(*words, "--store", "world.npz", cwd=place)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def content(place):
    "All files of a folder: their bytes, and those of what is packed in them."
    for path in place.iterdir():
        if not path.is_file(): continue
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed: yield from ((f"{path.name}/{name}", packed.read(name)) for name in packed.namelist())


def test_a_dry_run_writes_nothing(place):
    before = {name: data for name, data in content(place)}
    for kind in ("retract", "forget"):
        code, out, err = typed(place, kind, PARIS, "--dry-run")
        assert (code, err) == (0, "") and FRANCE in out and TAXES in out and LIVES not in out and "nothing was changed" in out
        assert dict(content(place)) == before
    complains(typed(place, "restore", PARIS, "--dry-run"), "was not taken back")
    assert dict(content(place)) == before


def test_retract_and_restore(place):
    "What a dry run lists is what goes, and all of it returns."
    would = json.loads(typed(place, "retract", PARIS, "--dry-run", "--json")[1])
    code, out, err = typed(place, "retract", PARIS, "--why", "she moved", "--by", "Tom", "--json")
    done = json.loads(out)
    assert code == 0 and would | {"dry_run": False} == done and {one["text"] for one in done["withdrawn"]} == {FRANCE, TAXES}
    assert held(place) == {FLAT, LIVES}
    code, out, err = typed(place, "explain", TAXES)
    assert code == 0 and "(not held)" in out and "no longer because" in out and f"since {PARIS!r} was taken back, by Tom: she moved" in out
    code, out, err = typed(place, "restore", str(done["named"][0]["idx"]))
    assert code == 0 and held(place) == {PARIS, FLAT, FRANCE, TAXES, LIVES}
    changes = typed(place, "explain", "--changes")[1].splitlines()
    assert len(changes) == 2 and changes[0].endswith("taken back, by Tom: she moved; 2 withdrawn with it") and "2 held again with it" in changes[1]
    assert (typed(place, "explain", "--changes", "--since", "2999-01-01")[1]) == "nothing was changed since 2999-01-01\n"


def test_what_is_forgotten_is_in_no_file(place):
    "Text, log, changes and their reasons, and what a killed writer left; the rest is as it was."
    typed(place, "retract", FLAT, "--why", f"{FLAT} was an error")
    (place/".world.npz.abc.part").write_bytes((place/"world.npz").read_bytes())
    assert any(b"flat in Lyon" in data for _, data in content(place))
    code, out, err = typed(place, "forget", FLAT, "--by", "Tom")
    assert (code, err) == (0, "") and "exports" in out and "backups" in out and "checkpoints" in out
    assert [name for name, data in content(place) if b"flat in Lyon" in data or b"was an error" in data] == []
    assert held(place) == {PARIS, FRANCE} and load_graph(place/"world.npz").find(TAXES) is not None
    complains(typed(place, "explain", FLAT), "does not hold")
    assert FLAT not in typed(place, "explain", TAXES)[1] + typed(place, "explain", "--changes")[1]


BAD = {"a conclusion": (("retract", FRANCE), "was never told, but concluded or assumed", "take back what it rests on"), "a wrong letter": (("retract", "Ada works in Pariss."), PARIS),
       "no such number": (("forget", "7"), "no proposition of the number 7"), "one of two": (("retract", PARIS, "It snows."), "does not hold 'It snows.'"), "an empty text": (("forget", " "), "an empty text"),
       "not taken back": (("restore", PARIS), "was not taken back"), "a time that is none": (("explain", PARIS, "--at", "soon"), "--at 'soon': give a date"),
       "before it was told": (("explain", PARIS, "--at", "2001-01-01"), "the graph as of 2001-01-01 does not hold"), "since without changes": (("explain", PARIS, "--since", "2001-01-01"), "this is for --changes"),
       "nothing to explain": (("explain",), "give either a PROPOSITION"), "a user of no server": (("retract", PARIS, "--user", "me"), "no server is asked"),
       "a long reason": (("retract", PARIS, "--why", "x" * 10_001), "at most 10,000 characters")}


@pytest.mark.parametrize("name", BAD)
def test_what_cant_be_done(place, name):
    "One sentence, exit code 2, and nothing changed."
    words, *says = BAD[name]
    before = (place/"world.npz").read_bytes()
    complains(typed(place, *words), *says)
    assert (place/"world.npz").read_bytes() == before


def test_a_graph_that_cant_be_had(place):
    (place/"text.npz").write_text("no graph")
    for store, says in (("none.npz", "there is no store at none.npz"), ("text.npz", "is not a saved graph memory"), ("no/world.npz", "there is no")):
        for words in (("retract", PARIS), ("forget", PARIS, "--dry-run"), ("explain", PARIS), ("conflicts",)):
            done = run(*words, "--store", store, cwd=place)
            complains((done.returncode, done.stdout, done.stderr), says)
    assert run("retract", PARIS, cwd=place).returncode == run("retract", PARIS, "--store", "world.npz", "--graph", "world", cwd=place).returncode == 2
    assert not (place/"none.npz").exists()


def test_conflicts(place):
    assert typed(place, "conflicts")[1].startswith("0 conflicts")
    memory = load_graph(place/"world.npz")
    memory.add_propositions([f"not: {FRANCE}"], [[0, -1]], "diary")
    memory.save(place/"world.npz")
    code, out, err = typed(place, "conflicts")
    assert code == 0 and f"not: {FRANCE} (told by diary)" in out and f"{FRANCE} (concluded)" in out and PARIS in out and "1 conflict;" in out
    assert json.loads(typed(place, "conflicts", "--json")[1])["denial"]["state"] == "told by diary"
    assert typed(place, "retract", PARIS)[0] == 0 and typed(place, "conflicts")[1].startswith("0 conflicts")


def test_a_stopped_change_leaves_the_store_as_it_was(place):
    "Ctrl-C while another process writes the store."
    before = (place/"world.npz").read_bytes()
    with Lock(place/"world.npz", "busy", 0):
        process = subprocess.Popen(command("retract", PARIS, "--store", "world.npz"), cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # it waits
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        done = run("retract", PARIS, "--store", "world.npz", "--wait", "0", cwd=place)
        complains((done.returncode, done.stdout, done.stderr), "is being written by another process")
        assert run("retract", PARIS, "--store", "world.npz", "--dry-run", cwd=place).returncode == 0  # who only looks does not wait
    assert (process.returncode, out) == (130, "") and "world.npz is as it was" in err and (place/"world.npz").read_bytes() == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_list_that_cant_be_printed_changes_nothing(place):
    before = (place/"world.npz").read_bytes()
    with open("/dev/full", "w") as full: done = subprocess.run([*command("retract", PARIS, "--store", "world.npz"), "--json"], cwd=place, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "No space left" in done.stderr and (place/"world.npz").read_bytes() == before


@pytest.mark.parametrize("kills", [int(os.environ.get("DUALNTM_KILLS", 3))])
def test_a_kill_leaves_all_or_nothing(tmp_path, kills):
    "A retraction that withdraws 10,000 things, killed at moments of it."
    memory, draw = InMemoryGraphMemory(8), random.Random(0)
    root, = memory.add_propositions(["root"], np.ones((1, 8)))
    ends = memory.add_propositions([f"end {n}" for n in range(10_000)], np.random.default_rng(0).normal(size=(10_000, 8)), told=False)
    memory.add_entailments([(root, end, .5) for end in ends])
    memory.save(tmp_path/"world.npz")
    before, seen = (tmp_path/"world.npz").read_bytes(), set()
    for _ in range(kills):
        (tmp_path/"world.npz").write_bytes(before)
        process = subprocess.Popen(command("retract", "root", "--store", "world.npz"), cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()  # what goes is printed before it is written
        time.sleep(draw.uniform(0, .05))
        process.kill()
        process.communicate()
        seen.add(len(held(tmp_path)))
    assert seen <= {0, 10_001}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    slightly_trained_reader(folder, "cat dog horse bird", 8)
    return folder


def test_retract_then_ask(reader, monkeypatch, capsys):
    "What was taken back, and what is not valid now, is no evidence; what is told with another time is, when that time is asked about. The reader is loaded in this process."
    words = ("--checkpoint", "reader", "--store", "world.npz")
    monkeypatch.chdir(reader)
    def said(*line):
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended: main(list(line))
        return ended.value.code or 0, *capsys.readouterr()
    def ok(*line):
        code, out, err = said(*line)
        assert code == 0, err
        return out
    def known(*more): return json.loads(ok("ask", *words, "--hypothesis", "The cat is asleep.", "--reads", "--json", *more))["near"]
    ok("tell", *words, "--sentence", "The cat sleeps.", "--sentence", "It rains in the harbour.")
    sure = known()
    ok("retract", "The cat sleeps.", "--store", "world.npz")
    assert known() < sure
    ok("restore", "The cat sleeps.", "--store", "world.npz")
    assert known() == sure
    assert "valid until 2020-01-01: 1 sentence; that is not now" in ok("tell", *words, "--sentence", "The cat sleeps.", "--until", "2020-01-01")
    assert known() < sure
    ok("tell", *words, "--sentence", "The cat sleeps.", "--since", "2998-01-01")
    assert known() < sure and known("--at", "2999-01-01") == sure
    for more, says in ((("--since", "2026-01-01", "--until", "2025-01-01"), "--until 2025-01-01 is not after --since 2026-01-01"), (("--since", "soon"), "--since 'soon': give a date")):
        complains(said("tell", *words, "--sentence", "It is late.", *more), says)
    complains(said("ask", *words, "--hypothesis", "It", "--at", "2001-01-01"), "--at 2001-01-01: world.npz held nothing yet")
    assert load_graph(reader/"world.npz").find("It is late.") is None
