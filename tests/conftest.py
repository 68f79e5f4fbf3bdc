"Neo4j servers for the tests: one for the whole session, and private ones that a test may kill; and memory that holds NaN until it is written."
import os, signal, uuid
from contextlib import contextmanager

import pytest
import torch

pytest.register_assert_rewrite("graphs", "pages", "processes")  # so that their assertions say what was compared

from dualntm.neo4j import clean, list_graphs
from dualntm.errors import Neo4jServerError
from dualntm.neo4j import check_connection, fetch_server, find_java, LocalServer, read_connection

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so would all that is started here


def can_start():
    "Fetch the local server. In CI what is missing is a failure; elsewhere the tests are skipped, and say how to have a server."
    try:
        find_java()
        fetch_server()
    except Neo4jServerError as e:
        if os.environ.get("CI"): raise
        pytest.skip(f"{e}; or set NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD to a server that may be written to")


@contextmanager
def local_server(home):
    "A running local server in a new home, which is killed in the end."
    can_start()
    server = LocalServer(home, port=0)
    try:
        server.start()
        yield server
    finally: server.kill()


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory):
    "The connection to a running server: the one that the environment names, or else a local one of these tests."
    if os.environ.get("NEO4J_PASSWORD"):
        connection = read_connection()
        check_connection(connection)
        yield connection
    else:
        with local_server(tmp_path_factory.mktemp("neo4j")/"session") as server: yield server.connection


@pytest.fixture
def own_server(tmp_path):
    "A running `LocalServer` that belongs to one test, which may stop it, kill it and start it again."
    with local_server(tmp_path/"own") as server: yield server


@pytest.fixture(scope="module")
def calm_server(tmp_path_factory):
    "A running `LocalServer` for the tests of one module, which leave it running and its settings as they are."
    with local_server(tmp_path_factory.mktemp("neo4j")/"module") as server: yield server


@pytest.fixture
def graph(neo4j_server):
    "A name for graphs on the shared server, which are removed in the end, as are those whose names begin with it."
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    for info in list_graphs(neo4j_server):
        if info.name.startswith(name): clean(neo4j_server, info.name)


@pytest.fixture
def foul_memory(monkeypatch):
    "New tensors that nobody has filled hold NaN, the worst of what memory may hold."
    def foul(make):
        def made(*args, **kw):
            t = make(*args, **kw)
            return t.fill_(float("nan")) if t.is_floating_point() else t
        return made
    for place, name in ((torch.Tensor, "new_empty"), (torch, "empty_like"), (torch, "empty")): monkeypatch.setattr(place, name, foul(getattr(place, name)))
