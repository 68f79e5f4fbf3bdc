# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.extras import ipywidgets
from dualntm.graph import AbstractGraphMemory
from dualntm.graph import Entailment
from dualntm.graph import Proposition
from dualntm.show.panel import Panel
from typing import Any, ClassVar
from typing import Callable
from typing import NamedTuple
import numpy as np

def with_words(memory: AbstractGraphMemory, query: str) -> list[int]: ...

def as_vector(memory: AbstractGraphMemory, query: str, encoder=None) -> np.ndarray: ...

def surroundings(memory: AbstractGraphMemory, idx: int, links: int=2, rows: int=5) -> dict[int, int]: ...

class Place(NamedTuple):
    x: float
    y: float
    column: int

BOX: Any

def places(columns: dict[int, int]) -> tuple[dict[int, Place], int, int]: ...

DASHED: str

def svg_arrow(source: Place, target: Place, score: float, held: bool=True) -> str: ...

def svg_box(proposition: Proposition, place: Place) -> str: ...

def draw_neighbourhood(memory: AbstractGraphMemory, idx: int, links: int=2, rows: int=5) -> str: ...

def provenance(item: Proposition | Entailment) -> str: ...

ROW_STYLE: str

def check_graph(memory, encoder=None) -> None: ...

class GraphBrowser(Panel):
    memory: AbstractGraphMemory
    encoder: Any
    most: int
    trail: Any
    edges: Any
    query: Any
    by: Any
    go: Any
    back: Any
    counts: Any
    message: Any
    about: Any
    picture: Any
    changes: Any
    why: Any
    entailing: Any
    entailed: Any
    results: Any
    chosen: Any
    def __init__(self, memory: AbstractGraphMemory, encoder=None, most: int=20, may_change: bool=True, writing: Callable=...) -> None: ...
    def say(self, text: str) -> None: ...
    def row(self, idx: int, text: str, note: str) -> ipywidgets.HBox: ...
    def search(self) -> None: ...
    def list_changes(self) -> None: ...
    def choose(self, idx: int) -> None: ...
    def go_back(self) -> None: ...
    def neighbour_rows(self, idx: int, direction: str) -> list[ipywidgets.Widget]: ...
    def show(self) -> None: ...
    def look_around(self) -> None: ...
    def after_change(self) -> None: ...

LAST_CHANGES: int
