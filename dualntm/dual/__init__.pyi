# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from .working_graph import Notes as Notes
from .working_graph import ReadableGraph as ReadableGraph
from .working_graph import WorkingGraph as WorkingGraph
from .working_graph import cosines as cosines
from .working_graph import empty_graph as empty_graph
from .working_graph import file_notes as file_notes
from .working_graph import find_or_create as find_or_create
from .working_graph import follow as follow
from .working_graph import look as look
from .working_graph import readable as readable
from .working_graph import see as see
from .working_graph import with_nodes as with_nodes
from .working_graph import write_proposition as write_proposition
from .network import DualMemoryController as DualMemoryController
from .network import DualState as DualState
from .store import DualMemoryNTM as DualMemoryNTM
from .store import Tally as Tally
from .store import WriteConditions as WriteConditions
from .along import Along as Along
from .along import run_along as run_along
from .revising import RevisingNTM as RevisingNTM
from .revising import Revisions as Revisions
from .revising import file_revisions as file_revisions
from .graph_revise import GraphReviseTask as GraphReviseTask
from .graph_revise import ask_held as ask_held
from .graph_revise import change_store as change_store
from .graph_recall import GraphRecallTask as GraphRecallTask
from .graph_recall import ask_inputs as ask_inputs
from .graph_recall import ask_store as ask_store
from .graph_recall import draw_items as draw_items
from .graph_recall import draw_world as draw_world
from .graph_recall import tell_inputs as tell_inputs
from .graph_recall import tell_store as tell_store

__all__ = ['Along', 'DualMemoryController', 'DualMemoryNTM', 'DualState', 'GraphRecallTask', 'GraphReviseTask', 'Notes', 'ReadableGraph', 'RevisingNTM', 'Revisions', 'Tally', 'WorkingGraph', 'WriteConditions', 'ask_held', 'ask_inputs', 'ask_store', 'change_store', 'cosines', 'draw_items', 'draw_world', 'empty_graph', 'file_notes', 'file_revisions', 'find_or_create', 'follow', 'look', 'readable', 'run_along', 'see', 'tell_inputs', 'tell_store', 'with_nodes', 'write_proposition']
