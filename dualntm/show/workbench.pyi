# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.extras import ipywidgets
from dualntm.show.panel import Panel
from pathlib import Path
from typing import Any, ClassVar
from typing import Callable

TABS: Any

def tab_page(title: str, *parts: ipywidgets.Widget) -> ipywidgets.VBox: ...

TOUR: Any

EXAMPLE: str

class Tour(Panel):
    turn: Callable[[str], None]
    step: Any
    words: Any
    begin: Any
    back: Any
    on: Any
    end: Any
    def __init__(self, turn: Callable[[str], None]) -> None: ...
    def go(self, step: int) -> None: ...

PAGE_STYLE: Any

class Workbench(Panel):
    train: Any
    viewer: Any
    ask: Any
    store: Any
    tour: Any
    told: Any
    inside: Any
    reading: Any
    next: Any
    tabs: Any
    def __init__(self, checkpoint_path: str | Path='checkpoints', checkpoint: str | Path | None=None, store: str | Path | None=None) -> None: ...
    def rests(self) -> bool: ...
    def turn_to(self, title: str) -> None: ...
    def tour_to(self, title: str) -> None: ...
    def show_something(self) -> None: ...
    def show_told(self) -> None: ...
    def close(self) -> None: ...
    def after_training(self) -> None: ...
    def look_inside(self) -> None: ...
    def ask_reader(self) -> None: ...
