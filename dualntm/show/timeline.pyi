# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.show.front import Front
from typing import Any, ClassVar
from typing import NamedTuple
from typing import Sequence
import numpy as np

class Lane(NamedTuple):
    name: str
    values: np.ndarray
    first: int = ...
    channel: str = ...
    names: Sequence = ...
    limits: tuple[float, float] = ...
    wrong: np.ndarray | None = ...

def packed(lanes: Sequence[Lane]) -> tuple[list[dict], bytes]: ...

COLOURS: str

RASTER: str

TICKS: str

PLACES: str

LANES: str

PAINT: str

CURSOR: str

MEMORY: str

TIP: str

PARTS: str

MOVES: str

RENDER: str

MODULE: str

CODE: Any

STYLE: str

class Timeline(Front):
    _esm: Any
    _css: Any
    step: Any
    steps: Any
    words: Any
    lanes: Any
    numbers: Any
    cells: Any
    held: Any
    held_step: Any
    most: Any
    memory: Any
    summary: Any
    def __init__(self, **traits) -> None: ...
    def _within(self, proposal): ...
    def _hold(self, change=None) -> None: ...
    def show(self, lanes: Sequence[Lane], words: Sequence[str]=..., memory: np.ndarray | None=None, cells: Sequence[int]=..., summary: str='', step: int=0) -> None: ...
