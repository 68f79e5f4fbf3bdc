"""Measures a retraction that withdraws many things in graphs of several sizes, and prints a line of JSON for each repetition.

    python data/revising/retracting.py > data/revising/retracting.jsonl

A told proposition has so many conclusions, all by one link, in ten layers; the rest of the graph are told propositions with a link each.
Each repetition retracts and restores in one memory, so that sizes can be compared by their ratios."""
import argparse, datetime, importlib.metadata, json, sys, time

import numpy as np

from dualntm.graph import InMemoryGraphMemory

DIM, LAYERS = 4, 10


def graph(size, withdrawn, seed):
    "A memory, and the number of the proposition on which so many stand, itself among them."
    rng, memory = np.random.default_rng(seed), InMemoryGraphMemory(DIM)
    vectors = rng.standard_normal((size, DIM)).astype(np.float32)
    told = memory.add_propositions([f"told {i}" for i in range(size - withdrawn + 1)], vectors[:size - withdrawn + 1])
    ends = memory.add_propositions([f"concluded {i}" for i in range(withdrawn - 1)], vectors[size - withdrawn + 1:], told=False)
    layers = [told[:1], *(part.tolist() for part in np.array_split(np.array(ends), LAYERS))]
    memory.add_justifications([(end, [(above[i % len(above)], 1.)], 1.) for above, below in zip(layers, layers[1:]) for i, end in enumerate(below)], "judge")
    memory.add_entailments(list(zip(told[1:-1], told[2:], [1.] * size)), "told")
    return memory, told[0]


def main():
    parser = argparse.ArgumentParser()
    for name, default in (("--size", [10_000, 100_000, 1_000_000]), ("--withdrawn", [1000, 10_000])): parser.add_argument(name, type=int, nargs="+", default=default)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for size in args.size:
        for withdrawn in args.withdrawn:
            memory, top = graph(size, withdrawn, args.seed)
            for repetition in range(args.repeat):
                row = {"size": size, "withdrawn": withdrawn, "repetition": repetition, "seed": args.seed, "date": datetime.date.today().isoformat(),
                       "command": "python data/revising/" + " ".join(["retracting.py", *sys.argv[1:]]), "versions": {n: importlib.metadata.version(n) for n in ("dualntm", "numpy")}}
                for kind in ("retract", "restore"):
                    wall, processor = time.perf_counter(), time.process_time()
                    change = getattr(memory, kind)(top)
                    row[f"{kind}_seconds"], row[f"{kind}_processor_seconds"] = round(time.perf_counter() - wall, 4), round(time.process_time() - processor, 4)
                    assert len(change.withdrawn or change.returned) == withdrawn
                print(json.dumps(row), flush=True)


if __name__ == "__main__": main()
