# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.graph import AbstractGraphMemory
from dualntm.show.front import Front
from typing import Any, ClassVar
from typing import Iterable
import networkx as nx

def surroundings(memory: AbstractGraphMemory, idx: int, links: int=2, rows: int=5) -> dict[int, int]: ...

BOX: Any

ACROSS: Any

DOWN: Any

def set_out(columns: dict[int, int]) -> dict[int, tuple[float, float]]: ...

def beside(known: dict[int, tuple[float, float]], idx: int, ends: Iterable[int], way: int) -> dict[int, tuple[float, float]]: ...

def layers(graph: nx.DiGraph) -> dict[int, int]: ...

def spread(numbers: list[int], edges: list[tuple[int, int]]) -> dict[int, tuple[float, float]]: ...

def way_between(memory: AbstractGraphMemory, start: int, end: int, links: int=100) -> list[int]: ...

def node_of(proposition, place: tuple[float, float], fresh: bool, judged: bool) -> dict: ...

def edges_of(reasons: list, held: dict[int, bool], drawn: Iterable[int]) -> list[dict]: ...

STYLE_JS: Any

UPDATE_JS: str

KEYS_JS: str

FRAME_JS: str

DRAWN_CSS: Any

RENDER_JS: Any

BUNDLED: Any

def _library() -> str: ...

GRAPH_JS: Any

class GraphView(Front):
    _esm: Any
    _css: Any
    part: Any
    filters: Any
    chosen: Any
    marked: Any
    way: Any
    memory: AbstractGraphMemory
    most: int
    where: Any
    fresh: Any
    summary: Any
    def __init__(self, memory: AbstractGraphMemory, most: int=1000) -> None: ...
    def answer(self, message: dict) -> None: ...
    def draw(self, about: str) -> None: ...
    def show_around(self, idx: int, links: int=2) -> None: ...
    def show_newest(self, most: int=60) -> None: ...
    def show_all(self, numbers: list[int] | None=None, about: str='') -> None: ...
    def expand(self, idx: int, most: int=8) -> int: ...
    def show_way(self, start: int, end: int) -> list[int]: ...
