"Networks with a long-term memory in Neo4j, trained by processes while servers and processes die: nothing is lost, nothing is there twice."
import json, os, signal

import pytest
from conftest import local_server
from processes import run, start, wait_for

from dualntm.neo4j import clean, list_graphs, read_graph
from dualntm.neo4j import free_port

SMALL = ("--task copy --model-type dual -p sequence_width=5 -p sequence_max_len=4 -p short_term_n=8 -p short_term_m=6 -p controller_size=24 "
         "-p write_interval=1 --checkpoint-interval 20 --report-interval 10").split()
RUN = "checkpoints/copy-dual-seed1"
IN_NEO4J = ("--long-term-memory-backend", "neo4j")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    "A server of this module, which its tests kill and start again."
    with local_server(tmp_path_factory.mktemp("neo4j")/"dual") as server: yield server


@pytest.fixture(autouse=True)
def environment(server, monkeypatch):
    "The server runs, holds nothing, and is the one that the environment names."
    if not server.is_running(): server.start()
    for info in list_graphs(server.connection): clean(server.connection, info.name)
    for name in ("URI", "USER", "PASSWORD"): monkeypatch.setenv(f"NEO4J_{name}", getattr(server.connection, name.lower()))


@pytest.fixture(scope="module")
def in_process(tmp_path_factory):
    "The graph and the losses of runs whose memory was in their own process, by seed."
    folder = tmp_path_factory.mktemp("in-process")
    for seed in (1, 2):
        result = run("train", *SMALL, "--seed", seed, "--num-batches", 600, cwd=folder)
        assert result.returncode == 0, result.stderr
    return {seed: folder/f"checkpoints/copy-dual-seed{seed}" for seed in (1, 2)}


def losses(folder): return [json.loads(line)["loss"] for line in (folder/"history.jsonl").read_text().splitlines()]


def stored(server, graph, folder):
    "What the server has of a graph, exported."
    read_graph(server.connection, graph).export_entailment_graph_json(folder/"stored.json")
    return (folder/"stored.json").read_bytes()


def train(folder, *words, seed=1): return start("train", *SMALL, *IN_NEO4J, "--seed", seed, "--num-batches", 600, *words, cwd=folder)


def test_same_losses_and_graph_and_no_password(server, in_process, tmp_path):
    process = train(tmp_path)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0 and "graph copy-dual-seed1" in out, err
    assert losses(tmp_path/RUN) == losses(in_process[1])
    assert stored(server, "copy-dual-seed1", tmp_path) == (in_process[1]/"graph.json").read_bytes() == (tmp_path/RUN/"graph.json").read_bytes()
    password = server.connection.password.encode()
    assert password not in out.encode() + err.encode()
    assert not [path for path in (tmp_path/RUN).iterdir() if password in path.read_bytes()]


def test_a_server_that_is_killed_and_comes_back(server, in_process, tmp_path):
    process = train(tmp_path)
    wait_for(tmp_path/RUN/"checkpoint-60.pt", process)
    server.kill()
    wait_for(tmp_path/RUN/"checkpoint-120.pt", process)
    process.send_signal(signal.SIGSTOP)  # not to end its training while the server starts, which takes half a minute on busy cores
    server.start()
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert losses(tmp_path/RUN) == losses(in_process[1])
    assert stored(server, "copy-dual-seed1", tmp_path) == (in_process[1]/"graph.json").read_bytes()


def test_a_server_that_stays_away(server, in_process, tmp_path):
    process = train(tmp_path)
    wait_for(tmp_path/RUN/"checkpoint-60.pt", process)
    server.kill()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 1 and "Traceback" not in err
    assert "journal.sqlite" in err and "dualntm neo4j replay" in err, err
    assert losses(tmp_path/RUN) == losses(in_process[1])
    server.start()
    replayed = run("neo4j", "replay", tmp_path/RUN/"journal.sqlite", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    assert stored(server, "copy-dual-seed1", tmp_path) == (in_process[1]/"graph.json").read_bytes()


def test_a_trainer_that_is_killed_and_resumed(server, in_process, tmp_path):
    process = train(tmp_path)
    wait_for(tmp_path/RUN/"checkpoint-120.pt", process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path/RUN/"graph.json").exists()
    result = run("train", "--resume", RUN, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert losses(tmp_path/RUN) == losses(in_process[1])
    assert stored(server, "copy-dual-seed1", tmp_path) == (in_process[1]/"graph.json").read_bytes()


def test_two_trainers_in_one_graph(server, in_process, tmp_path):
    processes = [train(tmp_path, "--graph", "shared", seed=seed) for seed in (1, 2)]
    for process in processes:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    found = json.loads(stored(server, "shared", tmp_path))
    alone = [json.loads((in_process[seed]/"graph.json").read_bytes()) for seed in (1, 2)]
    assert {n["idx"]: n["text"] for n in found["nodes"]} == {n["idx"]: n["text"] for graph in alone for n in graph["nodes"]}
    edges = {}
    for edge in (edge for graph in alone for edge in graph["edges"]):
        ends = edge["source"], edge["target"]
        edges[ends] = max(edge["score"], edges.get(ends, 0))
    assert {(e["source"], e["target"]): e["score"] for e in found["edges"]} == edges


@pytest.mark.parametrize("uri, code, says", [("bolt://127.0.0.1:{free}", 1, "nothing is listening"), ("http://127.0.0.1", 2, "bolt"),
                                             ("bolt://neo4j:secretword@127.0.0.1", 2, "NEO4J_PASSWORD")])
def test_a_server_that_is_not_there(tmp_path, uri, code, says):
    result = run("train", *SMALL, *IN_NEO4J, "--uri", uri.format(free=free_port()), cwd=tmp_path)
    assert result.returncode == code and says in result.stderr, result.stderr
    assert result.stderr.count("\n") == 1 and "secretword" not in result.stderr and not (tmp_path/RUN).exists()


def test_a_wrong_password(tmp_path, monkeypatch):
    monkeypatch.setenv("NEO4J_PASSWORD", "not-the-password")
    result = run("train", *SMALL, *IN_NEO4J, cwd=tmp_path)
    assert result.returncode == 1 and "password" in result.stderr and result.stderr.count("\n") == 1
    assert "not-the-password" not in result.stderr and not (tmp_path/RUN).exists()


def test_told_and_asked_by_other_processes(server, tmp_path):
    small = "--task graph-recall --model-type dual -p sequence_width=8 -p controller_size=10 -p batch_size=2 --num-batches 1 --seed 1".split()
    assert run("train", *small, cwd=tmp_path).returncode == 0
    store = ("--checkpoint", "checkpoints/graph-recall-dual-seed1", *IN_NEO4J, "--graph", "world")
    told = run("tell", *store, "--facts", "facts.txt", "--draw", "chains", "--walks", 3, "--links", 5, cwd=tmp_path)
    assert told.returncode == 0 and "18 propositions and 15 entailments" in told.stdout, told.stderr
    asked = run("ask", *store, "--facts", "facts.txt", "--links", 5, "--json", cwd=tmp_path)
    assert asked.returncode == 0 and json.loads(asked.stdout)["walks"] == 3, asked.stderr
