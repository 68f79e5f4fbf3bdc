"""Compares a memory in this process with the reference after each operation of random histories, and prints a line of JSON for each seed.

    python data/revising/histories.py > data/revising/histories.jsonl
"""
import argparse, datetime, json, sys

from dualntm.graph import InMemoryGraphMemory
from dualntm.graph.change_suite import check_random_changes

parser = argparse.ArgumentParser()
parser.add_argument("--graphs", type=int, default=1000)
parser.add_argument("--steps", type=int, default=12)
parser.add_argument("--seed", type=int, nargs="+", default=[1])
args = parser.parse_args()
for seed in args.seed:
    compared = check_random_changes(InMemoryGraphMemory, args.graphs, args.steps, seed)  # raises where they differ
    print(json.dumps({"graphs": args.graphs, "steps": args.steps, "seed": seed, "operations": compared, "differences": 0, "date": datetime.date.today().isoformat(),
                      "command": "python data/revising/" + " ".join(["histories.py", *sys.argv[1:]])}), flush=True)
