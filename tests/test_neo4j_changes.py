"A graph in Neo4j that changes its mind: the same as in process, all or nothing, and with several writers."
import importlib.util, json, random
from pathlib import Path

import pytest
from conftest import local_server

from dualntm.graph import check_changing, InMemoryGraphMemory, load_graph
from dualntm.neo4j import clean, Journal, Neo4jGraphMemory, open_driver, read_graph


@pytest.mark.parametrize("mirror", [True, False])
def test_changes_as_in_process(neo4j_server, graph, mirror):
    numbers = iter(range(999))
    check_changing(lambda dim, threshold: Neo4jGraphMemory(dim, neo4j_server, f"{graph}-{next(numbers)}", threshold, mirror=mirror), graphs=8 if mirror else 4)


@pytest.mark.parametrize("mirror", [True, False, None])
def test_a_judgement_that_says_what_was_taken_back(neo4j_server, graph, mirror):
    "It is not in force; in process as in Neo4j, where a random history of the long measurement had found it to be."
    memory = InMemoryGraphMemory(2) if mirror is None else Neo4jGraphMemory(2, neo4j_server, graph, mirror=mirror)
    a, b, c = memory.add_propositions(["a", "b", "c"], [[1, 0], [0, 1], [1, 1]], told=False)
    memory.add_justifications([(b, [(a, .5), (c, .5)], .5)], "judge")
    memory.add_entailments([(c, b, .5)], "told")
    memory.unlink(a, b), memory.unlink(c, b)
    memory.add_justifications([(b, [(c, .5)], .5)], "judge")
    assert not memory.propositions([b])[0].held and not memory.neighbours(c)
    memory.relink(c, b)
    assert memory.propositions([b])[0].held and memory.neighbours(c)
    memory.close()
    if mirror is not None: assert held(neo4j_server, graph) == {"a", "b", "c"}


def held(connection, graph):
    return {p.text for p in read_graph(connection, graph).propositions() if p.held}


def test_one_takes_back_what_another_builds_on(neo4j_server, graph):
    first = Neo4jGraphMemory(2, neo4j_server, graph)
    rain, sun = first.add_propositions(["it rains", "the sun shines"], [[1, 0], [0, 1]], "first")
    first.flush()
    second = Neo4jGraphMemory(2, neo4j_server, graph)
    wet, slip = second.add_propositions(["the street is wet", "one may slip"], [[1, 1], [1, 2]], "second", told=False)
    second.add_justifications([(wet, [(rain, .9)], .9), (slip, [(wet, .5)], .5)], "judge", "second")
    second.flush()
    assert first.find("one may slip") is None and first.retract(rain, "it stopped").withdrawn == (rain,)  # it does not know of them
    first.flush()
    assert held(neo4j_server, graph) == {"the sun shines"}
    assert second.find("one may slip") == slip and second.propositions([slip])[0].held  # its mirror was filled before
    (fall,) = second.add_propositions(["people fall"], [[2, 1]], "second", told=False)
    second.add_justifications([(fall, [(slip, .5), (sun, .5)], .5)], "judge", "second")
    second.flush()
    assert held(neo4j_server, graph) == {"the sun shines"}  # what it built on what is not held is not held
    third = Neo4jGraphMemory(2, neo4j_server, graph)
    assert set(third.restore(rain).returned) == {rain, wet, slip, fall}
    for memory in (first, second, third): memory.close()
    assert held(neo4j_server, graph) == {"the sun shines", "it rains", "the street is wet", "one may slip", "people fall"}


def test_a_judgement_may_be_the_reason_that_is_missing(neo4j_server, graph):
    first, second = (Neo4jGraphMemory(2, neo4j_server, graph) for _ in range(2))
    rain, flood = first.add_propositions(["it rains", "there is a flood"], [[1, 0], [0, 1]])
    (wet,) = first.add_propositions(["the street is wet"], [[1, 1]], told=False)
    first.add_justifications([(wet, [(rain, .9)], .9)], "judge")
    first.retract(rain)
    first.flush()
    assert held(neo4j_server, graph) == {"there is a flood"}
    second.add_propositions(["there is a flood", "the street is wet"], [[0, 1], [1, 1]], told=False)
    second.add_justifications([(wet, [(flood, .5)], .5)], "judge")
    second.flush()
    assert held(neo4j_server, graph) == {"there is a flood", "the street is wet"}
    for memory in (first, second): memory.close()


