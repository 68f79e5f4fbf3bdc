"A program that uses the library as README, the manual and carry_on.ipynb do; pyright must find nothing wrong in it. It is read, not run."
from pathlib import Path
from typing import assert_type

import torch

import dualntm
import dualntm.text
from dualntm import (AttentionExplorer, BitTask, CDCLNLITask, CopyTask, DualMemoryNTM, Encoder, evaluate, GraphBrowser, GraphMemory, GraphRecallTask, GravesRMSprop,
                     InMemoryGraphMemory, InputError, load, load_graph, LocalServer, make_trainer, Neo4jGraphMemory, Network, NTM, plot_convergence, plot_cost_by_length,
                     plot_entailments, plot_memory, plot_sequences, read_history, read_rows, ReaderNTM, register, RepeatCopyTask, resume, RunViewer, settings, Task,
                     TextEncoder, Trainer, TrainPanel, Workbench)
from dualntm.graph import check_graph_memory
from dualntm.neo4j import Connection, read_connection
from dualntm.train import Batch, Score

task = CopyTask(sequence_width=8, sequence_max_len=20)
net = NTM(task.inputs, task.outputs, memory_n=64)
outputs, state = net(torch.zeros(5, 1, task.inputs))
trainer = Trainer(task, net, folder=Path("checkpoints/mine"), num_batches=2000)
history = trainer.fit(progress=False)
for score in trainer.run(): assert_type(score, Score)
print(history[-1], trainer.save(), evaluate(task, net, length=20), dualntm.__version__)
again = resume("checkpoints/mine", num_batches=4000)
assert_type(again, Trainer)
read, trained = load("pretrained:copy")
made = make_trainer("copy", "ntm", seed=1)
copy = Network.from_pretrained("pretrained:copy")
copy.save_pretrained("folder")
print(settings("copy", "ntm"), read_history("checkpoints/mine"), GravesRMSprop(net.parameters(), lr=1e-4))

memory = InMemoryGraphMemory(16)
numbers = memory.add_propositions(["a", "b"], torch.eye(16)[:2])
memory.add_entailments([(numbers[0], numbers[1], .9)])
for proposition in memory.propositions(): print(proposition.text, memory.count().entailments)
graph: GraphMemory = load_graph("graph.json")
graph.export_entailment_graph_json("graph.json")
server = LocalServer("home")
connection: Connection = server.start()
far = Neo4jGraphMemory(16, read_connection(), graph="notes")
far.flush()

words = TextEncoder()
vectors = words.encode(["A sentence."])
print(vectors.shape, [row.hypothesis for rows in (read_rows("rows.jsonl"),) for row in rows])
dual = DualMemoryNTM(task.inputs, task.outputs, graph_memory=memory)
print(dual.graph_memory, dualntm.text.card("everyday").good)

for figure in (plot_convergence({"a run": history}), plot_entailments(memory)): figure.savefig("figure.png")
TrainPanel("checkpoints", task="copy").start.click()
GraphBrowser(memory).search()
panels = Workbench(), RunViewer("checkpoints/mine"), AttentionExplorer("pretrained:copy")


class Parity(BitTask):
    "A task of one's own."
    name = "parity"

    def batch(self, size: int, generator: torch.Generator, length: int | None = None) -> Batch:
        bits = torch.randint(0, 2, (length or 5, size, 1), generator=generator).float()
        return Batch(bits, bits.sum(0, keepdim=True) % 2)


register("task", "parity", Parity)
try: make_trainer("parity", "ntm")
except InputError as e: print(e)
