"A network with two memories: a working graph that gradients flow through, and a graph memory that lasts"
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "working_graph": ["Notes", "ReadableGraph", "WorkingGraph", "cosines", "empty_graph", "file_notes", "find_or_create", "follow", "look",
                      "readable", "see", "with_nodes", "write_proposition"],
    "network": ["DualMemoryController", "DualState"],
    "store": ["DualMemoryNTM", "Tally", "WriteConditions"],
    "along": ["Along", "run_along"],
    "revising": ["RevisingNTM", "Revisions", "file_revisions"],
    "graph_revise": ["GraphReviseTask", "ask_held", "change_store"],
    "graph_recall": ["GraphRecallTask", "ask_inputs", "ask_store", "draw_items", "draw_world", "tell_inputs", "tell_store"]})
