"`dualntm neo4j` as it is typed, against real servers: what works, what is refused and why, and what is left behind."
import json, os, re, subprocess, sys, tempfile, threading, time
from pathlib import Path

import pytest

from dualntm.cli import main
from dualntm.graph import Counts
from dualntm.neo4j import clean, KEYS, list_graphs, Neo4jGraphMemory, QUERIES, read_graph, run_query
from dualntm.neo4j import library, open_driver, user_env_file, write_env_file

WRONG = "not-the-password"


@pytest.fixture
def home(tmp_path, monkeypatch):
    "A home and working directory of one test, with nothing about Neo4j, but the downloaded server."
    monkeypatch.setenv("DUALNTM_CACHE", str(library().parent.parent))
    for name in ("NEO4J_URI", "NEO4J_USER", "NEO4J_PASSWORD"): monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path/"home"))
    (tmp_path/"home").mkdir()
    monkeypatch.chdir(tmp_path/"home")
    return tmp_path/"home"


def settled(connection):
    "Write a connection where the commands look for it."
    write_env_file(connection, user_env_file())
    return connection


@pytest.fixture
def server(calm_server, home):
    "The connection to a server that is empty, and that the commands find."
    clean(calm_server.connection, None)
    return settled(calm_server.connection)


@pytest.fixture
def restarted(calm_server, home):
    "That server, for a test that stops it; it runs again afterwards."
    settled(calm_server.connection)
    yield calm_server
    calm_server.start()


@pytest.fixture
def typed(capfd):
    "A function that runs `dualntm neo4j ...` in this process: exit code, stdout, stderr. The last is at most one sentence."
    def run(*words):
        with pytest.raises(SystemExit) as ended: main(["neo4j", *map(str, words)])
        out, err = capfd.readouterr()
        assert err.count("\n") <= 1 and "Traceback" not in err and WRONG not in out + err, err
        return ended.value.code or 0, out, err
    return run


