"""Cost of a graph in Neo4j as it grows: one run fills a new local server with one graph and appends what it measured to neo4j.jsonl.

python data/growth/measure_neo4j.py --size 10000 --backend neo4j        (its second half opens the graph with mirror=False)
python data/growth/measure_neo4j.py --size 10000 --backend bare-cypher  (the same rows by the official driver alone)"""
import argparse, json, os, platform, tempfile, time
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import numpy as np

from dualntm.neo4j import LocalServer, Neo4jGraphMemory, open_driver, VERSION
from dualntm.neo4j.sender import make_schema

DIM, LINKS, NODES = 32, 100, 64  # numbers in an embedding; links of a walk; propositions of a recall


def processor(pid):
    "Seconds of processor time that a process has used."
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    "Bytes of memory that a process has now."
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def on_disk(place):
    "Bytes of the files whose names begin so, or that are in the folder."
    return sum(path.stat().st_size for path in ([*place.rglob("*")] if place.is_dir() else place.parent.glob(f"{place.name}*")) if path.is_file())


class Measure:
    "Measures operations on a graph, says what it found, and keeps it."
    def __init__(self, options, server):
        self.options, self.server, self.backend = options, server, options.backend
        self.about = {"seed": options.seed, "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
                      "command": f"python data/growth/measure_neo4j.py --size {options.size} --backend {options.backend} --seed {options.seed} --heap {options.heap}",
                      "versions": {"neo4j": VERSION, "driver": version("neo4j"), "numpy": np.__version__, "python": platform.python_version(), "heap": options.heap,
                                   "processors": os.cpu_count()}}

    def keep(self, operation, count, seconds=None, processor_seconds=None, server_seconds=None, bytes=None):
        numbers = {"seconds": seconds, "processor_seconds": processor_seconds, "server_processor_seconds": server_seconds, "bytes": bytes}
        row = {"size": self.options.size, "backend": self.backend, "operation": operation, "count": count,
               **{name: value if isinstance(value, (int, type(None))) else float(f"{value:.4g}") for name, value in numbers.items()}, **self.about}
        with open(self.options.out, "a") as file: file.write(json.dumps(row) + "\n")
        print(*(f"{name}={row[name]}" for name in ("size", "backend", "operation", "count", *numbers)), flush=True)

    @contextmanager
    def of(self, operation, count=1):
        "A context whose time is kept, with how often it does something."
        start = time.perf_counter(), time.process_time(), processor(self.server.pid)
        yield
        ends = time.perf_counter(), time.process_time(), processor(self.server.pid)
        self.keep(operation, count, *(end - begin for begin, end in zip(start, ends)))

    def repeat(self, operation, call, cases):
        "Keep the time of a call for each of some cases, after one that warms up."
        call(cases[0])
        with self.of(operation, len(cases) - 1):
            for case in cases[1:]: call(case)


def made(size, seed):
    "Texts, vectors, and a circle of entailments through all of them in random order: a walk never ends."
    rng = np.random.default_rng(seed)
    vectors, circle = rng.normal(size=(size, DIM)).astype(np.float32), rng.permutation(size)
    return [f"fact {i}" for i in range(size)], vectors, circle, rng


def ask(measure, memory, texts, rng):
    "Questions to a memory."
    some = rng.integers(len(texts), size=201)
    measure.repeat("find", lambda i: memory.find(texts[i]), some)
    starts = [memory.find(texts[i]) for i in some[:33]]
    measure.repeat("nearest 10", lambda query: memory.search([query], 10), rng.normal(size=(51, DIM)))
    measure.repeat("recall", lambda query: memory.recall([query], NODES), rng.normal(size=(11, DIM)))
    measure.repeat("walk", lambda start: memory.walk([start], LINKS), starts[:11])
    measure.repeat("walk 32 at once", lambda start: memory.walk(starts[1:], LINKS), starts[:3])


def fill(measure, memory, texts, vectors, circle, at_once=10_000):
    "Write all of it, and wait until it is on the server."
    size, numbers = len(texts), []
    with measure.of("add, until on the server", size):
        with measure.of("add", size):
            for i in range(0, size, at_once): numbers += memory.add_propositions(texts[i:i + at_once], vectors[i:i + at_once])
        memory.flush()
    edges = [(numbers[a], numbers[b], .5) for a, b in zip(circle, np.roll(circle, -1))]
    with measure.of("entail, until on the server", size):
        with measure.of("entail", size):
            for i in range(0, size, at_once): memory.add_entailments(edges[i:i + at_once], "told")
        memory.flush()


def with_mirror(measure, connection, folder, data):
    texts, vectors, circle, rng = data
    before = resident("self")
    memory = Neo4jGraphMemory(DIM, connection, "growth", 2., folder/"one.journal", patience=600)
    fill(measure, memory, texts, vectors, circle)
    measure.keep("resident", 1, bytes=resident("self") - before)
    measure.keep("journal", 1, bytes=on_disk(folder/"one.journal"))
    ask(measure, memory, texts, rng)
    memory.close()


