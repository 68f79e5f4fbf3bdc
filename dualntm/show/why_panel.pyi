# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.extras import ipywidgets
from dualntm.graph import Change
from dualntm.graph import Justification
from dualntm.graph import ReadableGraph
from dualntm.show.panel import Panel
from typing import Any, ClassVar
from typing import Callable

def possible_change(memory: ReadableGraph, idx: int) -> str: ...

def effect_words(memory: ReadableGraph, change: Change, done: bool=True, most: int=5) -> str: ...

class WhyPanel(Panel):
    memory: ReadableGraph
    go_to: Callable[[int], None] | None
    changed: Callable[[], None]
    may_change: bool
    most: int
    writing: Callable
    idx: Any
    kind: str
    state: Any
    message: Any
    past: Any
    reasons: Any
    change: Any
    do: Any
    leave: Any
    sure: Any
    def __init__(self, memory: ReadableGraph, go_to: Callable[[int], None] | None=None, changed: Callable[[], None]=..., may_change: bool=True, most: int=8, writing: Callable=...) -> None: ...
    def ask_nothing(self, said: str='') -> None: ...
    def reason_row(self, j: Justification, texts: dict) -> ipywidgets.HBox: ...
    def show(self, idx: int, said: str='') -> None: ...
    def follow(self, idx: int) -> None: ...
    def preview(self) -> None: ...
    def carry_out(self) -> None: ...
