# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.
from dualntm.ntm.controller import LSTMState
from dualntm.ntm.network import Network
from torch import Tensor
from typing import Any, ClassVar

class LSTMNetwork(Network):
    model_type: str
    start: Any
    settings: Any
    lstm: Any
    output: Any
    h: Any
    c: Any
    def __init__(self, inputs: int, outputs: int, controller_size: int=256, controller_layers: int=3, keep_between_episodes: bool=False) -> None: ...
    def unroll(self, inputs: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]: ...
    def step(self, x: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]: ...
    def forward(self, inputs: Tensor, state: LSTMState | None=None, record: bool=False) -> tuple: ...
    def renew(self, state: LSTMState) -> LSTMState: ...
