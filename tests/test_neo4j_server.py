"The local Neo4j server as a process: how it starts, dies and comes back, and where its password does not appear."
import dataclasses, logging, os, socket, subprocess, sys, threading, traceback
from pathlib import Path

import pytest
from neo4j.exceptions import AuthError

from dualntm.errors import Neo4jAccessError, Neo4jServerError, Neo4jSettingError
from dualntm.neo4j import check_connection, Connection, fetch_server, find_java, LocalServer, open_driver, read_connection_of, VERSION

WRONG = "not-the-password"


def write(connection, text):
    with open_driver(connection) as driver: driver.execute_query("CREATE (:Fact {text: $text})", text=text)


def facts(connection):
    with open_driver(connection) as driver: return sorted(r["text"] for r in driver.execute_query("MATCH (f:Fact) RETURN f.text AS text").records)


def raised(kind, call):
    "The one sentence of the error that a call must raise."
    with pytest.raises(kind) as caught: call()
    text = str(caught.value)
    assert text and "\n" not in text and "Traceback" not in text, text
    everything = "".join(traceback.format_exception(caught.value))
    assert WRONG not in everything
    return text


class Counter:
    "Passes connections on to a port, and counts them."
    def __init__(self, port):
        self.target, self.count, self.listener = port, 0, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try: caller, _ = self.listener.accept()
            except OSError: return
            self.count += 1
            target = socket.create_connection(("127.0.0.1", self.target))
            for a, b in ((caller, target), (target, caller)): threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(65536): sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError: pass


def test_wrong_password_is_one_sentence_and_one_login(own_server, caplog, capfd):
    counter = Counter(own_server.port)
    right = dataclasses.replace(own_server.connection, uri=f"bolt://127.0.0.1:{counter.port}")
    wrong = dataclasses.replace(right, password=WRONG)
    routed = dataclasses.replace(wrong, uri=wrong.uri.replace("bolt", "neo4j"))
    for logins, connection in enumerate((wrong, routed), 1):
        assert "refuses the user neo4j with this password" in raised(Neo4jAccessError, lambda: check_connection(connection))
        assert counter.count == logins
    with open_driver(wrong) as driver, pytest.raises(AuthError): driver.execute_query("RETURN 1")
    assert counter.count == 3  # the driver tries some errors again by itself, but not this one
    for connection in (wrong, right):
        assert "refuses even the right one" in raised(Neo4jAccessError, lambda: check_connection(connection))
    assert counter.count == 5
    assert capfd.readouterr() == ("", "") and WRONG not in caplog.text


