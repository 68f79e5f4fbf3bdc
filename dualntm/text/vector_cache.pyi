# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from typing import Sequence
import numpy as np

def cache_folder(cache: str | Path | bool | None) -> Path | None: ...

class VectorCache:
    path: Any
    wait: float
    usable: bool
    writable: bool
    def __init__(self, folder: str | Path, wait: float=30.0) -> None: ...
    @contextmanager
    def opened(self, writing: bool): ...
    def attempt(self, work, writing: bool=False): ...
    def read(self, keys: Sequence[bytes], width: int) -> dict[bytes, np.ndarray]: ...
    def write(self, vectors: dict[bytes, np.ndarray]) -> None: ...
