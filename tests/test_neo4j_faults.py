"Connections that fall silent, writers that meet, and what version 0.1.0 has left: nothing hangs, nothing is lost."
import dataclasses, json, socket, sqlite3, threading, time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from graphs import raised

from dualntm.errors import GraphError, GraphServerError
from dualntm.graph import Counts, text_number
from dualntm.neo4j import clean, Neo4jGraphMemory, read_graph, replay, run_query
from dualntm.errors import Neo4jServerError
from dualntm.neo4j import check_connection, open_driver, within

LONG = 120  # seconds after which a call counts as one that hangs


class Wire:
    "Passes connections on to a port, until it falls silent: then what is sent is taken, and nothing comes back."
    def __init__(self, port):
        self.target, self.listener, self.pairs, self.silent = port, socket.create_server(("127.0.0.1", 0)), [], False
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try: caller, _ = self.listener.accept()
            except OSError: return
            pair = [caller, socket.create_connection(("127.0.0.1", self.target)), self.silent]
            self.pairs.append(pair)
            for ends in (pair[:2], pair[1::-1]): threading.Thread(target=self.pump, args=(*ends, pair), daemon=True).start()

    def pump(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                if not pair[2]: sink.sendall(data)
            if not pair[2]: sink.shutdown(socket.SHUT_WR)
        except OSError: pass

    def drop(self, new=False):
        "Forget all connections without a word; new ones too, or only those that are there."
        self.silent = new
        for pair in self.pairs: pair[2] = True

    def close(self):
        for s in (self.listener, *(end for pair in self.pairs for end in pair[:2])): s.close()


@pytest.fixture
def wire(neo4j_server):
    "A wire to the shared server, and the connection through it."
    wire = Wire(neo4j_server.port)
    yield wire, dataclasses.replace(neo4j_server, uri=f"bolt://127.0.0.1:{wire.port}")
    wire.close()


def test_a_connection_that_is_dropped_while_it_is_used(wire, graph):
    wire, connection = wire
    memory = Neo4jGraphMemory(2, connection, graph, mirror=False, patience=60)
    (one,) = memory.add_propositions(["one"], [[1, 0]])
    assert memory.find("one") == one
    wire.drop(new=True)
    memory.patience = 1
    asked = {"find": ("one",), "search": ([[1, 0]], 1), "count": (), "propositions": ([one],), "log": (3,), "neighbours": (one,), "recall": ([[1, 0]], 3)}
    for name, words in asked.items():
        with pytest.raises(GraphServerError) as caught: within(LONG, lambda: getattr(memory, name)(*words))
        assert f"127.0.0.1:{wire.port} does not answer in time" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(Neo4jServerError, match="in time"): within(LONG, lambda: check_connection(connection, patience=1))
    wire.silent, memory.patience = False, 60
    assert within(LONG, lambda: memory.find("one")) == one  # over another connection
    within(LONG, memory.close)


def test_a_connection_that_is_dropped_while_it_is_idle(wire, graph):
    wire, connection = wire
    memories = [Neo4jGraphMemory(2, connection, graph, mirror=mirror, patience=9) for mirror in (False, True)]
    for memory in memories: memory.add_propositions(["one"], [[1, 0]])
    for memory in memories: memory.flush()
    time.sleep(2.1)  # from then on it counts as idle
    wire.drop()
    asked, told = memories
    asked.patience = told.patience = 60
    assert within(LONG, lambda: asked.find("one")) == text_number("one")
    told.add_propositions(["two"], [[0, 1]])
    within(LONG, told.flush)  # what is sent gets through as well
    assert within(LONG, lambda: asked.count()) == Counts(2, 0, 0)
    for memory in memories: within(LONG, memory.close)


def test_a_writer_that_is_too_fast_for_a_silent_server_goes_on(wire, graph):
    wire, connection = wire
    memory = Neo4jGraphMemory(2, connection, graph, max_behind=5, patience=30)
    memory.add_propositions(["first"], [[1, 0]])
    memory.flush()
    wire.drop(new=True)
    memory.patience = .5
    for i in range(4): within(LONG, lambda: memory.add_propositions([f"{i} {j}" for j in range(4)], np.eye(2)[[0, 1, 0, 1]]))
    assert "16 rows wait in the journal" in raised(lambda: within(LONG, memory.close))
    assert replay(memory.journal.path, dataclasses.replace(connection, uri=connection.uri.replace(str(wire.port), str(wire.target)))).propositions == 16
    memory.journal.path.unlink()


@pytest.mark.parametrize("mirror", [True, False])
def test_writers_that_meet_agree_on_what_was_told(neo4j_server, graph, mirror):
    "Each text is told by one of two writers and only held by the other, in either spelling; entailments have the higher score."
    memories = [Neo4jGraphMemory(2, neo4j_server, graph, mirror=mirror, run=f"writer {i}") for i in range(2)]
    spelt = [["caf\u00e9 a", "caf\u00e9 b", "both held"], ["cafe\u0301 a", "cafe\u0301 b", "both held"]]
    told = [[True, False, False], [False, True, False]]
    def write(memory, texts, said):
        numbers = [memory.add_propositions([text], [[1, i]], told=t)[0] for i, (text, t) in enumerate(zip(texts, said))]
        memory.add_entailments([(numbers[0], numbers[1], .5 + .25 * said[0])])
        memory.close()
    with ThreadPoolExecutor(2) as pool: list(pool.map(write, memories, spelt, told))
    found = read_graph(neo4j_server, graph)
    assert [found.propositions([found.find(text)])[0].told for text in spelt[0]] == [True, True, False]
    assert found.count() == Counts(3, 1, 0) and found.entailments()[0].score == .75


def test_two_encoders_at_once(neo4j_server, graph):
    "One of them is taken, whoever comes first, and all others are refused."
    memories, line = [Neo4jGraphMemory(2, neo4j_server, graph) for _ in range(6)], threading.Barrier(6)
    def take(i, memory):
        line.wait()
        try: memory.take_encoder({"name": f"encoder {i % 2}", "fingerprint": f"{i % 2}" * 64})
        except GraphError as e: return str(e)
        return ""
    with ThreadPoolExecutor(6) as pool: said = list(pool.map(take, range(6), memories))
    kept = int(read_graph(neo4j_server, graph).encoder["fingerprint"][0])
    for i, text in enumerate(said): assert (f"by the encoder encoder {kept}" in text) == (i % 2 != kept), said
    assert all(memory.encoder["name"] == f"encoder {kept}" for memory in memories)
    for memory in memories: memory.close()


def test_a_journal_of_the_former_version_is_resumed_and_sent(neo4j_server, graph, tmp_path):
    "Its propositions have no word on whether they were told."
    def opened(**how): return Neo4jGraphMemory(2, neo4j_server, graph, journal=tmp_path/"j", run="ask", **how)
    memory = opened()
    said, judged, other = memory.add_propositions(["said", "judged", "other"], [[1, 0], [0, 1], [1, 1]])
    memory.add_entailments([(said, judged, .9)], "predicted")
    memory.add_entailments([(said, other, .9)], "told")
    position = memory.position()
    memory.close()
    db = sqlite3.connect(tmp_path/"j")
    rows = [(json.dumps([row[:5] for row in json.loads(body)]), number) for number, body in
            db.execute("SELECT number, body FROM entries WHERE kind = 'propositions'")]
    with db:
        db.executemany("UPDATE entries SET body = ? WHERE number = ?", rows)
        db.execute("DELETE FROM about WHERE key = 'encoder'")
    db.close()
    clean(neo4j_server, graph)
    expected = {"said": True, "judged": False, "other": True}
    memory = opened(resume_at=position)
    assert rows and {p.text: p.told for p in memory.propositions()} == expected
    memory.close()
    assert {p.text: p.told for p in read_graph(neo4j_server, graph).propositions()} == expected


def test_near_is_found_behind_a_crowd(neo4j_server, graph):
    "The ready-made query, where another graph has more of the same vectors than the index is asked for."
    crowd = Neo4jGraphMemory(3, neo4j_server, f"{graph}-crowd")
    crowd.add_propositions([f"crowd {i}" for i in range(400)], np.ones((400, 3)))
    few = Neo4jGraphMemory(3, neo4j_server, f"{graph}-few")
    few.add_propositions(["one", "two", "three", "far"], [[1, 1, 1], [1, 1, .5], [1, .5, .5], [-1, 0, 0]])
    for memory in (crowd, few): memory.close()
    rows = run_query(neo4j_server, "near", f"{graph}-few", text="one", limit=2)
    assert [row["proposition"] for row in rows] == ["two", "three"] and abs(rows[0]["cosine"] - 2.5 / 6.75**.5) < 1e-5
    assert len(run_query(neo4j_server, "near", f"{graph}-few", text="one", limit=50)) == 3


def test_no_place_for_what_is_no_plain_value(neo4j_server, graph, tmp_path):
    "Numbers of numpy and of torch are kept as plain ones, and can be exported and saved."
    import torch
    memory = Neo4jGraphMemory(2, neo4j_server, graph)
    one, two = memory.add_propositions(["one", np.str_("two")], torch.eye(2, requires_grad=True), np.str_("run"), np.int64(7))
    memory.add_entailments([(np.int64(one), torch.tensor(two), torch.tensor(.5, requires_grad=True))], step=np.int32(8))
    memory.log_writes(np.array([one, two]), step=torch.tensor(9))
    for wrong in (lambda: memory.add_propositions(["x"], [[1, 0]], step=10.5), lambda: memory.log_writes([one], step=None), lambda: memory.search([[1, 0]], 1.5)): raised(wrong)
    memory.mirror.save(tmp_path/"graph.npz")
    memory.close()
    found = read_graph(neo4j_server, graph)
    assert [(p.step, p.run) for p in found.propositions()] == [(7, "run")] * 2 and [line.step for line in found.log()] == [9, 9]
    assert [(e.score, e.step) for e in found.entailments()] == [(.5, 8)]
