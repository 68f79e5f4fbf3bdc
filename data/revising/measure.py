"""Asks five kinds of question on synthetic episodes in which facts are told, revised, taken back and forgotten, and prints a line of JSON for each seed.

    python data/revising/measure.py --seed 0 1 2 --episodes 1000 > data/revising/episodes.jsonl

The episodes are synthetic: entities e0, e1, ..., of which each has a `seat` and some a `post`. The right answers come from a plain dictionary.
- graph: the graph memory, with retract, restore and forget
- vectors: the nearest of all told and concluded texts by the cosine of sums of random unit vectors, one for each word, another where it is the value; of those within
  0.15 of the nearest the newest; two searches for two steps; "unknown" below a cosine of 0.7; nothing is ever deleted
- append-only: the same graph where nothing is ever taken back; of several answers the one told last"""
import argparse, datetime, importlib.metadata, json, random, re, sys

import numpy as np

from dualntm.graph import InMemoryGraphMemory

ENTITIES, ROUNDS, WIDTH = 12, 3, 512
UNKNOWN, WORDS = "unknown", {}


class Graph:
    "The graph memory: a fact entails its topic and its value; from a post three conclusions follow, one from the other."
    changing = True

    def __init__(self, rng): self.memory, self.rng, self.told, self.time = InMemoryGraphMemory(12, 2.), rng, {}, 0
    def put(self, text, told=True): return self.memory.add_propositions([text], self.rng.standard_normal((1, 12)), told=told)[0]

    def tell(self, x, relation, y):
        self.time += 1
        fact = self.put(f"{x} {relation} {y}")
        self.told[fact] = self.time
        if relation == "seat": return self.memory.add_entailments([(fact, self.put(f"about {x} seat"), 1.), (fact, self.put(f"entity {y}"), 1.)], "told")
        steps = [fact, *(self.put(f"{x} level{i} {y.split('-')[0]}", told=False) for i in (1, 2, 3))]
        self.memory.add_justifications([(below, [(above, 1.)], 1.) for above, below in zip(steps, steps[1:])], "judge")
        self.told[steps[-1]] = self.time
        self.memory.add_entailments([(steps[-1], self.put(f"about {x} level3"), 1.)], "told")

    def take_back(self, x, relation, y):
        if self.changing: self.memory.retract(self.memory.find(f"{x} {relation} {y}"))
    def delete(self, x, relation, y):
        if self.changing: self.memory.forget(self.memory.find(f"{x} {relation} {y}"))

    def answer(self, x, relation):
        topic = self.memory.find(f"about {x} {relation}")
        facts = [idx for idx, _ in self.memory.neighbours(topic, "in")] if topic is not None else []
        if not facts: return UNKNOWN
        if self.changing and len(facts) > 1: return "several"
        fact = max(facts, key=self.told.get)
        return self.memory.propositions([fact])[0].text.split()[-1]

    def mentions(self, text):
        said = [p.text for p in self.memory.propositions()] + [str(change) for change in self.memory.changes()] + [str(line) for line in self.memory.log()]
        return self.memory.find(text) is not None or any(re.search(re.escape(text) + r"(?!\w)", line) for line in said)


class AppendOnly(Graph):
    changing = False


class Vectors:
    "A search among all texts that were ever told or concluded."
    def __init__(self, rng): self.texts, self.rows = [], []

    def vector(self, words):
        for word in words:
            if word not in WORDS: WORDS[word] = (v := np.random.default_rng(list(word.encode())).standard_normal(WIDTH)) / np.linalg.norm(v)
        total = sum(WORDS[word] for word in words)
        return total / np.linalg.norm(total)

    def put(self, text): self.texts.append(text); self.rows.append(self.vector([*(words := text.split())[:2], "value " + words[2]]))
    def tell(self, x, relation, y):
        self.put(f"{x} {relation} {y}")
        for i in (1, 2, 3) if relation == "post" else (): self.put(f"{x} level{i} {y.split('-')[0]}")
    def take_back(self, *fact): pass
    def delete(self, *fact): pass

    def answer(self, x, relation):
        cosines = np.array(self.rows) @ self.vector([x, relation])
        if cosines.max() < .7: return UNKNOWN
        return self.texts[np.flatnonzero(cosines >= cosines.max() - .15)[-1]].split()[-1]
    def mentions(self, text): return text in self.texts


