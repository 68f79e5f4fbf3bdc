"What the other parts do not offer yet.  # bridge until the merge"
from pathlib import Path
from dualntm.cdcl_nli import CDCLNLITask
from dualntm.dual_controller import DualMemoryNTM
from dualntm.errors import InputError
from dualntm.graph_memory import InMemoryGraphMemory
from dualntm.neo4j_memory import Neo4jGraphMemory
from dualntm.ntm import NTM
from dualntm.registry import register
from dualntm.tasks import BitTask

# Network
def _set(self, memory): self.long_term = memory
if not hasattr(NTM, "graph_memory"):
    NTM.graph_memory = property(lambda self: getattr(self, "long_term", None))
    NTM.close = lambda self: None
    DualMemoryNTM.graph_memory = property(lambda self: self.long_term, _set)
    DualMemoryNTM.close = lambda self: self.long_term.close()

# Task
def _attach(self, net, memory):
    if memory.dim != self.propositions: raise InputError(f"this graph has embeddings of {memory.dim} numbers, and the task {self.propositions}")
    net.long_term = memory
if not hasattr(BitTask, "judges"):
    BitTask.judges = BitTask.of_rows = False
    BitTask.attach = _attach
    CDCLNLITask.judges = CDCLNLITask.of_rows = True
    CDCLNLITask.sizes = CDCLNLITask.probes = ()

# GraphMemory
def _in_process(cls, net, name, folder, graph=None, resume_at=None, overwrite=False, connection=None):
    memory = cls(net.propositions, net.settings["merge_threshold"])
    memory.about = {"backend": "in-memory"}
    return memory
def _in_neo4j(cls, net, name, folder, graph=None, resume_at=None, overwrite=False, connection=None):
    graph = graph or folder.name
    memory = cls(net.propositions, connection() if callable(connection) else connection, graph, net.settings["merge_threshold"],
                 journal=folder and Path(folder)/"journal.sqlite", run=name, resume_at=resume_at)
    if overwrite: memory.clear()
    memory.about = {"backend": "neo4j", "graph": graph}
    return memory
if not hasattr(InMemoryGraphMemory, "for_run"):
    InMemoryGraphMemory.for_run, Neo4jGraphMemory.for_run = classmethod(_in_process), classmethod(_in_neo4j)
    register("backend", "in-memory", InMemoryGraphMemory, "in this process, kept in the run's folder")
    register("backend", "neo4j", Neo4jGraphMemory, "on a Neo4j server")

# Trainer
import dualntm.training as _training
if not hasattr(_training, "run_folder"):
    _make, _resume = _training.make_trainer, _training.resume
    def _make_trainer(task="copy", model_type="ntm", seed=1000, folder=None, device="cpu", dtype="float32", overwrite=False, open_memory=None,
                      threads=1, command="", **values):
        trainer = _make(task, model_type, seed, folder, device, dtype, overwrite, open_memory, **values)
        trainer.command = command
        trainer.net.use_threads(threads)
        return trainer
    def _resumed(path, device="cpu", open_memory=None, threads=1, **changes):
        trainer = _resume(path, device, open_memory, **changes)
        trainer.net.use_threads(threads)
        return trainer
    _training.make_trainer, _training.resume = _make_trainer, _resumed
    _training.run_folder = lambda task, model_type, seed, folder: Path(folder or "checkpoints")/f"{task}-{model_type}-seed{seed}"
