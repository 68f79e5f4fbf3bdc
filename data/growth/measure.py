"""Measures a graph memory as it grows, and prints a line of JSON for each operation.

    python data/growth/measure.py --size 10000 100000 1000000 --backend in-process usearch > data/growth/in-process.jsonl
    python data/growth/measure.py --size 1000000 --backend telling --checkpoint RUN > data/growth/telling.jsonl

Each size and backend is measured in a process of its own, so that its resident memory is its own. `telling` tells facts to a trained network of
graph-recall and adds the same vectors to a bare usearch index, in turns in one process."""
import argparse, datetime, gc, importlib.metadata, json, os, subprocess, sys, tempfile, time
from pathlib import Path

import numpy as np
import psutil

WIDTH, SEED = 32, 0


def items(size, seed):
    "Different patterns of bits as texts, and as vectors of -1 and 1: the propositions of graph-recall."
    numbers = np.random.default_rng(seed).choice(2**WIDTH - 1, size, replace=False).astype(">u4") + 1
    bits = np.unpackbits(numbers.astype(">u4").view(np.uint8).reshape(size, 4), axis=1)
    return [row.tobytes().decode() for row in bits + ord("0")], np.float32(bits) * 2 - 1


class Rows:
    "Prints what was measured."
    def __init__(self, size, backend):
        self.about = {"size": size, "backend": backend, "seed": SEED, "command": "python data/growth/" + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
                      "date": datetime.date.today().isoformat(),
                      "versions": {name: importlib.metadata.version(name) for name in ("dualntm", "numpy", "usearch")}}

    def put(self, operation, count, seconds=None, processor=None, bytes=None, **more):
        print(json.dumps({**self.about, "operation": operation, "count": count, "seconds": seconds, "processor_seconds": processor, "bytes": bytes, **more}), flush=True)

    def timed(self, operation, count, call, **more):
        "Run a call and print how long it took."
        wall, processor = time.perf_counter(), time.process_time()
        result = call()
        self.put(operation, count, round(time.perf_counter() - wall, 6), round(time.process_time() - processor, 6), **more)
        return result


def resident(): return gc.collect() * 0 + psutil.Process().memory_info().rss
def most(): return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) * 1024


def in_process(size, seed=SEED):
    from dualntm.graph import InMemoryGraphMemory, load_graph
    texts, vectors = items(size + 1000, seed)
    rows, rng, memory = Rows(size, "in-process"), np.random.default_rng(seed), InMemoryGraphMemory(WIDTH)
    memory.add_propositions(texts[:100], vectors[:100]); memory.search(vectors[:2], 1); memory.clear()
    more, alone, texts, vectors = texts[size:], vectors[size:], texts[:size], vectors[:size]
    before, content = resident(), vectors.nbytes + sum(map(len, texts))
    numbers = rows.timed("add", size, lambda: memory.add_propositions(texts, vectors, "growth"))
    order = np.array(numbers)
    del numbers
    rows.put("resident memory", size, bytes=resident() - before, content_bytes=content, peak_bytes=most() - before)
    rows.timed("link", size, lambda: memory.add_entailments(zip(order.tolist(), np.roll(order, -1).tolist(), [1.] * size), "told", "growth"))
    rows.timed("log", size, lambda: memory.log_writes(order.tolist(), "growth"))
    rows.put("resident memory of facts", size, bytes=resident() - before, content_bytes=content)
    rows.timed("add one by one", 1000, lambda: [memory.add_propositions([text], [vector]) for text, vector in zip(more, alone)])
    some = rng.choice(size, 1000)
    rows.timed("find", 1000, lambda: [memory.find(texts[i]) for i in some])
    rows.timed("nearest", 100, lambda: [memory.search(vectors[i:i + 1], 10) for i in some[:100]])
    rows.timed("nearest, 100 at once", 100, lambda: memory.search(vectors[some[:100]], 10))
    rows.timed("recall", 100, lambda: [memory.recall(vectors[i:i + 1], 64) for i in some[:100]])
    walks = rows.timed("walk of 100 links", 100, lambda: memory.walk(order[some[:100]].tolist(), 100))
    assert all(walk == order[(i + np.arange(101)) % size].tolist() for walk, i in zip(walks, some))
    with tempfile.TemporaryDirectory() as folder:
        path, here = Path(folder)/"graph.npz", resident()
        with open("/proc/self/clear_refs", "w") as f: f.write("5")  # the peak begins anew
        rows.timed("save", size, lambda: memory.save(path))
        rows.put("memory while saving", size, bytes=most() - here, file_bytes=path.stat().st_size)
        code = f"""if 1:
            import sys, time; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})
            import measure
            from dualntm.graph import load_graph
            rows, before = measure.Rows({size}, "in-process"), measure.resident()
            memory = rows.timed("load", {size}, lambda: load_graph({str(path)!r}))
            rows.put("memory while loading", {size}, bytes=measure.most() - before, resident_bytes=measure.resident() - before)"""
        rows_of_child(code)


