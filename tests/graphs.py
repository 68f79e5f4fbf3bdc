"Graphs that the tests write on a server and in this process, and how they are compared."
import json

import numpy as np
import pytest

from dualntm.errors import GraphError
from dualntm.graph import InMemoryGraphMemory
from dualntm.train import make_trainer

WRONG = "not-the-password"


def write_some(memory, steps):
    "Write at random, but the same in a step whenever and by whomever it is done."
    for step in steps:
        rng = np.random.default_rng(step)
        facts = rng.integers(200, size=9)
        vectors = [np.random.default_rng(fact).normal(size=4) for fact in facts]
        numbers = memory.add_propositions([f"fact {fact}" for fact in facts], vectors, step=step)
        memory.add_entailments([(a, b, float(s)) for a, b, s in zip(numbers, numbers[1:], rng.uniform(.1, 1, 8))], "chance", step=step)
        memory.log_writes(numbers[:2], step=step)


def exported(memory, path):
    memory.export_entailment_graph_json(path, embeddings=True)
    return path.read_bytes()


def assert_same(found, expected, folder):
    "Two memories have the same graph, and logs that differ only in time, run and order."
    assert exported(found, folder/"found.json") == exported(expected, folder/"expected.json")
    assert sorted(line[:2] + line[4:] for line in found.log()) == sorted(line[:2] + line[4:] for line in expected.log())


def here(steps, dim=4):
    memory = InMemoryGraphMemory(dim, 2.)
    write_some(memory, steps)
    return memory


def raised(call):
    "The one sentence of the GraphError that a call must raise."
    with pytest.raises(GraphError) as caught: call()
    text = str(caught.value)
    assert text and "\n" not in text and WRONG not in text
    return text

def slightly_trained_reader(folder, animals, size):
    "The folder of a reader that has seen three hypotheses about each of some animals once."
    rows = [{"premise": [{"text": f"The {a} sleeps.", "language": "en"}], "hypothesis": {"text": f"The {a} is {how}.", "language": "en"}, "label": label}
            for a in animals.split() for how, label in zip(("asleep", "hungry", "awake"), ("entailment", "neutral", "contradiction"))]
    (folder/"rows").mkdir()
    (folder/"rows"/"rows.json").write_text(json.dumps(rows))
    make_trainer("cdcl-nli", "dual", seed=1, folder=folder/"reader", data=str(folder/"rows"), num_epochs=1, controller_size=size).fit(progress=False)
    return folder/"reader"
