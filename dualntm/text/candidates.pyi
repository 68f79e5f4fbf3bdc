# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from functools import cache
from typing import Any, ClassVar
from typing import Iterable
from typing import Sequence
import numpy as np

def _singular(word: str) -> str: ...

@cache
def _left_out() -> frozenset[str]: ...

_MARKS: Any

_WORD: Any

_UNSPACED: Any

def words_of(text: str) -> list[str]: ...

class Words:
    count: Any
    index: Any
    def __init__(self, texts: Sequence[str]) -> None: ...
    def scores(self, query: str) -> np.ndarray: ...

def rank_fusion(ranks: Sequence[Sequence[int]], k: int=60, weights: Sequence[float] | None=None) -> tuple[np.ndarray, np.ndarray]: ...

class Candidates:
    memory: Any
    evidence: str
    weight: Any
    deep: Any
    size: Any
    last: Any
    numbers: Any
    waiting: Any
    probes: Any
    words: Any
    place: Any
    units: Any
    def __init__(self, memory, evidence: str='told', weight: float=2.0, deep: int=256): ...
    def renew(self) -> bool: ...
    def _as_before(self) -> bool: ...
    def _compared(self, hypotheses: Sequence[str], vectors, without): ...
    def find(self, hypotheses: Sequence[str], vectors, count: int=32, without: Iterable[Iterable[str]] | None=None) -> list[list[tuple[int, float]]]: ...
    def near(self, hypotheses: Sequence[str], vectors, without: Iterable[Iterable[str]] | None=None) -> np.ndarray: ...

def _best(scores: np.ndarray, count: int, above: float=..., exact=None) -> np.ndarray: ...