def opening(measure, connection, folder):
    "Fill a mirror from what is on the server."
    measure.backend, before = "neo4j", resident("self")
    with measure.of("open"): memory = Neo4jGraphMemory(DIM, connection, "growth", 2., folder/"two.journal", patience=600)
    measure.keep("resident after opening", 1, bytes=resident("self") - before)
    measure.keep("journal after opening", 1, bytes=on_disk(folder/"two.journal"))
    memory.close()


def without_mirror(measure, connection, folder, data):
    texts, _, _, rng = data
    measure.backend, before = "neo4j-mirror-off", resident("self")
    with measure.of("open"): memory = Neo4jGraphMemory(DIM, connection, "growth", 2., folder/"three.journal", patience=600, mirror=False)
    ask(measure, memory, texts, rng)
    for count in (1000, 10):
        new = [f"{count} more, {i}" for i in range(4 * count)]
        memory.add_propositions(new[-count:], rng.normal(size=(count, DIM)))
        memory.flush()
        with measure.of(f"add {count} at once", 3 * count):
            for i in range(0, 3 * count, count): memory.add_propositions(new[i:i + count], rng.normal(size=(count, DIM)))
            memory.flush()
        numbers = [memory.find(text) for text in new[:11]]
        with measure.of("entail one at a time", 10):
            for pair in zip(numbers, numbers[1:]): memory.add_entailments([(*pair, .5)], "told")
            memory.flush()
    measure.keep("resident", 1, bytes=max(resident("self") - before, 0))
    memory.close()


def bare(measure, connection, data, at_once=1000):
    texts, vectors, circle, rng = data
    vectors = vectors.astype(float)
    with open_driver(connection) as driver:
        make_schema(driver, DIM)
        with measure.of("add, until on the server", len(texts)):
            for start in range(0, len(texts), at_once):
                rows = [{"idx": i, "text": texts[i], "embedding": vectors[i].tolist()} for i in range(start, min(start + at_once, len(texts)))]
                driver.execute_query(f"""UNWIND $rows AS row CREATE (:Proposition:Dim{DIM} {{graph: 'growth', idx: row.idx, text: row.text,
                    embedding: row.embedding, run: '', step: 0, told: true}})""", rows=rows)
        pairs = np.stack([circle, np.roll(circle, -1)], 1)
        with measure.of("entail, until on the server", len(pairs)):
            for start in range(0, len(pairs), at_once):
                rows = [{"source": a, "target": b, "score": .5} for a, b in pairs[start:start + at_once].tolist()]
                driver.execute_query("""UNWIND $rows AS row MATCH (a:Proposition {graph: 'growth', idx: row.source}) MATCH (b:Proposition {graph: 'growth', idx: row.target})
                    CREATE (a)-[:ENTAILS {score: row.score, source: 'told', run: '', step: 0}]->(b)""", rows=rows)
        some = rng.integers(len(texts), size=201).tolist()
        measure.repeat("find", lambda i: driver.execute_query("MATCH (p:Proposition {graph: 'growth', idx: $i}) RETURN p.text", i=i), some)
        nearest = f"CALL db.index.vector.queryNodes('proposition_dim{DIM}', 10, $query) YIELD node, score RETURN node.idx, score"
        measure.repeat("nearest 10", lambda query: driver.execute_query(nearest, query=query.tolist()), rng.normal(size=(51, DIM)))
        def walk(i):
            for _ in range(LINKS):
                i = driver.execute_query("""MATCH (:Proposition {graph: 'growth', idx: $i})-[e:ENTAILS]->(t)
                    RETURN t.idx ORDER BY e.score DESC, t.idx LIMIT 1""", i=i).records[0][0]
        measure.repeat("walk", walk, some[:4])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--backend", choices=("neo4j", "bare-cypher"), default="neo4j")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--heap", default="2g", help="most memory for the server's objects")
    parser.add_argument("--out", default=Path(__file__).with_suffix("").with_name("neo4j.jsonl"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = LocalServer(Path(folder)/"server", 0, options.heap)
        try:
            connection, measure, data = server.start(), Measure(options, server), made(options.size, options.seed)
            if options.backend == "bare-cypher": bare(measure, connection, data)
            else:
                with_mirror(measure, connection, Path(folder), data)
                without_mirror(measure, connection, Path(folder), data)
                opening(measure, connection, Path(folder))
            measure.keep("server's memory", 1, bytes=resident(server.pid))
            server.stop()
            measure.keep("server's files", 1, bytes=on_disk(Path(folder)/"server"/"data"))
        finally: server.kill()


if __name__ == "__main__": main()
