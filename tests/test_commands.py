"The command line among other programs: two writers, signals, pipes, full disks, odd consoles; and the words of older programs."
import argparse, json, os, re, shlex, signal, subprocess, sys, time
from pathlib import Path

import pytest

from dualntm import DualMemoryNTM
from dualntm.cli import command_parser, main
from dualntm.files import Lock
from dualntm.graph import load_graph

TOP = Path(__file__).parent.parent
SMALL = "-p sequence_width=6 -p batch_size=4 -p controller_size=10 -p write_interval=1 --num-batches 2 --seed 1".split()
BRIEF = "-p sequence_max_len=2 -p memory_n=8 -p engine=eager".split()  # nothing to compile
FACTS = {"a.txt": "000001 000010\n000010 000100\n", "b.txt": "100000 010000\n010000 001000\n"}


def start(*words, cwd, **settings):
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings}
    return subprocess.Popen([sys.executable, "-m", "dualntm", *map(str, words)], cwd=cwd, **given)


def run(*words, cwd, **settings):
    process = start(*words, cwd=cwd, **settings)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    "A folder with a small run of graph-recall, and facts to tell it."
    folder = tmp_path_factory.mktemp("commands")
    for name, text in FACTS.items(): (folder/name).write_text(text)
    code, out, err = run("train", "--task", "graph-recall", "--model-type", "dual", *SMALL, cwd=folder)
    assert code == 0, err
    return folder


def tell(facts, store="world.npz"): return ("tell", "--checkpoint", "checkpoints/graph-recall-dual-seed1", "--store", store, "--facts", facts)


def told(path): return {p.text for p in load_graph(path).propositions()}


# two writers

def test_a_second_writer_waits_and_adds(folder):
    "Whoever comes while the store is being changed starts from what the other has written."
    store = folder/"world.npz"
    store.unlink(missing_ok=True)
    with Lock(store, "busy", 0):
        process = start(*tell("a.txt"), cwd=folder)
        assert "is being written by another process" in process.stderr.readline()
        (other := load_graph_or_new(store)).add_propositions(["111111"], [[1.] * 6])
        other.save(store)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert told(store) == {"111111", *FACTS["a.txt"].split()}


def load_graph_or_new(store):
    from dualntm.graph import InMemoryGraphMemory
    return load_graph(store) if store.exists() else InMemoryGraphMemory(6)


def test_two_tells_at_once(folder):
    processes = [start(*tell(name, "two.npz"), cwd=folder) for name in FACTS]
    for process in processes: assert process.communicate(timeout=120)[1] is not None and process.returncode == 0
    assert told(folder/"two.npz") == set(" ".join(FACTS.values()).split())


def test_waiting_ends(folder):
    with Lock(folder/"busy.npz", "busy", 0):
        code, out, err = run(*tell("a.txt", "busy.npz"), "--wait", 0, cwd=folder)
        assert (code, out) == (2, "") and "busy.npz is being written by another process" in err and err.count("\n") == 1
    assert not (folder/"busy.npz").exists()


# signals

@pytest.mark.parametrize("number, code, words", [(signal.SIGTERM, 143, "ended by SIGTERM"), (signal.SIGINT, 130, "interrupted")])
def test_a_stopped_tell_leaves_the_store_as_it_was(folder, number, code, words):
    store = folder/"stopped.npz"
    with Lock(store, "busy", 0):
        process = start(*tell("a.txt", "stopped.npz"), cwd=folder)
        process.stderr.readline()  # it waits
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert f"{words}; stopped.npz is as it was" in err and "Traceback" not in err and not store.exists()


def test_sigterm_while_pytorch_is_imported(folder):
    process = start("eval", "--checkpoint", "checkpoints/graph-recall-dual-seed1", cwd=folder)
    maps = Path(f"/proc/{process.pid}/maps")
    while "libtorch" not in maps.read_text(): time.sleep(.01)
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143 and "ended by SIGTERM" in err and "Traceback" not in err


# where the output goes

