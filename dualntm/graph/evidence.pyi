# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.graph.interface import ReadableGraph
from typing import Any, ClassVar
from typing import Iterable
import numpy as np

DENIAL: str

class Affirmed:
    recall: Any
    subgraph: Any
    graph: ReadableGraph
    dim: Any
    propositions: Any
    without: Any
    evidence: str
    def __init__(self, graph: ReadableGraph, without: Iterable[str]=..., evidence: str='told'): ...
    def allowed(self, ranks: list[tuple[int, float]]) -> list[tuple[int, float]]: ...
    def enough(self, query: np.ndarray, ranks: list[tuple[int, float]], k: int) -> list[tuple[int, float]]: ...
    def search(self, queries, k: int) -> list[list[tuple[int, float]]]: ...
    def neighbours_of(self, numbers: Iterable[int], direction: str='out', most: int | None=None) -> dict[int, list[tuple[int, float]]]: ...
