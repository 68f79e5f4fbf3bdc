"""Asks trained networks the questions of graph-revise, and prints a line of JSON for each kind and for each number of changes.

    python data/graph-revise/measure.py RUN [RUN ...] > data/graph-revise/answers.jsonl

RUN is the folder of a run of graph-revise. A session is right if every bit of every link of its walk is. All sessions are synthetic, drawn anew with --seed.
- kind: as in training, with 1 to 4 changes
  (networks of type revising also with open_from=0.2, which was chosen on sessions of another seed)
- changes: so many changes, any kind of question; training has at most 4
- store: a world of 100 items is told to a network of type revising, changed 300 times, each change committed to its graph memory on its own; then walks of 4 links
  are asked from all items, 16 sessions of 64 slots, through recall. Beside it a dictionary says what is right."""
import argparse, datetime, json, sys
from dataclasses import replace

import torch

from dualntm import InMemoryGraphMemory, load
from dualntm.dual import ask_held, change_store, draw_items
from dualntm.dual.graph_revise import change_world, KINDS, walk_of

CHANGES, AT_ONCE = (1, 4, 16, 64, 256), 100


@torch.no_grad()
def right(task, net, sessions, generator, **sizes):
    "How many sessions are answered without a wrong bit."
    found = 0
    for _ in range(sessions // AT_ONCE):
        batch = task.batch(AT_ONCE, generator, **sizes)
        found += int(task.extra_measures(task.session(net, batch)[0], batch)["right"].sum())
    return found


def in_store(task, net, generator, items=100, changes=300, links=4):
    "Walks that are right, of those from all items, after a world was told and changed through the graph memory."
    net.graph_memory = InMemoryGraphMemory(net.propositions)
    vectors, leads = draw_items(1, items, task.sequence_width, generator)[0], [None] * items
    below = lambda n: int(torch.randint(n, (), generator=generator))
    def told(what, item): return change_world(leads, what, item, generator)
    done = [told("revise", item) for item in range(items)] + [told(("revise", "revise", "take back", "delete")[below(4)], below(items)) for _ in range(changes)]
    change_store(net, [(what, vectors[item], None if to is None else vectors[to]) for what, item, to in done])
    answers, wrong = ask_held(net, vectors, links), 0
    for item in range(items):
        walk = walk_of(leads, item, links)
        expected = [torch.cat([vectors[leads[at]], torch.zeros(1)]) for at in walk] + [torch.cat([torch.zeros(task.sequence_width), torch.ones(1)])] * (links - len(walk))
        wrong += not torch.equal(answers[:, item], torch.stack(expected))
    return items - wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for run in args.runs:
        task, trained = load(run)
        for settings in ({}, {"open_from": 0.2}) if trained.model_type == "revising" and trained.snap else ({},):
            net = trained.with_settings(**settings)
            about = {"run": run.rstrip("/").rsplit("/", 1)[-1], **settings, "sessions": args.sessions, "seed": args.seed, "synthetic": True,
                     "date": datetime.date.today().isoformat(), "command": " ".join(["python data/graph-revise/measure.py", *sys.argv[1:]])}
            for kind in list(KINDS)[:-1]:
                print(json.dumps({"kind": kind, "right": right(replace(task, about=kind), net, args.sessions, torch.Generator().manual_seed(args.seed)), **about}), flush=True)
            for changes in CHANGES:
                some = args.sessions if changes < 64 else max(AT_ONCE, args.sessions // 5)
                print(json.dumps({"changes": changes, "right": right(task, net, some, torch.Generator().manual_seed(args.seed), changes=changes), **about, "sessions": some}), flush=True)
            if trained.model_type == "revising":
                print(json.dumps({"store": 300, "right": in_store(task, net, torch.Generator().manual_seed(args.seed)), **about, "sessions": 100}), flush=True)


if __name__ == "__main__": main()