def rows_of_child(code):
    "Run a program whose rows become ours."
    for line in subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines():
        print(json.dumps(json.loads(line) | {"command": "python data/growth/" + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])}), flush=True)


def usearch(size, seed=SEED):
    from usearch.index import Index
    texts, vectors = items(size + 1000, seed)
    rows, index, some = Rows(size, "usearch"), Index(ndim=WIDTH, metric="cos", dtype="f32"), np.random.default_rng(seed).choice(size, 1000)
    alone, vectors = vectors[size:], vectors[:size]
    before = resident()
    rows.timed("add", size, lambda: index.add(np.arange(size), vectors, threads=1))
    rows.put("resident memory", size, bytes=resident() - before, content_bytes=vectors.nbytes)
    rows.timed("add one by one", 1000, lambda: [index.add(size + i, vector) for i, vector in enumerate(alone)])
    rows.timed("nearest", 100, lambda: [index.search(vectors[i], 10) for i in some[:100]])
    found = index.search(vectors[some[:100]], 10, threads=1)
    right = [set(np.argsort(-(vectors @ vectors[i]), kind="stable")[:10].tolist()) for i in some[:100]]
    near = [np.sort(vectors[sorted(want)] @ vectors[i])[0] for want, i in zip(right, some)]  # several may be equally far
    share = float(np.mean([np.mean([vectors[key] @ vectors[i] >= least for key in keys]) for keys, least, i in zip(found.keys.astype(int).reshape(100, -1), near, some) if keys.max() < size]))
    rows.put("share of the nearest found", 100, share=round(share, 4))


def telling(size, checkpoint, turns=20, seed=SEED):
    import torch
    from usearch.index import Index
    from dualntm.dual import draw_world, tell_store
    from dualntm.graph import InMemoryGraphMemory
    from dualntm.train import load
    torch.set_num_threads(1)
    (_, net), rows = load(checkpoint), Rows(size, "telling")
    net.graph_memory, index = InMemoryGraphMemory(WIDTH), Index(ndim=WIDTH, metric="cos", dtype="f32")
    facts, _ = draw_world(WIDTH, torch.Generator().manual_seed(seed), walks=1, links=1, items=size)
    tell_store(net, facts[:1000]); net.graph_memory.clear()
    for part in facts.split(-(-size // turns)):
        before = len(net.graph_memory.vectors)
        rows.timed("tell", len(part), lambda: tell_store(net, part, "growth"), told=before)
        new = np.concatenate([block for _, block in _parts(net.graph_memory)])[before:]
        rows.timed("usearch add", len(new), lambda: index.add(np.arange(before, before + len(new)), new, threads=1), told=before)


def _parts(memory):
    from dualntm.graph.columns import parts
    return parts(memory.vectors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, nargs="+", default=[10_000])
    parser.add_argument("--backend", nargs="+", choices=["in-process", "usearch", "telling"], default=["in-process"])
    parser.add_argument("--checkpoint")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if len(args.size) * len(args.backend) == 1 or args.alone:
        for size in args.size:
            {"in-process": in_process, "usearch": usearch, "telling": lambda size: telling(size, args.checkpoint)}[args.backend[0]](size)
    else:
        for backend in args.backend:
            for size in args.size:
                subprocess.run([sys.executable, __file__, "--size", str(size), "--backend", backend, *(["--checkpoint", args.checkpoint] if args.checkpoint else [])], check=True)
