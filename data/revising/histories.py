"""Compares a memory with the reference after each operation of random histories, and prints a line of JSON for each seed.

    python data/revising/histories.py > data/revising/histories.jsonl
    python data/revising/histories.py --where mirror >> data/revising/histories.jsonl
    python data/revising/histories.py --where server >> data/revising/histories.jsonl

- process: a memory in this process
- mirror: a graph on the Neo4j server that the environment names, read from the copy in this process
- server: the same, read from the server
"""
import argparse, datetime, json, sys

from dualntm.graph import InMemoryGraphMemory
from dualntm.graph.change_suite import check_random_changes

NAME = "random-histories"


def on_server(mirror):
    "A function that makes an empty memory on the server, and one that deletes its graph."
    from dualntm.neo4j import clean, Neo4jGraphMemory, read_connection
    connection = read_connection()
    def make(dim, threshold):
        memory = Neo4jGraphMemory(dim, connection, NAME, threshold, mirror=mirror)
        memory.clear()
        return memory
    return make, lambda: clean(connection, NAME)


parser = argparse.ArgumentParser()
parser.add_argument("--graphs", type=int, default=1000)
parser.add_argument("--steps", type=int, default=12)
parser.add_argument("--seed", type=int, nargs="+", default=[1])
parser.add_argument("--where", choices=("process", "mirror", "server"), default="process")
args = parser.parse_args()
make, end = (InMemoryGraphMemory, lambda: None) if args.where == "process" else on_server(args.where == "mirror")
for seed in args.seed:
    compared = check_random_changes(make, args.graphs, args.steps, seed)  # raises where they differ
    print(json.dumps({"where": args.where, "graphs": args.graphs, "steps": args.steps, "seed": seed, "operations": compared, "differences": 0, "date": datetime.date.today().isoformat(),
                      "command": "python data/revising/" + " ".join(["histories.py", *sys.argv[1:]])}), flush=True)
end()
