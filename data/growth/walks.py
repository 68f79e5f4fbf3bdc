"""Tells facts to a trained network of graph-recall, asks it for a hundred walks of a hundred links, and prints what was wrong as a line of JSON.

    python data/growth/walks.py --size 1000000 --checkpoint RUN >> data/growth/walks.jsonl"""
import argparse, datetime, importlib.metadata, json, time

import torch

from dualntm.dual import ask_store, draw_world, tell_store
from dualntm.graph import InMemoryGraphMemory
from dualntm.train import load

parser = argparse.ArgumentParser()
for name, default in (("size", 10_000), ("walks", 100), ("links", 100), ("seed", 1)): parser.add_argument(f"--{name}", type=int, default=default)
parser.add_argument("--checkpoint", required=True)
args = parser.parse_args()
torch.set_num_threads(1)
task, net = load(args.checkpoint)
facts, walks = draw_world(task.sequence_width, torch.Generator().manual_seed(args.seed), args.walks, args.links, args.size)
net.graph_memory = InMemoryGraphMemory(net.propositions)
began = time.process_time()
tally = tell_store(net, facts, "growth")
told = time.process_time()
wrong = ask_store(net, walks[0], args.links).cpu() != walks[1:]
asked = time.process_time()
about = {"size": args.size, "backend": "in-process", "seed": args.seed, "network_seed": json.loads((__import__("pathlib").Path(args.checkpoint)/"config.json").read_text())["seed"],
         "date": datetime.date.today().isoformat(), "versions": {"dualntm": importlib.metadata.version("dualntm"), "torch": torch.__version__},
         "command": f"python data/growth/walks.py --size {args.size} --checkpoint RUN", "working_nodes": net.slots}
print(json.dumps({**about, "operation": "tell", "count": len(facts), "processor_seconds": round(told - began, 3), "written": tally.written, "links_written": tally.links_written, "refused": tally.gate + tally.links_refused}))
print(json.dumps({**about, "operation": f"ask for walks of {args.links} links", "count": args.walks, "processor_seconds": round(asked - told, 3),
                  "wrong_bits": int(wrong.sum()), "of_bits": wrong.numel(), "right_walks": int((~wrong.any(2).any(0)).sum())}))