def process(*words, **how):
    "Start `dualntm neo4j ...` as a process."
    return subprocess.Popen([sys.executable, "-m", "dualntm", "neo4j", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True, **how)


def tell(connection, graph, **how):
    "A small graph, written and closed."
    memory = Neo4jGraphMemory(2, connection, graph, run="told", **how)
    rain, wet, slip = memory.add_propositions(["it rains", "the \"street\" is wet", "it's slippery \\ $x"], [[1, 0], [.8, .6], [0, 1]])
    memory.add_entailments([(rain, wet, .9), (wet, slip, .5)], "told")
    memory.log_writes([rain, wet, slip])
    memory.close()


def everything(connection):
    "How many nodes there are of each label that the library uses."
    with open_driver(connection) as driver:
        return {label: driver.execute_query(f"MATCH (n:{label}) RETURN count(n)").records[0][0] for label in KEYS}


def empty(connection): return not any(everything(connection).values())


def test_help_is_light():
    code = ("import sys; from dualntm.cli import main\ntry: main(['neo4j', '--help'])\n"
            "except SystemExit: assert not {'torch', 'numpy', 'neo4j'} & set(sys.modules)")
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    for name in "start stop status setup check write-conditions graphs queries export replay clean".split(): assert f"\n    {name}" in shown


def test_life_of_a_local_server(restarted, home, typed):
    where, port, password = ("--home", restarted.home), restarted.port, restarted.connection.password
    user_env_file().unlink()
    said = [typed("status", *where), typed("stop", *where), typed("status", *where), typed("stop", *where), typed("start", *where, "--port", port)]
    assert [code for code, _, _ in said] == [0, 0, 1, 0, 0]
    for (_, out, _), part in zip(said, ("is running", "has stopped", "no Neo4j server is running", "was not running", "is running (process")): assert part in out
    assert password not in str(said) and password in user_env_file().read_text()
    assert typed("graphs")[:2] == (0, f"there are no graphs at {restarted.connection.uri}\n")  # found by itself now
    code, _, err = typed("start", *where, "--port", port + 1)
    assert code == 1 and "already runs" in err


@pytest.fixture
def homeless(home, monkeypatch):
    "A user without a home and without a name, as in a container."
    def nobody(number): raise KeyError("getpwuid(): uid not found")
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(tempfile, "tempdir", str(home))


@pytest.mark.filterwarnings("ignore:this user has no home")
def test_a_user_without_a_home(calm_server, homeless, typed):
    where = ("--home", calm_server.home)
    said = [typed("status"), typed("stop", "--home", "~/x"), typed("graphs"), typed("status", *where), typed("start", *where), typed("graphs")]
    assert [code for code, _, _ in said] == [1, 0, 2, 0, 0, 0]
    for (_, out, err), part in zip(said, ("no Neo4j server is running in", "/x was not running", "there is no password", "is running", "was written to", "there are no graphs")):
        assert part in out + err
    assert calm_server.is_running() and user_env_file().stat().st_mode & 0o777 == 0o600


def test_a_start_that_could_not_be_remembered_starts_nothing(home, typed, monkeypatch):
    Path(".config").touch()  # no folder can be made there
    for line in ("start --home new --port 0", "setup"):
        monkeypatch.setattr("builtins.input", lambda question: "3")
        code, out, err = typed(*line.split())
        assert (code, out, err.count("\n")) == (2, "", 1) and "neo4j.env can't be written: Not a directory" in err
    assert not Path("new").exists()


def test_setup_asks_and_writes(calm_server, home):
    connection = calm_server.connection
    out, err = process("setup").communicate(f"1\n{connection.uri}\n\n{connection.password}\n", timeout=300)
    assert "connected to Neo4j" in out and connection.password not in out + err, err
    assert user_env_file().stat().st_mode & 0o777 == 0o600 and connection.password in user_env_file().read_text()
    ended = process("setup", "--env-file", "another.env")
    out, err = ended.communicate("", timeout=300)
    assert ended.returncode == 2 and err.count("\n") == 1 and "nothing was written" in err and not Path("another.env").exists()


def test_check_passes_and_leaves_nothing_and_shows_no_password(server, tmp_path):
    (own := tmp_path/"own").mkdir()  # tests beside this one keep journals in the common folder
    running, seen = process("check", env={**os.environ, "TMPDIR": str(own)}), []
    def look():
        while running.poll() is None:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try: seen.append(server.password.encode() in path.read_bytes())
                except OSError: pass  # it ended
            time.sleep(.05)
    watch = threading.Thread(target=look)
    watch.start()
    out, err = running.communicate(timeout=300)
    watch.join()
    assert (running.returncode, err) == (0, "")
    assert re.findall(r"^(.+?)  +ok", out, re.M) == ["connection", "training integration", "read and write", "export"], out
    assert empty(server) and not [*own.glob("dualntm-*.journal")] and server.password not in out and not any(seen)


def test_a_check_that_fails_says_why_and_leaves_nothing(server, typed):
    with open_driver(server) as driver:
        driver.execute_query("CREATE CONSTRAINT in_the_way FOR (p:Proposition) REQUIRE p.step IS UNIQUE")
        try: code, out, err = typed("check")
        finally: driver.execute_query("DROP CONSTRAINT in_the_way")
    lines = out.splitlines()
    assert (code, err, len(lines)) == (1, "", 4) and empty(server)
    assert "ok" in lines[0] and "FAILED" in lines[1] and "already exists" in lines[1] and "journal" not in out, out


def test_a_check_without_access(server, typed, monkeypatch):
    monkeypatch.setenv("NEO4J_PASSWORD", WRONG)
    code, out, err = typed("check")
    assert code == 1 and "refuses the user neo4j" in out and out.count("not tried") == 3 and err == ""


def test_a_server_that_dies_during_a_check(restarted):
    running = process("check")
    assert "ok" in running.stdout.readline()
    restarted.kill()
    out, err = running.communicate(timeout=300)
    assert running.returncode == 1 and "FAILED" in out and err.count("\n") == 1, (out, err)
    assert "nothing is listening" in err and (graph := re.search(r"clean --graph (dualntm-check-\w+)", err)), err
    restarted.start()
    left = [info.name for info in list_graphs(restarted.connection)]
    assert left in ([], [graph[1]])


def test_write_conditions(server, typed):
    code, out, err = typed("write-conditions", "-p", "write_gate=0.99", "-p", "write_interval=1", "-p", "num_batches=5")
    assert (code, err) == (0, "") and empty(server)
    propositions = out.split("\n\n")[1]
    counts = {name: int(number) for name, number in re.findall(r"^ *(\w+) +(\d+) ", propositions, re.M)}
    assert counts.pop("presented") == sum(counts.values()) == counts["gate"] + counts["repeated"] > 0 and "-p write_gate=0.99" in propositions
    assert "none were written, and what kept most of them out is gate" in out and "the server held 0 propositions" in out


def test_queries_as_printed_answer_as_when_run(server, typed):
    tell(server, "it's \"one\"")
    values = {"text": "the \"street\" is wet", "target": "it's slippery \\ $x", "run": "told"}
    code, out, err = typed("queries", "--graph", "it's \"one\"", *(word for pair in values.items() for word in ("-p", "=".join(pair))))
    assert (code, err) == (0, "")
    with open_driver(server) as driver:
        for text, (name, query) in zip(out.split(";\n\n"), QUERIES.items()):
            assert text.startswith(f"// {name}: {query.answers}\n")
            answer = [record.data() for record in driver.execute_query(text).records]
            given = {key: values[key] for key in query.parameters if key in values}
            assert answer == run_query(server, name, "it's \"one\"", **given) and (answer or name in ("both-ways", "unlinked", "denials", "contradictions", "one-source", "withdrawn", "changes", "conflicts")), name


def test_queries_run(server, typed):
    tell(server, "one")
    code, out, err = typed("queries", "--run", "--graph", "one")
    assert (code, err, [line.split(":")[0] for line in out.splitlines() if re.match(r"[\w-]+: ", line)]) == (0, "", list(QUERIES))
    assert "-p text='it rains', an example" in out or "an example from the graph" in out
    code, out, err = typed("queries", "--run", "chain", "-p", "text=it rains", "-p", "target=it's slippery \\ $x", "--graph", "one")
    assert code == 0 and "it rains -> the \"street\" is wet -> it's slippery \\ $x   0.45" in out


def test_export_and_graphs(server, typed):
    tell(server, "one")
    assert re.search(r"^one +3 +2 +3 +2 ", typed("graphs")[1], re.M)
    code, out, err = typed("export", "--graph", "one", "graph.json")
    graph = json.loads(Path("graph.json").read_text())
    assert (code, err) == (0, "") and "3 propositions and 2 entailments" in out and (len(graph["nodes"]), len(graph["edges"])) == (3, 2)
    assert "embedding" not in graph["nodes"][0] and typed("export", "--graph", "one", "graph.json")[0] == 2
    assert typed("export", "--graph", "one", "graph.json", "--overwrite", "--embeddings")[0] == 0
    assert len(json.loads(Path("graph.json").read_text())["nodes"][0]["embedding"]) == 2


def test_replay(server, typed):
    memory = Neo4jGraphMemory(2, server, "left", journal="left over.journal")
    memory.sender.stop()
    memory.add_propositions(["a", "b"], [[1, 0], [0, 1]])
    code, _, err = typed("replay", "left over.journal")
    assert code == 2 and "in use" in err
    memory.journal.close()
    said = [typed("replay", "left over.journal") for _ in range(2)]
    assert [code for code, _, _ in said] == [0, 0] and "sent 2 propositions" in said[0][1] and "nothing was missing" in said[1][1]
    assert read_graph(server, "left").count() == Counts(2, 0, 0)


def test_clean_asks_and_says_what_is_removed(server, typed, monkeypatch):
    for graph in ("one", "two", "three"): tell(server, graph)
    with open_driver(server) as driver: driver.execute_query("CREATE (:Person {name: 'not of the library'})")
    monkeypatch.setattr("builtins.input", lambda question: print(question) or answers.pop(0))
    answers = ["", "y"]
    code, out, _ = typed("clean", "--graph", "one")
    assert code == 1 and "graph one: 3 propositions, 2 entailments, 3 lines of its log" in out and "nothing was removed" in out
    assert typed("clean", "--graph", "one")[0] == 0 and [info.name for info in list_graphs(server)] == ["three", "two"]
    code, out, _ = typed("clean", "--all", "--yes")
    assert code == 0 and "graph two:" in out and "removed 6 propositions, 4 entailments, 6 lines of its log" in out and empty(server)
    assert typed("clean", "--all")[:2] == (0, f"there are no graphs at {server.uri}\n")
    with open_driver(server) as driver:
        assert driver.execute_query("MATCH (p:Person) DETACH DELETE p RETURN count(*)").records[0][0] == 1


def test_clean_without_anyone_to_answer(server, home):
    tell(server, "one")
    ended = process("clean", "--all")
    out, err = ended.communicate("", timeout=300)
    assert ended.returncode == 2 and "add --yes" in err and err.count("\n") == 1 and len(list_graphs(server)) == 1


REFUSED = {
    "check --password PASSWORD": "never taken from the command line",
    "check --password=PASSWORD": "never taken from the command line",
    "check --uri bolt://neo4j:PASSWORD@localhost": "a user or a password in it",
    "check --uri http://localhost:7474": "scheme is http",
    "check --env-file nothing.env": "nothing.env can't be read",
    "graphs --env-file open.env": "chmod 600",
    "start --port 70000": "whole number up to 65535",
    "start --port seven": "whole number up to 65535",
    "start --home ~nobody-of-this-name/x": "write the folder out",
    "graphs --user a --user b": "--user is given twice",
    "clean --graph one --graph two": "--graph is given twice",
    "write-conditions -p write_gate=1 -p write_gate=1": "-p write_gate is given twice",
    "queries -p limit=1 -p limit=2": "-p limit is given twice",
    "queries --run latest -p limit=99999999999999999999 --graph one": "from 1 to 1,000,000",
    "write-conditions -p write_gat=1": "did you mean write_gate?",
    "write-conditions -p write_gate=2": "from 0 to 1",
    "write-conditions -p write_gate": "write NAME=VALUE",
    "write-conditions --task juggle": "invalid choice",
    "queries --run": "--graph NAME",
    "queries --run nearest --graph one": "the queries are most-entailed",
    "queries --run --graph two": "there are one",
    "queries --run near -p limit=0 --graph one": "from 1 to 1,000,000",
    "queries -p color=red": "write NAME=VALUE, with one of",
    "queries --graph LONG": "1 to 200 characters",
    "export graph.json": "required: --graph",
    "export --graph two graph.json": "there is no graph two",
    "export --graph one open.env": "there already",
    "export --graph one no/such/graph.json": "there is no folder no/such",
    "replay nothing.journal": "there is no journal nothing.journal",
    "replay open.env": "not a journal",
    "clean": "one of the arguments --graph --all is required",
    "clean --graph one --all": "not allowed with",
    "clean --graph two --yes": "there are one",
    "explode": "invalid choice",
    "": "required: COMMAND",
}  # what is typed, and a part of the sentence that comes of it


def test_what_is_refused(server, typed):
    tell(server, "one")
    Path("open.env").write_text("NEO4J_PASSWORD=long enough to be mistaken for the head of some other kind of file\n" * 20)
    Path("open.env").chmod(0o644)
    for line, part in REFUSED.items():
        code, out, err = typed(*(word.replace("PASSWORD", WRONG).replace("LONG", "x" * 201) for word in line.split()))
        assert (code, out, part in err, err.count("\n")) == (2, "", True, 1), (line, out, err)
    assert [info.counts for info in list_graphs(server)] == [Counts(3, 2, 3)] and not Path("graph.json").exists()


def test_a_server_that_is_not_there(home, typed, monkeypatch):
    monkeypatch.setenv("NEO4J_PASSWORD", WRONG)
    for line in ("graphs", "clean --all", "clean --graph one", "export --graph one graph.json", "queries --run --graph one", "write-conditions"):
        code, out, err = typed(*line.split(), "--uri", "bolt://127.0.0.1:1")
        assert (code, out, err.count("\n")) == (1, "", 1) and "nothing is listening at 127.0.0.1:1" in err, (line, out, err)
