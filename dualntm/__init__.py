"""A Neural Turing Machine with two memories: a matrix for now, a graph that lasts.

Networks    NTM              a controller and a matrix, from the paper
            DualMemoryNTM    the same with a graph memory as well
            DualMemoryController  what that one adds to an NTM, without the graph memory
            ReaderNTM        one that compares sentences
            Network          what a network of your own derives from
Tasks       CopyTask, RepeatCopyTask, GraphRecallTask, CDCLNLITask
            Task, BitTask    what a task of your own derives from
Training    make_trainer     a run by name: task, model, settings
            Trainer          a run of a task and a network
            resume           go on with a run
            load             task and trained network from a checkpoint
            evaluate         how good a network is, at any length
            settings         all that can be set for a run
            read_history     what a run has reported
            GravesRMSprop    the optimiser of the paper
Graphs      GraphMemory      what a graph memory of your own derives from (AbstractGraphMemory is its old name)
            InMemoryGraphMemory, Neo4jGraphMemory
            load_graph       a graph from its file
            LocalServer      a Neo4j server without Docker
Texts       TextEncoder      sentences to vectors; Encoder is what one of your own derives from
            read_rows        rows of hypotheses and documents from a file
Pictures    plot_convergence, plot_cost_by_length, plot_sequences, plot_weightings, plot_memory, plot_working_graph,
            plot_entailments, draw_architecture
Panels      TrainPanel, AttentionExplorer, GraphBrowser, AskPanel, RunViewer, Workbench
Names       register         make a task, a model, a graph memory or an encoder known by a name
            InputError       what is raised for anything that was given and can't be used

Everything else is in the parts: dualntm.ntm, train, graph, dual, text, neo4j, show and cli. A name is loaded when it is first used.
"""
import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules={"ntm", "train", "graph", "dual", "text", "neo4j", "show", "cli"}, submod_attrs={
    "ntm": ["NTM", "Network"],
    "dual": ["DualMemoryNTM", "DualMemoryController", "GraphRecallTask"],
    "text": ["ReaderNTM", "CDCLNLITask", "TextEncoder", "Encoder", "read_rows"],
    "train": ["Task", "BitTask", "CopyTask", "RepeatCopyTask", "make_trainer", "Trainer", "resume", "load", "evaluate", "settings", "read_history",
              "GravesRMSprop"],
    "graph": ["GraphMemory", "AbstractGraphMemory", "InMemoryGraphMemory", "load_graph"],
    "neo4j": ["Neo4jGraphMemory", "LocalServer"],
    "show": ["plot_convergence", "plot_cost_by_length", "plot_sequences", "plot_weightings", "plot_memory", "plot_working_graph", "plot_entailments",
             "draw_architecture", "TrainPanel", "AttentionExplorer", "GraphBrowser", "AskPanel", "RunViewer", "Workbench"],
    "registry": ["register"],
    "errors": ["InputError"],
})

from importlib.util import find_spec as _find_spec
if not _find_spec("ipywidgets"):  # the panels' classes derive from its widgets; `from dualntm import *` leaves them out without it
    __all__ = [name for name in __all__ if name not in ("TrainPanel", "AttentionExplorer", "GraphBrowser", "AskPanel", "RunViewer", "Workbench")]
