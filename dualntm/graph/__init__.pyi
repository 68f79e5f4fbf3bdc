# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from .interface import AbstractGraphMemory as AbstractGraphMemory
from .interface import Counts as Counts
from .interface import Entailment as Entailment
from .interface import GraphMemory as GraphMemory
from .interface import LogEntry as LogEntry
from .interface import Near as Near
from .interface import Proposition as Proposition
from .interface import ReadableGraph as ReadableGraph
from .interface import Subgraph as Subgraph
from .interface import WritableGraph as WritableGraph
from .interface import at_length_one as at_length_one
from .interface import by_rank as by_rank
from .interface import check_edges as check_edges
from .interface import check_embeddings as check_embeddings
from .interface import check_encoder as check_encoder
from .interface import check_score as check_score
from .interface import check_texts as check_texts
from .interface import check_walk as check_walk
from .interface import check_writer as check_writer
from .interface import complete as complete
from .interface import missing_methods as missing_methods
from .interface import normal_text as normal_text
from .interface import normal_texts as normal_texts
from .interface import plain_array as plain_array
from .interface import text_number as text_number
from .interface import whole as whole
from .evidence import Affirmed as Affirmed
from .evidence import DENIAL as DENIAL
from .in_process import InMemoryGraphMemory as InMemoryGraphMemory
from .in_process import cosines_to as cosines_to
from .exchange import changing_graph as changing_graph
from .exchange import JUDGED as JUDGED
from .exchange import judged as judged
from .exchange import load_graph as load_graph
from .suite import check_graph_memory as check_graph_memory

__all__ = ['AbstractGraphMemory', 'Affirmed', 'Counts', 'DENIAL', 'Entailment', 'GraphMemory', 'InMemoryGraphMemory', 'JUDGED', 'LogEntry', 'Near', 'Proposition', 'ReadableGraph', 'Subgraph', 'WritableGraph', 'at_length_one', 'by_rank', 'changing_graph', 'check_edges', 'check_embeddings', 'check_encoder', 'check_graph_memory', 'check_score', 'check_texts', 'check_walk', 'check_writer', 'complete', 'cosines_to', 'judged', 'load_graph', 'missing_methods', 'normal_text', 'normal_texts', 'plain_array', 'text_number', 'whole']
