# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from .console import amount as amount
from .console import bar as bar
from .console import print_json as print_json
from .console import quoted as quoted
from .words import CommandParser as CommandParser
from .words import Given as Given
from .words import typed as typed
from .connection_flags import add_connection_flags as add_connection_flags
from .connection_flags import connection_from as connection_from
from .train import open_trainer as open_trainer
from .neo4j_check import add_neo4j as add_neo4j
from .memory_tools import call_tool as call_tool
from .memory_tools import memory_tool as memory_tool
from .memory_tools import read_resource as read_resource
from .memory_tools import SharedMemory as SharedMemory
from .memory_tools import TOOLS as TOOLS
from .serve import memory_server as memory_server
from .entry import command_parser as command_parser
from .entry import main as main

__all__ = ['CommandParser', 'Given', 'SharedMemory', 'TOOLS', 'add_connection_flags', 'add_neo4j', 'amount', 'bar', 'call_tool', 'command_parser', 'connection_from', 'main', 'memory_server', 'memory_tool', 'open_trainer', 'print_json', 'quoted', 'read_resource', 'typed']
