# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from . import cli as cli
from . import dual as dual
from . import graph as graph
from . import neo4j as neo4j
from . import ntm as ntm
from . import show as show
from . import text as text
from . import train as train
from .ntm import NTM as NTM
from .ntm import Network as Network
from .dual import DualMemoryNTM as DualMemoryNTM
from .dual import DualMemoryController as DualMemoryController
from .dual import GraphRecallTask as GraphRecallTask
from .text import ReaderNTM as ReaderNTM
from .text import CDCLNLITask as CDCLNLITask
from .text import TextEncoder as TextEncoder
from .text import Encoder as Encoder
from .text import read_rows as read_rows
from .train import Task as Task
from .train import BitTask as BitTask
from .train import CopyTask as CopyTask
from .train import RepeatCopyTask as RepeatCopyTask
from .train import make_trainer as make_trainer
from .train import Trainer as Trainer
from .train import resume as resume
from .train import load as load
from .train import evaluate as evaluate
from .train import settings as settings
from .train import read_history as read_history
from .train import GravesRMSprop as GravesRMSprop
from .graph import GraphMemory as GraphMemory
from .graph import AbstractGraphMemory as AbstractGraphMemory
from .graph import InMemoryGraphMemory as InMemoryGraphMemory
from .graph import load_graph as load_graph
from .neo4j import Neo4jGraphMemory as Neo4jGraphMemory
from .neo4j import LocalServer as LocalServer
from .show import plot_convergence as plot_convergence
from .show import plot_cost_by_length as plot_cost_by_length
from .show import plot_sequences as plot_sequences
from .show import plot_weightings as plot_weightings
from .show import plot_memory as plot_memory
from .show import plot_working_graph as plot_working_graph
from .show import plot_entailments as plot_entailments
from .show import draw_architecture as draw_architecture
from .show import TrainPanel as TrainPanel
from .show import AttentionExplorer as AttentionExplorer
from .show import GraphBrowser as GraphBrowser
from .show import AskPanel as AskPanel
from .show import RunViewer as RunViewer
from .show import Workbench as Workbench
from .registry import register as register
from .errors import InputError as InputError

__version__: str

__all__ = ['AbstractGraphMemory', 'AskPanel', 'AttentionExplorer', 'BitTask', 'CDCLNLITask', 'CopyTask', 'DualMemoryController', 'DualMemoryNTM', 'Encoder', 'GraphBrowser', 'GraphMemory', 'GraphRecallTask', 'GravesRMSprop', 'InMemoryGraphMemory', 'InputError', 'LocalServer', 'NTM', 'Neo4jGraphMemory', 'Network', 'ReaderNTM', 'RepeatCopyTask', 'RunViewer', 'Task', 'TextEncoder', 'TrainPanel', 'Trainer', 'Workbench', 'cli', 'draw_architecture', 'dual', 'evaluate', 'graph', 'load', 'load_graph', 'make_trainer', 'neo4j', 'ntm', 'plot_convergence', 'plot_cost_by_length', 'plot_entailments', 'plot_memory', 'plot_sequences', 'plot_weightings', 'plot_working_graph', 'read_history', 'read_rows', 'register', 'resume', 'settings', 'show', 'text', 'train']
