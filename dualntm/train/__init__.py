"Tasks, the optimiser of the paper, and runs that can be stopped, resumed and repeated."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "tasks": ["Task", "BitTask", "Batch", "Score", "Preset", "paper_presets", "CopyTask", "score_bits", "patterns", "as_bits", "check_range", "draw_bits",
              "draw_int", "size_of"],
    "repeat_copy": ["RepeatCopyTask"],
    "recall": ["AssociativeRecallTask", "recall_mechanism"],
    "ngrams": ["NGramsTask", "bayes_optimum", "context_cells", "excess"],
    "sorting": ["PrioritySortTask", "priority_fit"],
    "optimiser": ["GravesRMSprop"],
    "plan": ["Training", "planned", "rate", "check_names", "nearest", "whole_seed", "usable_device", "float_type", "within_memory"],
    "folders": ["run_folder", "read_history", "history_lines", "has_checkpoint", "folder_lock", "claim_folder"],
    "checkpoints": ["begin_with", "PRETRAINED", "pretrained_folder", "pretrained_names", "read_checkpoint", "checkpoint_file", "best_of", "build", "load", "model_for", "of_name", "keep_run", "as_bytes", "random_states", "restore_random_states"],
    "progress": ["Group", "Progress", "noted_interrupts", "Watcher", "WatchedRun", "watchers_of"],
    "parallel": ["TorchGroup", "group_here", "own_device", "trainer_together"],
    "trainer": ["Trainer", "resume"],
    "runs": ["Setting", "settings", "parse_setting", "check_settings", "given_once", "changes_to", "make_trainer", "evaluate"],
    "pretrained": ["Card", "card", "figures_at", "folder_of", "keep_pretrained", "model_card", "network_from", "save_network"],
    "onnx_step": ["NetworkFormat", "ONNXStep", "SafetensorsFolder", "largest_difference", "onnx_bytes", "state_names"],
    "seeds": ["seed_list", "SeedRun", "run_side_by_side", "learned_after", "seed_rows", "summary_lines", "SeedBars", "train_seeds"],
    "sweep": ["check_address", "combination_lines", "plot_sweep", "Sweep", "SweepBar", "values_of"],
    "watchers": ["Log", "TensorBoardLog", "MLflowLog", "TrackioLog", "WandbLog"],
    "timing": ["bench", "compare_engines", "peak_mb"],
})
