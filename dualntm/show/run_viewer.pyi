# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from contextlib import contextmanager
from dualntm.graph import ReadableGraph
from dualntm.show.panel import Panel
from pathlib import Path
from typing import Any, ClassVar

def graph_of(run: str | Path) -> ReadableGraph | None: ...

def runs_in(folder: str | Path) -> list[str]: ...

class RunViewer(Panel):
    checkpoint_path: Any
    run: Any
    go: Any
    message: Any
    explorer: Any
    browser: Any
    bar: Any
    def __init__(self, checkpoint_path: str | Path='checkpoints', checkpoint: str | Path | None=None) -> None: ...
    def list_runs(self) -> None: ...
    def show(self) -> None: ...
    def say(self, text: str) -> None: ...

class KeptGraph:
    store: Any
    memory: Any
    seen: Any
    def __init__(self, store: str | Path) -> None: ...
    def stamp(self) -> tuple[int, int]: ...
    @contextmanager
    def writing(self): ...
