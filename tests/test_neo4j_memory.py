"The graph memory against real servers and processes that die: nothing is lost, nothing is there twice."
import dataclasses, os, signal, subprocess, sys, time
from pathlib import Path

import numpy as np
import pytest
from conftest import local_server
from graphs import WRONG, assert_same, here, raised, write_some

from dualntm.graph import check_graph_memory, Counts, InMemoryGraphMemory
from dualntm.neo4j import Journal, Neo4jGraphMemory, read_graph, replay, run_query, Sender
from dualntm.neo4j import Connection, free_port, open_driver


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    "A server, new at first, that the tests of this module kill and start again."
    with local_server(tmp_path_factory.mktemp("neo4j")/"mortal") as server: yield server


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from graphs import write_some
from dualntm.neo4j import Neo4jGraphMemory, read_connection
graph, journal, first, last, pause = sys.argv[2], sys.argv[3], *map(float, sys.argv[4:])
memory = Neo4jGraphMemory(4, read_connection(), graph, 2., journal, run=journal, patience=300)
print("open", flush=True)
for step in range(int(first), int(last)):
    write_some(memory, [step])
    print(step + 1, memory.position(), flush=True)
    time.sleep(pause)
memory.close()
print("closed", flush=True)
"""  # writes some steps, and says how far it is


def child(connection, *arguments):
    "A process that writes to a graph."
    environment = {**os.environ, "NEO4J_URI": connection.uri, "NEO4J_USER": connection.user, "NEO4J_PASSWORD": connection.password}
    command = [sys.executable, "-c", CHILD, os.path.dirname(__file__), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0 and out.endswith("closed\n"), out[-200:] + err[-2000:]


@pytest.mark.parametrize("mirror", [True, False])
def test_keeps_what_the_interface_promises(neo4j_server, graph, mirror):
    numbers = iter(range(99))
    check_graph_memory(lambda dim, threshold: Neo4jGraphMemory(dim, neo4j_server, f"{graph}-{next(numbers)}", threshold, mirror=mirror))


def test_both_ways_of_reading_agree(neo4j_server, graph, tmp_path):
    memory, bare = (Neo4jGraphMemory(4, neo4j_server, f"{graph}-{mirror}", .97, mirror=mirror) for mirror in (True, False))
    plain = InMemoryGraphMemory(4, .97)
    for m in (memory, bare, plain): write_some(m, range(12))
    for m in (memory, bare): assert_same(m, plain, tmp_path)
    queries = np.random.default_rng(0).normal(size=(5, 4))
    for exact in (1000, 0):  # by comparing with all, and by the index
        bare.server.exact_up_to = exact
        for nodes in (1, 7, 30):
            (a, b), k = (m.recall(queries, nodes, nearest=2) for m in (plain, bare)), nodes
            assert a.numbers == b.numbers and np.array_equal(a.links, b.links) and np.array_equal(a.embeddings, b.embeddings)
            for x, y in zip(plain.search(queries, k), bare.search(queries, k)):
                assert [idx for idx, _ in x] == [idx for idx, _ in y] and np.allclose([c for _, c in x], [c for _, c in y], atol=1e-6)
    assert plain.log(3)[0][:2] == bare.log(3)[0][:2] and bare.log(0) == []
    memory.close()
    bare.close()


def test_a_crowd_in_another_graph_does_not_hide_what_is_near(neo4j_server, graph):
    rng = np.random.default_rng(0)
    crowd = Neo4jGraphMemory(4, neo4j_server, f"{graph}-crowd", 2.)
    crowd.add_propositions([f"crowd {i}" for i in range(1500)], rng.normal(size=(1500, 4)) * .01 + [1, 0, 0, 0])
    few = Neo4jGraphMemory(4, neo4j_server, f"{graph}-few", 2., mirror=False)
    numbers = few.add_propositions(["a", "b", "c"], [[.9, .4, 0, 0], [0, 1, 0, 0], [.5, .5, .5, 0]])
    crowd.flush()
    few.flush()
    few.server.exact_up_to = 0
    assert [idx for idx, _ in few.search([[1, 0, 0, 0]], 2)[0]] == [numbers[0], numbers[2]]
    for m in (crowd, few): m.close()


def test_texts_stay_texts(neo4j_server, graph):
    texts = ["long " * 20_000, "'}) DETACH DELETE n //", '" OR 1=1; \\', "$graph {p.text}", "`:Proposition`", "line\nbreak\0and zero", "雨 🌧"]
    name = graph + "'}) MATCH (n) DETACH DELETE n //"
    memory = Neo4jGraphMemory(2, neo4j_server, name, 2., run="'; DROP")
    numbers = memory.add_propositions(texts, [[np.cos(a), np.sin(a)] for a in range(len(texts))])
    memory.add_entailments([(a, b, .5) for a, b in zip(numbers, numbers[1:])], origin="`'\"")
    memory.log_writes(numbers)
    memory.close()
    found = read_graph(neo4j_server, name)
    assert [found.find(text) for text in texts] == numbers and found.count() == Counts(7, 6, 7) and found.entailments()[0].origin == "`'\""
    assert run_query(neo4j_server, "follows", name, text=texts[1])[0] == {"proposition": texts[2], "steps": 1}


def test_denials_and_chains_are_found(neo4j_server, graph):
    texts = ["a", "b", "c", "d", "not: c", "not: x"]
    memory = Neo4jGraphMemory(6, neo4j_server, graph, 2.)
    a, b, c, d, not_c, not_x = memory.add_propositions(texts, np.eye(6))
    memory.add_entailments([(a, b, .5), (b, c, .5), (d, c, 1), (a, not_c, .25), (d, not_c, .75), (b, not_x, 1)])
    memory.close()
    other = Neo4jGraphMemory(6, neo4j_server, f"{graph}-other", 2.)
    other.add_entailments([(*other.add_propositions(["a", "not: b"], np.eye(6)[:2]), 1)])
    other.close()
    def asked(name, **more): return run_query(neo4j_server, name, graph, **more)
    chains = {tuple(row["chain"]): (row["links"], row["score"]) for row in asked("chains")}
    assert chains == {("a", "b", "c"): (2, .25), ("a", "b", "not: x"): (2, .5)}
    assert asked("denials") == [{"denied": "x", "by": ["b"], "score": 1}, {"denied": "c", "by": ["d", "a"], "score": .75}]
    (row,) = asked("contradictions")
    assert (row["proposition"], sorted(row["for"]), sorted(row["against"])) == ("c", ["b", "d"], ["a", "d"])
    assert {row["proposition"]: (row["to"], row["from"]) for row in asked("most-entailing")} == {"a": (2, 0), "b": (2, 1), "d": (2, 0)}
    assert len(asked("most-entailing", limit=1)) == 1


def test_refused_at_opening(neo4j_server, graph, tmp_path):
    def opening(dim=4, connection=neo4j_server, **more): return raised(lambda: Neo4jGraphMemory(dim, connection, graph, **more))
    Neo4jGraphMemory(4, neo4j_server, graph).close()
    said = opening(dim=3)
    assert "of 4 numbers" in said and "this memory 3" in said
    assert "dim=5000" in opening(dim=5000) and "dim=0" in opening(dim=0, mirror=False)
    wrong = dataclasses.replace(neo4j_server, password=WRONG)
    assert "refuses the user" in opening(connection=wrong)
    assert "nothing is listening" in opening(connection=Connection(f"bolt://127.0.0.1:{free_port()}", "neo4j", WRONG))
    (tmp_path/"file").write_text("x" * 9999)
    for path in (tmp_path, tmp_path/"no"/"such", tmp_path/"file"/"below", tmp_path/"file"): assert str(path) in opening(journal=path)
    if os.geteuid():  # root may write everywhere
        tmp_path.chmod(0o500)
        assert "journal" in opening(journal=tmp_path/"new")
        tmp_path.chmod(0o700)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_a_refused_password_is_not_tried_again(neo4j_server, tmp_path):
    journal = Journal(tmp_path/"j", new=True)
    journal.begin({"graph": "g", "dim": 4, "run": "", "writer": "w"}, [])
    journal.append("clear", [])
    wrong = dataclasses.replace(neo4j_server, password=WRONG)
    with open_driver(wrong) as driver:
        sender = Sender(driver, wrong, journal)
        assert not sender.wait(patience=60) and not sender.thread.join(10) and not sender.thread.is_alive()
        assert "refuses the user neo4j" in sender.complaint() and WRONG not in sender.complaint()
    journal.close()
    assert "refuses the user" in raised(lambda: replay(tmp_path/"j", wrong))
    assert WRONG not in repr(vars(sender)) and WRONG.encode() not in (tmp_path/"j").read_bytes()


def test_two_processes_write_one_graph_on_a_server_that_dies(mortal, tmp_path):
    writers = [child(mortal.connection, "shared", tmp_path/f"{i}.journal", 80 * i, 80 * i + 120, .02) for i in range(2)]
    for process in writers:
        for line in process.stdout:
            if line.startswith("open"): break
    for line in writers[0].stdout:
        if int(line.split()[0]) % 80 == 20: break
    mortal.kill()
    time.sleep(1)
    mortal.start()
    for process in writers: finish(process)
    found, expected = read_graph(mortal.connection, "shared"), here(range(120))
    write_some(expected, range(80, 200))  # 40 steps were done by both
    assert_same(found, expected, tmp_path)
    assert {Path(line.run).name for line in found.log()} == {"0.journal", "1.journal"}  # who came first to a proposition is chance


def test_a_server_that_stays_away(mortal, tmp_path):
    mortal.start()
    path, connection = tmp_path/"it's.journal", mortal.connection
    memory = Neo4jGraphMemory(4, connection, "away", 2., path, patience=60)
    write_some(memory, range(10))
    memory.flush()
    os.kill(mortal.pid, signal.SIGSTOP)  # there, but silent
    write_some(memory, range(10, 20))
    try: assert "has not taken them yet" in raised(lambda: memory.flush(timeout=.5))
    finally: os.kill(mortal.pid, signal.SIGCONT)
    memory.flush(timeout=60)
    mortal.kill()
    memory.patience = 1
    write_some(memory, range(20, 60))
    assert memory.count() == here(range(60)).count() and memory.pending() > 100
    for end in (memory.flush, memory.close):
        said = raised(end)
        assert "nothing is listening" in said and f"{memory.pending():,} rows wait" in said and f"dualntm neo4j replay '{tmp_path}/it'\"'\"'s.journal'" in said
    assert "closed" in raised(memory.count)
    assert "nothing is listening" in raised(lambda: replay(path, connection))
    mortal.start()
    assert sum(replay(path, connection)) > 100 and replay(path, connection) == Counts(0, 0, 0)
    assert_same(read_graph(connection, "away"), here(range(60)), tmp_path)
    assert not any(connection.password.encode() in p.read_bytes() for p in tmp_path.glob("*journal*"))


def test_a_killed_process_is_resumed(neo4j_server, graph, tmp_path):
    path = tmp_path/"j"
    process = child(neo4j_server, graph, path, 0, 80, .005)
    for line in process.stdout:
        if line.startswith("40 "): step, position = map(int, line.split())
        if line.startswith("60 "): break
    process.kill()
    process.communicate()
    memory = Neo4jGraphMemory(4, neo4j_server, graph, 2., path, run=str(path), resume_at=position)
    assert_same(memory, here(range(step)), tmp_path)
    write_some(memory, range(step, 90))
    assert_same(memory, here(range(90)), tmp_path)
    memory.flush()
    assert_same(read_graph(neo4j_server, graph), here(range(90)), tmp_path)
    memory.close()


def test_a_killed_process_is_replayed(neo4j_server, graph, tmp_path):
    process = child(neo4j_server, graph, tmp_path/"j", 0, 10_000, .005)
    for line in process.stdout:
        if line.startswith("30 "): break
    process.kill()
    process.communicate()
    replay(tmp_path/"j", neo4j_server)
    found = read_graph(neo4j_server, graph)
    whole = max(line.step for line in found.log())  # the last step that is whole; of the next, a part may be there
    for memory in (found, expected := here(range(whole + 1))): memory.lines = []
    assert whole >= 29 and set(expected.edges) <= set(found.edges) and set(found.edges) <= set(here(range(whole + 2)).edges)


FULL = """
import resource, signal, sys
sys.path.insert(0, sys.argv[1])
from graphs import GraphError, write_some
from dualntm.neo4j import Neo4jGraphMemory, read_connection
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
memory = Neo4jGraphMemory(4, read_connection(), sys.argv[2], 2., sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
step = 0
try:
    while True:
        write_some(memory, [step])
        step += 1
except GraphError as e: print(e)
try: write_some(memory, [step])
except GraphError as e: print(e)
"""  # writes until no file may grow any more


def test_a_journal_that_can_not_grow(neo4j_server, graph, tmp_path):
    environment = {**os.environ, "NEO4J_URI": neo4j_server.uri, "NEO4J_USER": neo4j_server.user, "NEO4J_PASSWORD": neo4j_server.password}
    done = subprocess.run([sys.executable, "-c", FULL, os.path.dirname(__file__), graph, tmp_path/"j"], env=environment, capture_output=True, text=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert first == second and str(tmp_path/"j") in first and "is the disk full?" in first
    replay(tmp_path/"j", neo4j_server)
    found = read_graph(neo4j_server, graph)
    whole = max(line.step for line in found.log())
    assert whole > 20 and set(here(range(whole + 1)).edges) <= set(found.edges) and set(found.edges) <= set(here(range(whole + 2)).edges)


def test_a_fast_writer_waits_for_a_working_server(neo4j_server, graph):
    memory = Neo4jGraphMemory(4, neo4j_server, graph, 2., max_behind=300)
    for i in range(20):
        memory.add_propositions([f"{i} {j}" for j in range(100)], np.random.default_rng(i).normal(size=(100, 4)))
        assert memory.pending() <= 300
    memory.close()
    assert read_graph(neo4j_server, graph).count().propositions == 2000


def test_a_journal_belongs_to_one_program(neo4j_server, graph, tmp_path):
    memory = Neo4jGraphMemory(4, neo4j_server, graph, journal=tmp_path/"j")
    script = "import sys; from dualntm.neo4j import Journal; Journal(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", script, tmp_path/"j"], capture_output=True, text=True)
    assert done.returncode and "in use by another program" in done.stderr
    memory.close()
