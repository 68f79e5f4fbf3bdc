"The commands of `dualntm`, one a module, and the words that they share."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "console": ["amount", "bar", "print_json", "quoted"],
    "words": ["CommandParser", "Given", "typed"],
    "connection_flags": ["add_connection_flags", "connection_from"],
    "train": ["open_trainer"],
    "neo4j_check": ["add_neo4j"],
    "memory_tools": ["call_tool", "memory_tool", "read_resource", "SharedMemory", "TOOLS"],
    "serve": ["memory_server"],
    "entry": ["command_parser", "main"],
})
