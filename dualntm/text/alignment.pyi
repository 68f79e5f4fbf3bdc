# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.text.encoder import Encoder
from torch import Tensor
from torch import nn
from typing import Any, ClassVar
from typing import NamedTuple
from typing import Sequence
import numpy as np

class Aligned(NamedTuple):
    logits: Tensor
    forth: Tensor
    back: Tensor

class Alignment(nn.Module):
    project: Any
    seek: Any
    compare: Any
    say: Any
    def __init__(self, width: int, size: int, outputs: int, dropout: float) -> None: ...
    def pooled(self, own: Tensor, partner: Tensor, weights: Tensor) -> list[Tensor]: ...
    def forward(self, asked: Tensor, asked_mask: Tensor, told: Tensor, told_mask: Tensor) -> Aligned: ...

class TokenStates:
    encoder: Encoder
    most: int
    known: Any
    def __init__(self, encoder: Encoder, most: int=20000) -> None: ...
    def fetch(self, texts: Sequence[str], progress: bool=False) -> None: ...
    def of(self, texts: Sequence[str]) -> list[np.ndarray]: ...

class Tokens:
    texts: Any
    states: Any
    told: Tensor | None
    asked: Tensor | None
    others: Tensor | None
    like: Any
    def __init__(self, texts: Sequence[str]=..., states=None, told: Tensor | None=None, asked: Tensor | None=None, others: Tensor | None=None) -> None: ...
    def __bool__(self): ...
    def alone(self): ...
    def to(self, *where, **named): ...
    def of_nodes(self, written: Tensor) -> Tensor: ...
    def padded(self, numbers: Tensor) -> tuple[Tensor, Tensor]: ...
    def shared_words(self, numbers: Tensor) -> SharedWords: ...

class SharedWords(NamedTuple):
    asked: Tensor
    pairs: Tensor

def _word_set(text: str) -> tuple[str, ...]: ...

def draw_alignment(weights: Tensor, asked: list[str], told: list[str], axes=None): ...
