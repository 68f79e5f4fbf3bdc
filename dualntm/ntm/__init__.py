"A Neural Turing Machine: its memory, heads and controller, and two engines that compute it."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "memory": ["Address", "address", "content_weighting", "cosine", "interpolate", "read", "sharpen", "shift", "write"],
    "heads": ["Head", "ReadHead", "WriteHead", "as_address", "make_heads"],
    "controller": ["FeedforwardController", "LSTMController", "LSTMState", "NoState", "make_controller"],
    "machine": ["NTM", "NTMState", "check_like", "check_memory", "check_place", "check_room", "in_autocast", "map_state", "obstacle", "run_eager",
                "stack_states", "without_autocast"],
    "fused": ["can_fuse", "jit", "run_fused", "step_bytes", "step_flops"],
})