@pytest.mark.parametrize("mirror", [True, False])
def test_what_is_forgotten_is_nowhere(neo4j_server, graph, tmp_path, mirror):
    path = tmp_path/"j"
    memory = Neo4jGraphMemory(2, neo4j_server, graph, journal=path, mirror=mirror)
    secret, other = memory.add_propositions(["the zebra is striped", "another sentence"], [[1, 0], [0, 1]], "Ada")
    memory.add_entailments([(secret, other, .5)], "told")
    memory.log_writes([secret, other])
    memory.retract(secret, "the zebra is plain"); memory.restore(secret)
    memory.position()
    memory.forget(secret)
    memory.flush()
    memory.save(tmp_path/"graph.npz")
    memory.export_entailment_graph_json(tmp_path/"graph.json")
    assert memory.find("the zebra is striped") is None and [p.text for p in memory.propositions()] == ["another sentence"]
    with open_driver(neo4j_server) as driver:
        found = driver.execute_query("MATCH (n) WHERE n.graph = $graph RETURN properties(n) AS properties", graph=graph).records
        assert not any("zebra" in str(r["properties"]) for r in found)
    memory.close()
    assert not [file.name for file in tmp_path.iterdir() if b"zebra" in file.read_bytes()]
    again = Neo4jGraphMemory(2, neo4j_server, graph, journal=path, mirror=mirror)
    assert [p.text for p in again.propositions()] == ["another sentence"] and not load_graph(tmp_path/"graph.npz").find("the zebra is striped")
    again.close()


def test_a_run_that_goes_back_holds_what_it_held(neo4j_server, graph, tmp_path):
    path = tmp_path/"j"
    memory = Neo4jGraphMemory(2, neo4j_server, graph, journal=path, run="r")
    rain, wet = memory.add_propositions(["it rains"], [[1, 0]]) + memory.add_propositions(["the street is wet"], [[0, 1]], told=False)
    memory.add_justifications([(wet, [(rain, .9)], .9)], "judge")
    memory.close()
    memory = Neo4jGraphMemory(2, neo4j_server, graph, journal=path, run="r")  # the journal begins with the graph
    memory.retract(rain, "wrong")
    position = memory.position()
    memory.restore(rain)
    memory.close()
    back = Neo4jGraphMemory(2, neo4j_server, graph, journal=path, run="r", resume_at=position)
    assert [p.held for p in back.propositions([rain, wet])] == [False, False] and [c.kind for c in back.changes()] == ["retract"]
    assert set(back.restore(rain).returned) == {rain, wet}
    back.close()


def test_a_graph_of_the_former_form(neo4j_server, graph, tmp_path):
    with open_driver(neo4j_server) as driver:
        driver.execute_query("""CREATE (:Graph {name: $graph, dim: 2, format: 2, created: "2026"}),
            (a:Proposition:Dim2 {graph: $graph, idx: $a, text: "it rains", embedding: [1.0, 0.0], run: "r", step: 1, told: true}),
            (b:Proposition:Dim2 {graph: $graph, idx: $b, text: "the street has no roof", embedding: [1.0, 1.0], run: "r", step: 1, told: true}),
            (c:Proposition:Dim2 {graph: $graph, idx: $c, text: "the street is wet", embedding: [0.0, 1.0], run: "r", step: 1, told: false}),
            (a)-[:ENTAILS {score: .9, source: "judge", run: "r", step: 1}]->(c), (b)-[:ENTAILS {score: .5, source: "judge", run: "r", step: 1}]->(c),
            (a)-[:ENTAILS {score: .5, source: "told", run: "r", step: 1}]->(b)""", graph=graph, **dict(zip("abc", map(number, ("it rains", "the street has no roof", "the street is wet")))))
    memory = Neo4jGraphMemory(2, neo4j_server, graph)
    (j,) = memory.justifications()
    assert len(j.supports) == 2 and (j.origin, j.run, j.step) == ("judge", "r", 1) and len(memory.entailments()) == 3
    assert set(memory.retract(memory.find("it rains")).withdrawn) == {memory.find("it rains"), j.conclusion}
    memory.close()
    assert held(neo4j_server, graph) == {"the street has no roof"}


def number(text):
    from dualntm.graph import text_number
    return text_number(text)


def test_killed_in_a_cascade(tmp_path_factory, tmp_path):
    spec = importlib.util.spec_from_file_location("kills", Path(__file__).parent.parent/"data"/"revising"/"kills.py")
    kills = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kills)
    size = 2000
    with local_server(tmp_path_factory.mktemp("neo4j")/"cascade") as server:
        kills.build(server.connection, size)
        for i, whom in enumerate(("writer", "server")):
            found, after, done = kills.one_kill(server, tmp_path, random.Random(i), i, whom, .5)
            assert found in ((size + 1, size), (0, 0)) and after in ((size + 1, size), (0, 0))
            kills.put_back(server.connection)
            assert kills.held(server.connection) == (size + 1, size)