def episode(draw, stores):
    "Tell an episode to all stores; the questions, each with its kind and its right answer."
    names = [f"e{i}" for i in range(ENTITIES)]
    seat, gone, posts, former = {}, set(), {}, {}
    def do(what, *fact):
        for store in stores.values(): getattr(store, what)(*fact)
    def revise(x):
        y = draw.choice([y for y in names if y not in (x, seat.get(x))])
        if x in seat: do("take_back", x, "seat", seat[x]); former[x] = True
        seat[x] = y; gone.discard(x)
        do("tell", x, "seat", y)
    for x in names: revise(x)
    for x in names[:4]:
        posts[x] = {draw.choice(("cook", "pilot", "judge"))}
        do("tell", x, "post", *posts[x])
    for _ in range(ROUNDS):
        for x in draw.sample(names, 3): revise(x)
        x = draw.choice(sorted(seat))
        if len(seat) > ENTITIES - 3: do("take_back", x, "seat", seat.pop(x)); gone.add(x)
        x, way = draw.choice(names[:4]), draw.choice(("revise", "take back", "second"))
        if posts[x] and way == "second" and len(posts[x]) == 1:  # another fact holds the same up
            post, = posts[x]
            other = post.split("-")[0] + "-" + draw.choice("abc")
            if other != post: posts[x].add(other); do("tell", x, "post", other); do("take_back", x, "post", post); posts[x].remove(post)
        else:
            for post in sorted(posts[x]): do("take_back", x, "post", post)
            posts[x] = {draw.choice(("cook", "pilot", "judge"))} if way == "revise" else set()
            for post in posts[x]: do("tell", x, "post", post)
    if not gone: x = draw.choice(sorted(seat)); do("take_back", x, "seat", seat.pop(x)); gone.add(x)
    changed = [x for x in sorted(seat) if x in former]
    one, two = draw.choice(changed), draw.choice([x for x in sorted(seat) if seat[x] in seat])
    whose = draw.choice(names[:4])
    lost = draw.choice([x for x in sorted(seat) if x not in (one, two, seat[two])])
    return [("direct", one, seat[one]), ("two-step", two, seat[seat[two]]), ("cascade", whose, next((post.split("-")[0] for post in posts[whose]), UNKNOWN)),
            ("absence", draw.choice(sorted(gone)), UNKNOWN), ("deletion", (lost, "seat", seat[lost]), UNKNOWN)]


def is_right(store, kind, asked, right):
    if kind == "deletion":
        store.delete(*asked)
        return store.answer(*asked[:2]) == right and not store.mentions(" ".join(asked))
    if kind == "two-step": return store.answer(store.answer(asked, "seat"), "seat") == right
    return store.answer(asked, "level3" if kind == "cascade" else "seat") == right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--episodes", type=int, default=1000)
    args = parser.parse_args()
    for seed in args.seed:
        draw, counts = random.Random(seed), {}
        for number in range(args.episodes):
            stores = {"graph": Graph(np.random.default_rng(number)), "vectors": Vectors(np.random.default_rng(number)), "append-only": AppendOnly(np.random.default_rng(number))}
            for kind, asked, right in episode(draw, stores):
                for name, store in stores.items(): counts[name, kind] = counts.get((name, kind), 0) + is_right(store, kind, asked, right)
        for (name, kind), right in counts.items():
            print(json.dumps({"store": name, "kind": kind, "right": right, "asked": args.episodes, "seed": seed, "synthetic": True, "date": datetime.date.today().isoformat(),
                              "command": "python data/revising/" + " ".join(["measure.py", *sys.argv[1:]]), "dualntm": importlib.metadata.version("dualntm")}), flush=True)


if __name__ == "__main__": main()
