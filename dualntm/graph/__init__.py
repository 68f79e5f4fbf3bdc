"The graph memory: propositions and entailments, in this process or elsewhere"
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "interface": ["AbstractGraphMemory", "Counts", "Entailment", "GraphMemory", "LogEntry", "Proposition",
                  "ReadableGraph", "Subgraph", "WritableGraph", "at_length_one", "by_rank", "check_edges", "check_embeddings", "check_encoder",
                  "check_score", "check_texts", "check_walk", "check_writer", "complete", "missing_methods", "normal_text", "normal_texts", "plain_array", "text_number", "whole"],
    "evidence": ["Affirmed", "DENIAL"],
    "in_process": ["InMemoryGraphMemory", "cosines_to"],
    "exchange": ["changing_graph", "JUDGED", "judged", "load_graph"],
    "formats": ["Arriving", "as_format", "graph_from", "GraphFormat", "JSONGraph", "Leaving"],
    "xml_formats": ["GEXF", "GraphML"],
    "turtle": ["Turtle"],
    "neo4j_tables": ["Neo4jTables"],
    "justifications": ["check_justifications", "held_set", "Justification", "justification_number", "still_held"],
    "changes": ["Change", "CHANGES", "check_reason", "made_change", "NOT_HELD", "NOT_TAKEN", "OPPOSITE", "time_of", "words_of"],
    "explanations": ["Conflict", "Event", "Explanation"],
    "forgetting": ["Near", "without_mention"],
    "policies": ["Closing", "denies", "POLICIES", "Report", "same_subject"],
    "suite": ["check_graph_memory"],
    "change_suite": ["check_changing", "Reference"]})

from . import exchange as _exchange, formats as _formats, lists as _lists  # they give graphs their methods for files, and those in this process their lists
from . import justifications as _justifications, changes as _changes, explanations as _explanations, forgetting as _forgetting, policies as _policies  # and to all of them those by which a graph changes its mind
