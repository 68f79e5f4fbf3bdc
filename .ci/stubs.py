"""Writes the .pyi files of the package, which editors and type checkers read in place of modules that they can't follow:
faces whose names are loaded lazily, and classes that get methods by fastcore's @patch in another cell or module."""
import ast, builtins
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PACKAGE = TOP/"dualntm"
HEAD = "# Written by .ci/stubs.py, for editors and type checkers; the module beside it is what runs.\n"
KEPT = ("property", "staticmethod", "classmethod", "cached_property", "contextmanager", "dataclass", "cache", "wraps")


def dotted(path):
    "The name of the module in a file."
    parts = path.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def absolute(node, module):
    "Where an import comes from, without dots at its front."
    return ".".join([*module.split(".")[:-node.level], *([node.module] if node.module else [])]) if node.level else node.module


class Module:
    "What a module imports and defines at its top."
    def __init__(self, path):
        self.path, self.name, self.tree = path, dotted(path), ast.parse(path.read_text(encoding="utf-8"))
        self.imports, self.classes, self.defined = {}, {}, set()
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for one in node.names: self.imports[one.asname or one.name.split(".")[0]] = ast.unparse(ast.Import([one]))
            elif isinstance(node, ast.ImportFrom):
                for one in node.names: self.imports[one.asname or one.name] = ast.unparse(ast.ImportFrom(absolute(node, self.name), [one], 0))
            elif isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not patched(node): self.defined.add(node.name)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)): self.defined |= {name for name, _ in targets(node)}
            if isinstance(node, ast.ClassDef): self.classes[node.name] = node


def patched(node):
    "The @patch over a function, as written, if there is one."
    return next((ast.unparse(one) for one in getattr(node, "decorator_list", []) if ast.unparse(one).split("(")[0] == "patch"), "")


def targets(node):
    "The plain names that an assignment sets, each with its value where that can be told."
    pairs = [(node.target, node.value)] if isinstance(node, ast.AnnAssign) else [(target, node.value) for target in node.targets]
    for target, value in pairs:
        if isinstance(target, ast.Tuple):
            values = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else [None] * len(target.elts)
            pairs += zip(target.elts, values)
        elif isinstance(target, ast.Name): yield target.id, value
        elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self": yield "self." + target.attr, value


def kind_of(value, parameters={}):
    "The type of a value, where it is a constant or a parameter that says its own."
    if isinstance(value, ast.Constant) and value.value is not None: return type(value.value).__name__
    if isinstance(value, ast.Name) and parameters.get(value.id): return parameters[value.id]
    return "Any"


def short(value): return value if isinstance(value, ast.Constant) else ast.Constant(...)


def signature(node, decorators):
    "A function without its body."
    a = node.args
    a.defaults, a.kw_defaults = [short(one) for one in a.defaults], [one and short(one) for one in a.kw_defaults]
    inside = [one for one in ast.walk(node) if isinstance(one, (ast.Return, ast.Yield, ast.YieldFrom, ast.Raise))]
    returns = node.returns or (None if any(not isinstance(one, ast.Return) or one.value for one in inside) else ast.Constant(None))
    made = ast.FunctionDef(node.name, a, [ast.Expr(ast.Constant(...))], decorators, returns, type_params=[])
    return ast.unparse(ast.fix_missing_locations(made)).replace(":\n    ...", ": ...")


def kept(node): return [one for one in node.decorator_list if ast.unparse(one).split("(")[0] in KEPT or ast.unparse(one).endswith(".setter")]


def patch_signature(node):
    "A patched method as it would stand in its class."
    how = patched(node)
    decorator = next((name for word, name in (("as_prop=True", "property"), ("cls_method=True", "classmethod")) if word in how), None)
    (node.args.posonlyargs + node.args.args)[0].annotation = None
    return signature(node, [*([ast.Name(decorator)] if decorator else []), *kept(node)])


