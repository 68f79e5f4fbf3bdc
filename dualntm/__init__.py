"A Neural Turing Machine with two memories. A public name is imported from its module when it is first used."
__version__ = "0.1.0"


def _exports():
    "Each public name of the package and the module that holds it, read from the modules' `__all__` without importing them."
    import ast, re
    from pathlib import Path
    lists = {path.stem: re.search(r"^__all__ = (\[.*?\])", path.read_text(encoding="utf-8"), re.M | re.S)
             for path in Path(__file__).parent.glob("[!_]*.py")}
    return {name: module for module, found in lists.items() if found for name in ast.literal_eval(found[1])}


def __getattr__(name):
    from importlib import import_module
    exports = {} if name.startswith("_") and name != "__all__" else _exports()
    if name == "__all__": return sorted(exports)
    if name not in exports: raise AttributeError(f"module 'dualntm' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"dualntm.{exports[name]}"), name)
    return value


def __dir__(): return sorted({*globals(), *_exports()})
