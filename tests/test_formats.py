"Graphs and networks carried away: read by the programs that they are for, and back."
import json, os, subprocess

import networkx as nx
import numpy as np
import pytest

from dualntm.errors import GraphError
from dualntm.graph import graph_from, InMemoryGraphMemory
from conftest import can_start
from dualntm.neo4j import find_java, library, list_graphs, LocalServer, Neo4jGraphMemory, opened_graph, read_graph
from dualntm.neo4j.local_server import make_private
from processes import complains, run

FORMS = ("graphml", "gexf", "turtle", "csv")
TEXTS = ["it rains", "", " ", "two\nlines", "two\r\nlines", "a\rb", "tab\t", 'a "quoted", one', "\\ & <b>&amp;</b> ]]>", "\u2028\u2029\x85", "\0 nothing", "\x07\x1f\x7f", "\ufffe\uffff", "雨 😀"]


def a_graph(*more):
    "A graph with odd texts, several writers, and a record of its encoder."
    graph, texts = InMemoryGraphMemory(3, .98), [*TEXTS, *more]
    graph.take_encoder({"name": "by \"hand\"", "fingerprint": "aa", "numbers": 3})
    numbers = []
    for i, text in enumerate(texts):
        numbers += graph.add_propositions([text], [[1, i, 1 / 3]], "run \"one\"\nof <two>" if i % 2 else "", i * 10**15, told=i % 3 != 0)
    graph.add_entailments([(a, b, 1 / (i + 1)) for i, (a, b) in enumerate(zip(numbers, numbers[1:]))], "told", "first", 2**62)
    graph.add_entailments([(numbers[0], numbers[5], 1e-300), (numbers[3], numbers[3], .5)], "predicted")
    return graph


def said(graph): return [(p[:2], p.embedding.tolist(), p[3:]) for p in graph.propositions()], graph.entailments()


@pytest.mark.parametrize("form", FORMS)
def test_there_and_back(form, tmp_path):
    graph = a_graph()
    counts = graph.export_graph(tmp_path/"graph", form)
    back = graph_from(tmp_path/"graph", form)
    assert counts[:2] == graph.count()[:2] and said(back) == said(graph)
    assert (back.dim, back.merge_threshold, back.encoder) == (3, .98, graph.encoder)


@pytest.mark.parametrize("form", FORMS)
def test_equal_graphs_give_equal_files(form, tmp_path):
    graph, turned = a_graph(), InMemoryGraphMemory(3, .98)
    turned.take_encoder(graph.encoder)
    for p in reversed(graph.propositions()): turned.add_propositions([p.text], p.embedding[None], *p[3:6])
    for e in reversed(graph.entailments()): turned.add_entailments([e[:3]], *e[3:6])
    for name, one in (("a", graph), ("b", turned)):
        (tmp_path/name).mkdir()
        one.export_graph(tmp_path/name/"graph", form)
    names = [path.relative_to(tmp_path/"a") for path in (tmp_path/"a").rglob("*") if path.is_file()]
    assert names and all((tmp_path/"a"/name).read_bytes() == (tmp_path/"b"/name).read_bytes() for name in names)