def class_lines(node, patches):
    "A class with the methods that it gets elsewhere."
    plain = not any("dataclass" in ast.unparse(one) for one in node.decorator_list) and not any(ast.unparse(base) == "NamedTuple" for base in node.bases)
    lines, known = [], {one.name for one in [*node.body, *patches] if isinstance(one, ast.FunctionDef)}
    for one in node.body:
        if isinstance(one, ast.AnnAssign):
            known.add(one.target.id)
            lines.append(f"{one.target.id}: {ast.unparse(one.annotation)}" + (" = ..." if one.value else ""))
        elif isinstance(one, ast.Assign):
            for name, value in targets(one):
                known.add(name)
                lines.append(f"{name}: {kind_of(value)}" if plain else f"{name}: ClassVar[{kind_of(value)}]")
    for method in [*node.body, *patches]:
        if not isinstance(method, ast.FunctionDef): continue
        parameters = {p.arg: p.annotation and ast.unparse(p.annotation) for p in [*method.args.args, *method.args.kwonlyargs]}
        for one in ast.walk(method):
            if not isinstance(one, (ast.Assign, ast.AnnAssign)): continue
            for name, value in targets(one):
                if name.startswith("self.") and (name := name[5:]) not in known:
                    known.add(name)
                    lines.append(f"{name}: {ast.unparse(one.annotation) if isinstance(one, ast.AnnAssign) else kind_of(value, parameters if method.name == '__init__' else {})}")
    lines += [signature(one, kept(one)) for one in node.body if isinstance(one, ast.FunctionDef)] + [patch_signature(one) for one in patches]
    head = "".join(f"@{ast.unparse(one)}\n" for one in kept(node)) + f"class {node.name}" + (f"({', '.join(map(ast.unparse, [*node.bases, *node.keywords]))})" if node.bases else "") + ":"
    return head + "\n" + "\n".join("    " + line for text in (lines or ["..."]) for line in text.splitlines())


def module_stub(module, patches):
    "The stub of a module whose classes get methods; `patches` has (module, function) for each class."
    blocks = []
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef): blocks.append(class_lines(node, [function for _, function in patches.get(node.name, [])]))
        elif isinstance(node, ast.FunctionDef) and not patched(node): blocks.append(signature(node, kept(node)))
        elif isinstance(node, ast.AnnAssign): blocks.append(f"{node.target.id}: {ast.unparse(node.annotation)}")
        elif isinstance(node, ast.Assign): blocks += [f"{name}: {kind_of(value)}" for name, value in targets(node) if name != "__all__"]
    body = "\n\n".join(blocks)
    used = {one.id for one in ast.walk(ast.parse(body)) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)} - {one.name for one in ast.walk(ast.parse(body)) if isinstance(one, ast.FunctionDef)}
    sources = [module, *dict.fromkeys(source for name in module.classes for source, _ in patches.get(name, []))]
    lines = {"from typing import Any, ClassVar"}
    for name in sorted(used - module.defined - set(dir(builtins)) - {"Any", "ClassVar"}):
        found = [one.imports.get(name) or f"from {one.name} import {name}" for one in sources if name in one.imports or name in one.defined]
        if not found: raise SystemExit(f"{module.name}: nothing says where {name} comes from")
        lines.add(found[0])
    return "\n".join(sorted(lines)) + "\n\n" + body + "\n"


def face_stub(path):
    "The stub of a face, from the table that it gives to lazy_loader."
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_loader.attach"]
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    lines = [f"from . import {name} as {name}" for name in sorted(given.get("submodules", ()))]
    lines += [f"from .{module} import {name} as {name}" for module, names in given["submod_attrs"].items() for name in names]
    names = sorted({*given.get("submodules", ()), *(name for names in given["submod_attrs"].values() for name in names)})
    if path.parent == PACKAGE: lines.append("\n__version__: str")
    return "\n".join(lines) + f"\n\n__all__ = {names!r}\n"


def stubs():
    "All stubs: the path of each, and its text."
    modules = [Module(path) for path in sorted(PACKAGE.rglob("*.py")) if path.name not in ("__init__.py", "__main__.py", "_modidx.py")]
    owners, patches = {name: module for module in modules for name in module.classes}, {}
    for module in modules:
        for node in module.tree.body:
            if not (isinstance(node, ast.FunctionDef) and patched(node)): continue
            first = (node.args.posonlyargs + node.args.args)[0].annotation
            for name in ast.unparse(first).strip("'").split(" | "):
                if name in owners: patches.setdefault(owners[name].name, {}).setdefault(name, []).append((module, node))
    found = {path.with_suffix(".pyi"): face_stub(path) for path in sorted(PACKAGE.rglob("__init__.py"))}
    found |= {module.path.with_suffix(".pyi"): module_stub(module, patches[module.name]) for module in modules if module.name in patches}
    return {path: HEAD + text for path, text in found.items()}


if __name__ == "__main__":
    made = stubs()
    for path in PACKAGE.rglob("*.pyi"):
        if path not in made: path.unlink()
    for path, text in made.items(): path.write_text(text, encoding="utf-8")
    print(f"{len(made)} stubs, {sum(text.count(chr(10)) for text in made.values()):,} lines")
