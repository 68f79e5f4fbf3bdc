"A graph memory in Neo4j, behind a mirror and a journal; and a server to keep it"
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "connection": ["ANSWERS", "causes", "check_connection", "check_place", "check_uri", "Connection", "DEFAULTS", "expanded", "find_env_file", "open_driver",
                   "read_connection", "read_connection_of", "read_env_file", "ServerInfo", "SETTINGS", "user_env_file", "within", "write_env_file"],
    "local_server": ["fetch_server", "find_java", "find_maven", "free_port", "library", "LocalServer", "only_whole", "start_local", "VERSION"],
    "journal": ["Journal"],
    "settling": ["do_change", "settle"],
    "sender": ["KEYS", "remove", "Sender"],
    "server_graph": ["ServerGraph"],
    "whole_graphs": ["clean", "connected", "GraphInfo", "list_graphs", "opened_graph", "read_graph", "replay"],
    "memory": ["Neo4jGraphMemory"],
    "queries": ["MOST", "QUERIES", "run_query"],
})
