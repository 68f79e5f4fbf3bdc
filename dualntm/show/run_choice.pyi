# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.extras import ipywidgets
from dualntm.show.panel import Panel
from dualntm.show.run_words import AskedRun
from pathlib import Path
from typing import Any, ClassVar

def make_controls(task: str, model_type: str, seed: int) -> dict[str, ipywidgets.Widget]: ...

class RunChoice(Panel):
    checkpoint_path: Any
    choosing: bool
    inputs: Any
    task: Any
    model: Any
    seed: Any
    backend: Any
    graph: Any
    further: Any
    fields: Any
    problems: Any
    cells: Any
    controls: Any
    overwrite: Any
    command: Any
    def __init__(self, checkpoint_path: str | Path='checkpoints', task: str='copy', model_type: str='ntm', seed: int=1000) -> None: ...
    def folder(self) -> Path: ...
    def kept_config(self) -> dict | None: ...
    def disable(self, everything: bool) -> None: ...
    def asked(self, resume: bool=False) -> AskedRun: ...
    def words(self, resume: bool=False) -> list[str]: ...
    def mistakes(self, resume: bool) -> dict[str, str]: ...
    def tell_command(self) -> dict[str, str] | None: ...
    def choose(self, fresh: bool) -> None: ...