def test_driver_prints_nothing_without_logging():
    code = ("from dualntm.errors import Neo4jServerError\n"
            "from dualntm.neo4j import Connection, check_connection\n"
            "try: check_connection(Connection('neo4j://127.0.0.1:1', 'neo4j', 'x'))\n"
            "except Neo4jServerError as e: print(e)\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("nothing is listening at 127.0.0.1:1") and done.stderr == ""


def test_server_of_the_session_answers(neo4j_server):
    assert check_connection(neo4j_server).version


def test_stop_kill_and_restart_keep_the_data(own_server):
    server, connection = own_server, own_server.connection
    write(connection, "before a stop")
    assert server.stop() and not server.is_running()
    assert "nothing is listening" in raised(Neo4jServerError, lambda: check_connection(connection))
    assert not server.stop()
    assert server.start() == connection
    write(connection, "before a kill")
    first = server.pid
    assert server.kill() and not server.is_running()
    assert str(server.status()).startswith("no Neo4j server is running")
    assert LocalServer(server.home).start() == connection  # same port and password, from its home alone
    assert server.pid not in (None, first)
    assert facts(connection) == ["before a kill", "before a stop"]
    assert server.status().info.version == VERSION


def test_two_starts_at_once_make_one_server_that_outlives_both(calm_server, tmp_path):
    code = "import sys; from dualntm.neo4j import LocalServer; s = LocalServer(sys.argv[1], int(sys.argv[2])); s.start(); print(s.pid)"
    server = LocalServer(tmp_path/"home", port=0)
    command = [sys.executable, "-W", "error", "-c", code, str(server.home), str(server.port)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        pids = {process.communicate()[0] for process in both}
        assert [process.returncode for process in both] == [0, 0] and pids == {f"{server.pid}\n"}
        assert check_connection(server.connection) and os.getsid(server.pid) != os.getsid(0)
    finally: server.kill()


def test_stale_pid_file(own_server):
    server = own_server
    write(server.connection, "still here")
    server.kill()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (server.home/"neo4j.pid").write_text(str(other.pid))
        assert not server.is_running() and not server.stop() and not server.kill()
        assert facts(server.start()) == ["still here"]
        assert other.poll() is None
    finally: other.communicate(b"\n")


def test_port_taken(own_server, tmp_path):
    second = LocalServer(tmp_path/"second", own_server.port)
    assert f"port {own_server.port} can't be used" in raised(Neo4jServerError, second.start)
    assert not second.env_file.exists()
    (own_server.home/"neo4j.pid").rename(tmp_path/"lost")  # it runs, but nothing says so
    assert f"port {own_server.port} can't be used" in raised(Neo4jServerError, own_server.start)
    (tmp_path/"lost").rename(own_server.home/"neo4j.pid")
    own_server.stop()
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        moved = LocalServer(own_server.home, everywhere.getsockname()[1])
        assert "can't be used" in raised(Neo4jServerError, moved.start)
    assert own_server.connection.port == own_server.port  # a start that failed has changed nothing


def test_a_start_that_fails_says_what_the_log_says(own_server, tmp_path):
    (own_server.home/"neo4j.pid").rename(tmp_path/"lost")
    twin = LocalServer(own_server.home, port=0)  # two servers can't have one home
    text = raised(Neo4jServerError, lambda: twin.start(wait=60))
    assert "ended while it started" in text and "lock" in text.lower(), text
    (tmp_path/"lost").rename(own_server.home/"neo4j.pid")
    small = LocalServer(tmp_path/"small", port=0, heap="1m")
    assert "Too small maximum heap" in raised(Neo4jServerError, lambda: small.start(wait=60))


@pytest.mark.parametrize("missing, says", [("java", "Java is missing"), ("mvn", "Maven (the command mvn) is missing")])
def test_missing_java_or_maven(missing, says, calm_server, tmp_path, monkeypatch):
    (tmp_path/"bin").mkdir()
    if missing == "mvn": (tmp_path/"bin"/"java").symlink_to(find_java())
    monkeypatch.setenv("PATH", str(tmp_path/"bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("DUALNTM_CACHE", str(tmp_path/"cache"))
    assert says in raised(Neo4jServerError, LocalServer(tmp_path/"home", port=0).start)
    assert not (tmp_path/"cache").exists() and not (tmp_path/"home"/"neo4j.env").exists()


def test_nothing_is_asked_of_maven_once_it_is_fetched(calm_server, monkeypatch):
    monkeypatch.setattr("dualntm.neo4j.local_server.find_maven", lambda: 1 / 0)
    assert (fetch_server()/f"neo4j-{VERSION}.jar").exists()


def test_first_password_like_a_file_of_arguments(calm_server, tmp_path):
    server = LocalServer(tmp_path/"home", port=0)
    try: assert server.start(password="@/etc/hostname").password == "@/etc/hostname"
    finally: server.kill()


def test_first_password_of_ones_own(calm_server, tmp_path):
    mine = "--help # 'a' \"b\" = \\n ünï-編集 $HOME "  # what looks like a flag, a comment or a quote to a tool or a shell
    server = LocalServer(tmp_path/"home", port=0)
    assert "at least 8" in raised(Neo4jSettingError, lambda: server.start(password="short"))
    try:
        assert server.start(password=mine).password == mine == read_connection_of(server.env_file).password
        write(server.connection, "kept")
        server.stop()
        assert "has a password already" in raised(Neo4jSettingError, lambda: server.start(password="another one"))
        server.env_file.rename(tmp_path/"lost")
        assert "put that file back" in raised(Neo4jSettingError, server.start)
        (tmp_path/"lost").rename(server.env_file)
        assert facts(server.start()) == ["kept"]
    finally: server.kill()


def all_command_lines(found, done):
    "Collect the command lines and environments of all processes until told that it is done."
    while not done.is_set():
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try: found.add((name, (process/name).read_bytes()))
                except OSError: pass


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="the process list is read from /proc")
def test_the_password_is_nowhere_but_in_its_file(calm_server, tmp_path, monkeypatch, caplog, capfd):
    secret = "a-secret-that-is-nowhere"
    monkeypatch.setenv("NEO4J_PASSWORD", secret)  # as if the caller had it in its environment
    caplog.set_level(logging.DEBUG)
    found, done, server, said = set(), threading.Event(), LocalServer(tmp_path/"home", port=0), []
    watcher = threading.Thread(target=all_command_lines, args=(found, done))
    watcher.start()
    try:
        connection = server.start(password=secret, say=said.append)
        write(connection, "something to log")
        raised(Neo4jAccessError, lambda: check_connection(dataclasses.replace(connection, password=WRONG)))
        texts = [repr(connection), str(server.status()), repr(server.status()), repr(server), *said]
        server.stop()
    finally:
        done.set()
        watcher.join()
        server.kill()
    seen = [value for name, value in found if b"AdminTool" in value]
    assert any(b"@/dev/stdin" in value for value in seen), "the password was set while we watched"
    assert not [value for name, value in found if name == "cmdline" and secret.encode() in value]
    java = [value for name, value in found if name == "environ" and secret.encode() in value and b"NEO4J_HOME" in value]
    assert not java, "the server's processes don't have it in their environment either"
    assert not any(secret in text for text in texts) and secret not in caplog.text and secret not in "".join(capfd.readouterr())
    holding = [path.name for path in server.home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert holding == ["neo4j.env"] and server.env_file.stat().st_mode & 0o777 == 0o600 and server.home.stat().st_mode & 0o777 == 0o700


def test_only_loopback_listens(calm_server):
    "No other address of this machine leads to it, and no other port is open."
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    inodes = {os.readlink(fd) for fd in Path("/proc", str(calm_server.pid), "fd").iterdir() if os.path.lexists(fd)}
    listening = [f[1] for f in lines if f[3] == "0A" and f"socket:[{f[9]}]" in inodes]
    assert [int(address.split(":")[1], 16) for address in listening] == [calm_server.port]
    assert listening[0].split(":")[0] in ("0100007F", "0000000000000000FFFF00000100007F")
