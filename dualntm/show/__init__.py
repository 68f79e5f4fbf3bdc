"Figures, and panels that show a network at work: train it, go through what it does, walk through what it wrote."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "figures": ["check_figure", "COLOURS", "contrast", "PALE", "picture", "Picture", "png", "readable", "style", "STYLE"],
    "learning": ["animate", "as_array", "curve", "Learning", "load_learning", "plot_convergence", "plot_cost_by_length", "plot_learning",
                 "plot_sequences", "record_learning", "running_mean", "save_learning"],
    "attention": ["plot_alignment", "plot_memory", "plot_weightings", "used_cells"],
    "graphs": ["as_networkx", "judged_graph", "plot_entailments", "plot_working_graph"],
    "architecture": ["draw_architecture", "draw_soft_merge"],
    "panel": ["announced", "coloured", "copyable", "discard", "FigureView", "INKS", "labelled", "Panel", "put", "share_bars"],
    "front": ["Front", "FRONT_CSS", "THEME", "theme_css", "with_front"],
    "timeline": ["Lane", "Timeline"],
    "recording": ["lanes_of", "record", "Recording"],
    "explorer": ["AttentionExplorer"],
    "live": ["Line", "lines_html", "LiveView"],
    "run_words": ["AskedRun", "command_of", "is_trained", "last_run", "open_run"],
    "run_choice": ["RunChoice"],
    "run_pictures": ["RunPictures"],
    "train_panel": ["TrainPanel"],
    "graph_view": ["GraphView"],
    "graph_browser": ["GraphBrowser"],
    "why_panel": ["WhyPanel"],
    "belief_pictures": ["beliefs_of", "plot_beliefs"],
    "ask_panel": ["AskPanel"],
    "run_viewer": ["graph_of", "runs_in", "RunViewer"],
    "workbench": ["Workbench"],
})
