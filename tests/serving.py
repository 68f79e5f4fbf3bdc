"""Servers of a graph memory for the tests, forked from a process that has loaded the reader once.

`python serving.py` is that process, with the reader of the package, or with a light one if a word says so. Each line of its stdin is a JSON list:
the words of a command and the files for its stdin, stdout and stderr."""
import json, os, signal, subprocess, sys, time, uuid, zlib
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np


class LightTask:
    "A reader that stores sentences with vectors drawn at random, for tests of the store and the server; it can't be asked."
    name, judges, encoder = "light", True, SimpleNamespace(name="light", languages=("en",))

    def attach(self, net, graph): net.graph_memory = graph
    def tell(self, net, rows, run="", progress=None):
        graph, texts = net.graph_memory, [text for row in rows for document in row.documents for text in document]
        known = sum(idx is not None for idx in graph.find_all(texts))
        graph.add_propositions(texts, [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(graph.dim) for text in texts], run)
        return SimpleNamespace(sentences=len(texts), new=len(texts) - known, known=known, near=[], cut=0, unknown=0, strange=0)


def loaded(light):
    "A task, and a network."
    if light: return LightTask(), SimpleNamespace(propositions=384, model_type="dual", graph_memory=())
    import torch
    from dualntm.train import load
    torch.set_num_threads(1)
    task, net = load("pretrained:everyday")
    task.encoder.encode([f"A sentence that no cache holds: {uuid.uuid4()}."])  # the encoder's model is loaded when it is needed
    return task, net


def run_here(words, task, net, *files):
    "Be `dualntm` with these words, a reader that is loaded and these files, and leave the exit code beside the last."
    from dualntm.cli import entry, stores
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, (path, how) in enumerate(zip(files, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_CREAT))): os.dup2(os.open(path, how, 0o600), number)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, 1, closefd=False) for number, mode in ((0, "r"), (1, "w"), (2, "w")))  # a line at a time
    stores.load_run = lambda args: (task, net)
    code = 1
    try: entry.main(words)
    except SystemExit as e: code = e.code
    finally:
        with open(f"{files[2]}.part", "w") as f: f.write(str(code))
        os.replace(f"{files[2]}.part", f"{files[2]}.code")
        os._exit(0)


def be_the_nest():
    "Load the reader, and fork a command for each line."
    import mcp.server.lowlevel, mcp.server.stdio, uvicorn
    from dualntm.cli import entry, serve
    task, net = loaded("light" in sys.argv)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        words, *files = json.loads(line)
        if not (child := os.fork()): run_here(words, task, net, *files)
        print(child, flush=True)


class Process:
    "A command that was forked; `killed` once a signal was sent."
    def __init__(self, pid, folder): self.pid, self.folder, self.killed = pid, folder, False
    def alive(self):
        try: os.kill(self.pid, 0)
        except ProcessLookupError: return False
        return True
    def kill(self, number=signal.SIGKILL):
        self.killed = True
        if self.alive(): os.kill(self.pid, number)
    def wait(self, seconds=120):
        "Wait for the end; gives the exit code, None if there is none."
        end = time.monotonic() + seconds
        while self.alive():
            assert time.monotonic() < end, (self.folder/"err").read_text()
            time.sleep(.01)
        return int((self.folder/"err.code").read_text()) if (self.folder/"err.code").exists() else None
    @property
    def said(self): return (self.folder/"err").read_text() if (self.folder/"err").exists() else ""
    def wait_for(self, words, seconds=120):
        "Wait until stderr has some words; gives its text."
        end = time.monotonic() + seconds
        while words not in (said := self.said):
            assert time.monotonic() < end and self.alive(), said
            time.sleep(.01)
        return said


class Nest:
    "The process with the reader."
    def __init__(self, folder, light=False):
        self.folder, self.count = folder, 0
        where = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "DUALNTM_CACHE": str(folder/"cache")}
        where["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH"))))
        where.pop("DUALNTM_TOKEN", None)
        self.process = subprocess.Popen([sys.executable, __file__, *["light"] * light], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=where)
        assert self.process.stdout.readline() == "ready\n"

    def start(self, *words, stdin=None, stdout=None):
        "Fork a command; files are made for what is not given."
        self.count += 1
        place = self.folder/f"command{self.count}"
        place.mkdir()
        (place/"out").touch()
        self.process.stdin.write(json.dumps([list(map(str, words)), str(stdin or os.devnull), str(stdout or place/"out"), str(place/"err")]) + "\n")
        self.process.stdin.flush()
        return Process(int(self.process.stdout.readline()), place)

    def run(self, *words, given=""):
        "Run a command to its end; gives (exit code, stdout, stderr)."
        (path := self.folder/f"given{self.count}").write_text(given)
        process = self.start(*words, stdin=path)
        return process.wait(), (process.folder/"out").read_text(), process.said

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)

    @contextmanager
    def piped(self, *words):
        "A command with named pipes as stdin and stdout; gives it, and a command of a shell that joins them to its own."
        into, out = (self.folder/f"{name}{self.count}" for name in ("in", "out"))
        for path in (into, out): os.mkfifo(path)
        process = self.start(*words, stdin=into, stdout=out)
        try: yield process, ["-c", f"cat < '{out}' & exec cat > '{into}' 2> /dev/null"]
        finally: process.kill()

    @asynccontextmanager
    async def on_stdio(self, *words, **settings):
        "A client over stdin and stdout; gives it and the server."
        from mcp import Client
        from mcp.client.stdio import StdioServerParameters
        with self.piped("serve", *words) as (process, joined):
            async with Client(StdioServerParameters(command="sh", args=joined), **settings) as client: yield client, process

    @contextmanager
    def over_http(self, *words, token="a-token-of-the-tests"):
        "A server over HTTP; gives it and its address."
        (path := self.folder/"token").write_text(token)
        path.chmod(0o600)
        process = self.start("serve", "--http", 0, "--token-file", path, *words)
        try: yield process, process.wait_for("/mcp\n").split("at http")[-1].join(["http", ""]).strip()
        finally: process.kill()


@asynccontextmanager
async def http_client(address, token="a-token-of-the-tests", **settings):
    "A client of a server over HTTP."
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        async with Client(streamable_http_client(address, http_client=http), **settings) as client: yield client


if __name__ == "__main__": be_the_nest()
