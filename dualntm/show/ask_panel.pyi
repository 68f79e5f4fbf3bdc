# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.graph import GraphMemory
from dualntm.show.panel import Panel
from dualntm.text import Judgement
from dualntm.text import Row
from pathlib import Path
from typing import Any, ClassVar
from typing import Callable

def answer_card(row: Row, judgement: Judgement) -> str: ...

def evidence_list(row: Row, judgement: Judgement, most: int=8) -> str: ...

class AskPanel(Panel):
    memory: GraphMemory | None
    changed: Callable[[], None]
    writing: Callable
    own: Any
    task: Any
    net: Any
    asked: Any
    last: Any
    reader: Any
    text: Any
    files: Any
    statement: Any
    tell: Any
    ask: Any
    keep: Any
    bar: Any
    place: Any
    save: Any
    notice: Any
    answer: Any
    evidence: Any
    past: Any
    piece: Any
    kept: Any
    def __init__(self, reader: str | Path='pretrained:everyday', memory: GraphMemory | None=None, changed: Callable[[], None]=..., writing: Callable=...): ...
    def trying(self, work: Callable[[], None]) -> None: ...
    def let_go(self) -> None: ...
    def open_reader(self) -> None: ...
    def sentences(self) -> list[str]: ...
    def tell_text(self, at_once: int=100) -> None: ...
    def asking(self) -> tuple: ...
    def judge(self) -> None: ...
    def note_change(self) -> None: ...
    def show_past(self) -> None: ...
    def save_graph(self) -> None: ...