def test_a_reader_that_goes_away(folder):
    process = start("neo4j", "queries", cwd=folder, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    process.stdout.close()
    err = process.stderr.read()
    assert (process.wait(60), err) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_behind_the_output(folder):
    for words, says in ((("--help",), "can't write the output: No space left on device"), (("neo4j", "queries"), "can't write the output: No space left on device"),
                        (tell("a.txt", "full.npz"), "full.npz holds 3 propositions and 2 entailments")):
        with open("/dev/full", "w") as full: code, _, err = run(*words, cwd=folder, stdout=full)
        assert code == 1 and "Traceback" not in err and "Exception" not in err
        assert says in err and err.count("\n") == 1


def test_nobody_reads_the_messages(folder):
    reads, writes = os.pipe()
    os.close(reads)
    code, out, _ = run("train", "--task", "copy", *BRIEF, "--num-batches", 3, "--checkpoint-path", "unread",
                       cwd=folder, stderr=writes)
    os.close(writes)
    assert code == 0 and "next: dualntm eval" in out


@pytest.mark.parametrize("name, settings", [(os.fsdecode(b"caf\xe9"), {"PYTHONIOENCODING": "utf-8:strict"}), ("it's ☃", {"PYTHONIOENCODING": "cp1252"}),
                                            ("é", {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})])
def test_any_folder_on_any_console(tmp_path, name, settings):
    "A folder of any bytes works, and the command that is printed to be typed next can be pasted."
    (tmp_path/"home"/name).mkdir(parents=True)
    environment = os.environ | settings | {"HOME": str(tmp_path/"home"/name)}
    code, out, err = run("--task", "copy", *BRIEF, "--num-batches", 2, "--checkpoint-path", name, cwd=tmp_path,
                         env=environment, text=False)
    assert code == 0 and b"Traceback" not in err, err
    (line,) = [line for line in out.splitlines() if line.startswith(b"next: dualntm ")]
    words = subprocess.run(["bash", "-c", b"dualntm() { printf '%s\\0' \"$@\"; }\n" + line.removeprefix(b"next: ")], capture_output=True).stdout.split(b"\0")
    assert words[:2] == [b"eval", b"--checkpoint"] and words[3] == b"plot" and words[2] == words[4], line
    assert (tmp_path/os.fsdecode(words[2])).is_dir(), line


# words

def parsers(parser=None, name="dualntm"):
    "All commands: their name and their parser."
    parser = parser or command_parser()
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items(): yield from parsers(below, f"{name} {word}")


def test_no_flag_loses_a_word():
    taking = [(name, action) for name, parser in parsers() for action in parser._actions if action.nargs != 0 and action.option_strings]
    assert len(taking) > 60
    assert [(name, action.option_strings) for name, action in taking if isinstance(action, argparse._StoreAction)] == []


def examples():
    "Each example that a help text gives."
    for name, parser in parsers():
        text = re.sub(r"\\\n\s*", " ", parser.epilog or "")
        found = re.findall(r"^  (dualntm .*)$", text, re.M)
        yield name, parser, found


def test_every_command_has_examples_that_can_be_typed():
    for name, parser, found in examples():
        chooses = any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)
        assert found or chooses, f"{name} --help has no example"
        for line in found: command_parser().parse_args(shlex.split(line)[1:] if "--help" not in line else ["train"])


OLDER = """
--task copy --seed 1000
--task copy --model-type dual --seed 1000
--task copy --model-type dual --long-term-memory-backend in-memory
--task copy --model-type dual --long-term-memory-backend memory
--task copy --model-type dual --long-term-memory-backend neo4j
--task repeat-copy --model-type dual --long-term-memory-backend neo4j
--task repeat-copy --model-type dual --long-term-memory-backend in-memory
--task copy --model-type dual --long-term-memory-backend neo4j --num-batches 100 --batch-size 2
--task copy --model-type dual --long-term-memory-backend neo4j -p controller_size=200 -p controller_layers=2
--task copy --model-type dual --long-term-memory-backend neo4j -p short_term_n=256 -p short_term_m=32
--task copy --model-type dual --long-term-memory-backend neo4j -p long_term_nodes=64 -p long_term_dim=16
--task copy --model-type dual -p batch_size=8 -p num_heads=4 -p controller_size=150
--task copy -pbatch_size=4 -pnum_heads=2 -pcontroller_size=50
--task copy --checkpoint-interval 500 --checkpoint-path ./checkpoints --report-interval 200
--seed 10 --task repeat-copy -psequence_max_len=5 -prepeat_max=5 -pmemory_n=64 -prmsprop_lr=3e-5
"""
READING = """
--task cdcl-nli --model-type dual -p num_epochs=5
--task cdcl-nli --model-type dual --long-term-memory-backend in-memory
--task cdcl-nli --model-type dual --long-term-memory-backend neo4j
--task cdcl-nli --model-type dual --long-term-memory-backend neo4j -p num_epochs=10 -p batch_size=16
"""


def ends(words, capsys):
    with pytest.raises(SystemExit) as stopped: main(words)
    return stopped.value.code or 0, capsys.readouterr()


@pytest.mark.parametrize("line", [*filter(None, OLDER.splitlines()), *filter(None, READING.splitlines())])
def test_commands_of_older_programs(line, capsys, monkeypatch):
    "What users of `train.py` have typed goes through with `dualntm` and with `dualntm train`, and is what was asked for."
    monkeypatch.chdir(TOP)
    shown = []
    for words in (["train"], []):
        code, printed = ends([*words, *shlex.split(line), "--dry-run"], capsys)
        assert (code, printed.err) == (0, "")
        config, _ = json.JSONDecoder().raw_decode(printed.out)
        shown.append({**config, "command": None, "started": None})
    assert shown[0] == shown[1]
    values = {**config, **config["task_parameters"], **config["model_parameters"], **config["training"]}
    for name, value in re.findall(r"-p ?(\w+)=(\S+)", line):
        name = DualMemoryNTM.aliases.get(name, name)
        if name != "num_heads": assert values[name] == type(values[name])(value)
        else: assert values["heads"].count("w") == int(value)


def test_the_scripts_beside_train_py_have_commands():
    "Setting up and trying Neo4j, and looking at write conditions, were scripts of their own."
    names = [name for name, _ in parsers()]
    assert {"dualntm neo4j setup", "dualntm neo4j check", "dualntm neo4j write-conditions"} <= set(names)


def test_a_size_that_has_no_flag(capsys):
    "A size of another task given as a flag is answered with the way in which it is given."
    with pytest.raises(SystemExit) as end: main(["eval", "--checkpoint", "pretrained:associative-recall", "--items", "20"])
    said = capsys.readouterr().err
    assert end.value.code == 2 and "--size items=NUMBER" in said and "--wait" not in said
