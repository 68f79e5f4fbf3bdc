"A Neural Turing Machine: its memory, heads and controller, what every network must say, and the engines that compute one."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "memory": ["Address", "address", "content_weighting", "cosine", "interpolate", "read", "sharpen", "shift", "write"],
    "heads": ["Head", "ReadHead", "WriteHead", "as_address", "make_heads"],
    "controller": ["FeedforwardController", "LSTMController", "LSTMState", "NoState", "make_controller"],
    "network": ["Drawn", "Network", "check_like", "check_place", "in_autocast", "map_state", "run_eager", "stack_states", "without_autocast"],
    "machine": ["EagerEngine", "Engine", "NTM", "NTMState", "check_memory", "check_room", "find_engine", "obstacle"],
    "kernels": ["add_dots", "add_product", "add_rows", "dot", "jit", "measure", "one", "sigmoid", "soften", "soften_back", "softplus", "softplus_slope"],
    "episode": ["Plan", "Slopes", "Tape", "controller_backward", "controller_forward", "fill_inputs", "heads_backward", "heads_forward", "new_tape", "pack",
                "parameters_of", "piece", "plan_of", "sort_weights"],
    "lstm": ["LSTMNetwork"],
    "dnc": ["DNC", "DNCState"],
    "fused": ["FusedEngine", "can_fuse", "launch", "run_fused", "seen_by_output", "start_slopes", "step_bytes", "step_flops", "trace_of", "weight_gradients"],
})
