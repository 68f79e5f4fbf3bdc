# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.text.encoder import Encoder
from dualntm.text.encoder import Unseen
from dualntm.text.text_encoder import TextEncoder
from pathlib import Path
from torch import nn
from typing import Any, ClassVar
from typing import Iterator
from typing import NamedTuple
from typing import Sequence
import numpy as np

def package_folder(package: str, name: str) -> Path: ...

def edition(package: str) -> str: ...

class UseEncoder(Encoder):
    name: str
    width: int
    batch_size: int
    languages: Any
    folder: Any
    version: Any
    use: Any
    def __init__(self, cache: str | Path | bool | None=None, progress: bool=True) -> None: ...
    def vectors_of(self, texts: list[str]) -> np.ndarray: ...
    def about(self) -> dict: ...
    def unseen(self, texts: Sequence[str]) -> Unseen: ...
    def batches(self, texts: list[str]) -> Iterator[tuple[list[int], np.ndarray]]: ...

def _whole(text): ...

class _Reader:
    raw: Any
    at: int
    def __init__(self, raw) -> None: ...
    def take(self, form: str) -> tuple: ...
    def array(self, kind, count): ...

def unpack_blocks(raw: bytes, width: int) -> np.ndarray: ...

class E5File(NamedTuple):
    sizes: dict
    pieces: list
    characters: dict
    tensors: dict

def read_e5(path: Path) -> E5File: ...

_PARTS: Any

def bert_name(name: str) -> str: ...

def e5_model(file: E5File) -> nn.Module: ...

SPACES: str

DROPPED: Any

TILDE: str

def e5_tokenizer(pieces: list, most: int=512): ...

class E5Encoder(TextEncoder):
    prefix: str
    languages: Any
    def __init__(self, cache: str | Path | bool | None=None, batch_size: int=32, device: str='auto', max_tokens: int=256, progress: bool=True) -> None: ...
    def load(self) -> tuple: ...
    def described(self) -> Iterator[bytes]: ...
    def revision(self) -> str: ...