@pytest.mark.parametrize("form, read", [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_networkx_reads_it(form, read, tmp_path):
    graph = a_graph()
    graph.export_graph(tmp_path/"graph", form)
    found, edges = read(tmp_path/"graph"), {e[:2]: e for e in graph.entailments()}
    assert set(found) == {str(p.idx) for p in graph.propositions()} and found.is_directed()
    for p in graph.propositions():
        node = found.nodes[str(p.idx)]
        text = json.loads(node["exact"]) if "exact" in node else node.get("text", "")
        assert (text, node["told"], node.get("run", ""), node["step"]) == (p.text, p.told, p.run, p.step)
        assert np.array_equal(np.array(node["embedding"].split(), np.float32), p.embedding)
    scores = {(int(a), int(b)): values["weight" if form == "gexf" else "score"] for a, b, values in found.edges(data=True)}
    assert scores == {ends: e.score for ends, e in edges.items()}


def test_rdflib_reads_it(tmp_path):
    rdflib = pytest.importorskip("rdflib")
    graph = a_graph()
    graph.export_graph(tmp_path/"graph.ttl", "turtle")
    found = rdflib.Graph().parse(tmp_path/"graph.ttl")
    space = rdflib.Namespace("urn:dualntm:vocabulary:")
    texts = {str(text) for text in found.objects(None, space.text)}
    assert texts == {p.text for p in graph.propositions()}
    for e in graph.entailments():
        ends = [rdflib.URIRef(f"urn:dualntm:proposition:{idx}") for idx in e[:2]]
        assert (ends[0], space.entails, ends[1]) in found
        node, = set(found.subjects(space.source, ends[0])) & set(found.subjects(space.target, ends[1]))
        assert (float(found.value(node, space.score)), str(found.value(node, space.origin)), int(found.value(node, space.step))) == (e.score, e.origin, e.step)
    (tmp_path/"again.ttl").write_text(found.serialize(format="turtle"), encoding="utf-8")  # as rdflib writes it
    again = graph_from(tmp_path/"again.ttl", "turtle")
    assert said(again)[0] == said(graph)[0]  # its writer rounds scores to seven digits
    assert [e[:2] + e[3:] for e in again.entailments()] == [e[:2] + e[3:] for e in graph.entailments()]
    assert np.allclose([e.score for e in again.entailments()], [e.score for e in graph.entailments()], rtol=1e-5, atol=0)


def test_half_characters(tmp_path):
    graph = a_graph("half \ud83d", "\udc00")
    for form in ("graphml", "gexf", "turtle"):
        graph.export_graph(tmp_path/form, form)
        assert said(graph_from(tmp_path/form, form)) == said(graph)
    with pytest.raises(GraphError, match=r"proposition \d+ \('.*\) has half of a character, which Neo4j can't hold") as caught: graph.export_graph(tmp_path/"csv", "csv")
    assert "\n" not in str(caught.value).encode("ascii", "backslashreplace").decode()
    assert sorted(os.listdir(tmp_path)) == ["gexf", "graphml", "turtle"]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_half_written(form, tmp_path):
    "A file that is there stays as it was when a new one can't be written to its end."
    graph = a_graph()
    graph.export_graph(tmp_path/"graph", form)
    def content(): return {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    before, asked = content(), []
    def stop(count):
        asked.append(count)
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): graph.export_graph(tmp_path/"graph", form, done=stop)
    assert asked and content() == before


@pytest.mark.parametrize("form", ("graphml", "gexf", "turtle"))
def test_a_file_that_is_cut_short(form, tmp_path):
    a_graph().export_graph(tmp_path/"graph", form)
    content = (tmp_path/"graph").read_bytes()
    for part in (0, .1, .5, .9, .99):
        (tmp_path/"cut").write_bytes(content[:int(part * len(content))])
        with pytest.raises(GraphError, match="cut") as caught: graph_from(tmp_path/"cut", form)
        assert "\n" not in str(caught.value)


def test_pages_do_not_double_memory(tmp_path):
    "More pages than one, and no list of all."
    graph = InMemoryGraphMemory(4)
    rng = np.random.default_rng(0)
    numbers = graph.add_propositions([f"number {i}" for i in range(5000)], rng.normal(size=(5000, 4)))
    graph.add_entailments([(a, b, .5) for a, b in zip(numbers, numbers[1:])], "told")
    class Paged(InMemoryGraphMemory):
        def propositions(self, numbers=None): raise AssertionError("asked for all")
        def entailments(self): raise AssertionError("asked for all")
    graph.__class__ = Paged
    seen = []
    for form in FORMS: graph.export_graph(tmp_path/form, form, done=seen.append)
    graph.__class__ = InMemoryGraphMemory
    assert max(seen) <= 2000 and sum(seen) == 4 * 9999
    for form in FORMS: assert said(graph_from(tmp_path/form, form)) == said(graph)


def admin(server, *words):
    "Run Neo4j's own tool on a server that stands still."
    done = subprocess.run([find_java(), "-Xmx512m", "-cp", f"{library()}/*", "org.neo4j.cli.AdminTool", *map(str, words)], capture_output=True, text=True, timeout=300, cwd=server.home,  # where it leaves import.report
                          env={**os.environ, "NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home/"conf")})
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    return done.stdout


@pytest.fixture
def new_server(tmp_path):
    "A `LocalServer` that has never run, ready for a first start."
    can_start()
    server = LocalServer(tmp_path/"own", port=0)
    make_private(server.home)
    server.prepare()
    try: yield server
    finally: server.kill()


def test_neo4j_admin_imports_it(new_server, tmp_path):
    "What its tool has filled is a graph memory that can be read, added to, and carried away again."
    graph = a_graph()
    graph.export_graph(tmp_path/"carried", "csv")
    tables = [f"--nodes={tmp_path/'carried'/name}.csv" for name in ("graph", "propositions")] + [f"--relationships={tmp_path/'carried'/'entailments.csv'}"]
    told = admin(new_server, "database", "import", "full", "neo4j", "--multiline-fields=true", "--overwrite-destination=true", *tables)
    assert f"{graph.count().propositions + 1} nodes" in told and f"{graph.count().entailments} relationships" in told
    new_server.start(wait=600)
    info, = list_graphs(new_server.connection)
    assert (info.name, info.dim, info.created) == ("carried", 3, "")
    there = read_graph(new_server.connection, "carried")
    assert said(there) == said(graph) and there.encoder == graph.encoder
    memory = Neo4jGraphMemory(3, new_server.connection, "carried")
    try:
        idx, = memory.add_propositions(["one more"], [[1, 1, 1]])
        memory.flush()
        assert memory.search([[1, 1, 1]], 1)[0][0][0] == idx
    finally: memory.close()
    with opened_graph(new_server.connection, "carried") as server:
        server.export_graph(tmp_path/"again.graphml", "graphml")
    assert graph_from(tmp_path/"again.graphml", "graphml").count().propositions == graph.count().propositions + 1


def test_commands(tmp_path):
    a_graph().save(tmp_path/"s.npz")
    done = run("export", "--store", "s.npz", "--format", "gexf", "--out", "s.gexf", "--without-embeddings", cwd=tmp_path)
    assert done.returncode == 0 and "so do the embeddings" in done.stdout, done
    for line, says in (("export --store s.npz --format gexf --out s.gexf", "s.gexf is there already"), ("import s.gexf --format gexf --store n.npz", "has no embedding: export the graph with embeddings"),
                       ("import s.npz --format turtle --store n.npz", "s.npz is not of the format turtle"), ("import none --format gexf --store n.npz", "can't read none")):
        done = run(*line.split(), cwd=tmp_path)
        complains((done.returncode, done.stdout, done.stderr), says)
    assert sorted(os.listdir(tmp_path)) == ["s.gexf", "s.npz"]


def test_help_comes_without_torch():
    done = run("export", "--help")
    assert done.returncode == 0 and "neo4j-admin" in done.stdout and "onnx" in done.stdout
