"The commands of `dualntm`, one a module, and the words that they share."
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={
    "console": ["amount", "bar", "print_json", "quoted"],
    "entry": ["command_parser", "main"],
    "train": ["open_trainer"],
    "words": ["CommandParser", "Given", "typed"],
})
