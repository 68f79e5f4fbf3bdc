"Walks and recalls on the server: as in this process, and in few questions however far they go."
import numpy as np
import pytest

from dualntm.graph import ReadableGraph
from dualntm.neo4j import Neo4jGraphMemory


def counted(server):
    "The questions that a server is asked from now on, and how many records answered each."
    asked, ask = [], server.ask
    def listen(cypher, **parameters):
        records = ask(cypher, **parameters)
        asked.append(len(records))
        return records
    server.ask = listen
    return asked


@pytest.fixture
def bare(neo4j_server, graph):
    "A memory without a mirror that holds a chain of 60 propositions, one of which leads back, and some at random around it."
    memory, rng = Neo4jGraphMemory(4, neo4j_server, graph, 2., mirror=False, patience=120), np.random.default_rng(0)
    numbers = memory.add_propositions([f"place {i}" for i in range(150)], rng.normal(size=(150, 4)))
    chain = [(numbers[i], numbers[i + 1], .75) for i in range(59)]
    others = [(numbers[a], numbers[b], float(score)) for a, b, score in zip(*rng.integers(60, 150, size=(2, 200)), rng.choice([.25, .5, .75], size=200))]
    memory.add_entailments([*chain, (numbers[59], numbers[40], .5), *others])
    memory.flush()
    yield memory, numbers
    memory.close()


def test_a_walk_is_one_question(bare):
    memory, numbers = bare
    asked = counted(memory.server)
    assert memory.walk(numbers[:3], 200) == [[numbers[i] for i in [*range(start, 60), *[*range(40, 60)] * 9][:201]] for start in range(3)]
    assert asked == [3]
    starts = numbers[::7] * 2
    for direction in ("out", "in"):
        expected = ReadableGraph.walk(memory.server, starts, 30, direction)
        for at_once in (1, 7, 1000): assert memory.server.walk(starts, 30, direction, at_once) == expected


def test_a_recall_is_six_questions_however_deep(bare):
    memory, numbers = bare
    vectors, asked = [p.embedding for p in memory.propositions(numbers)], counted(memory.server)
    for nodes in (1, 5, 50, 2000):
        for at in (30, 59, 100):
            del asked[:]
            found = memory.recall([vectors[at], vectors[70]], nodes, 2)
            assert len(asked) <= 6
            expected = ReadableGraph.recall(memory.server, [vectors[at], vectors[70]], nodes, 2)
            assert all(map(np.array_equal, found, expected))
    assert len(memory.recall([vectors[30]], 60).numbers) == 60


@pytest.mark.parametrize("way", ["scan", "index"])
def test_a_search_fetches_few_embeddings(bare, way):
    memory, numbers = bare
    memory.server.exact_up_to = 1000 if way == "scan" else 0
    vectors, asked = [p.embedding for p in memory.propositions(numbers[:2])], counted(memory.server)
    assert [found[0][0] for found in memory.search(vectors, 3)] == numbers[:2]
    assert max(asked) <= 2 * (3 + 16)
