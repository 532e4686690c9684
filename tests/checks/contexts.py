"""Whether templates and the dataclasses that fill them agree."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from types import ModuleType

from jinja2 import Environment, meta, nodes

from app import web
from app.web.templating import Fragment, Page

# What render() gives every whole page beside its own fields.
GIVEN_TO_PAGES = {"shell"}


def import_all(package: ModuleType) -> None:
    """Import every module below a package, so that all its classes are known."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def contexts(base: type[Fragment]) -> Iterator[type[Fragment]]:
    """Every class below `base` that names a template of its own."""
    for child in base.__subclasses__():
        if "template" in child.__dict__:
            yield child
        yield from contexts(child)


def by_template() -> dict[str, list[type[Fragment]]]:
    """Template → the classes that name it."""
    import_all(web)
    found: dict[str, list[type[Fragment]]] = defaultdict(list)
    for context in contexts(Fragment):
        if context.__module__.startswith("app."):
            found[context.template].append(context)
    return found


def variables(environment: Environment, name: str) -> set[str]:
    """What a template wants from its context, with all it extends and includes."""
    assert environment.loader is not None
    source, _file, _fresh = environment.loader.get_source(environment, name)
    tree = environment.parse(source)
    wanted = meta.find_undeclared_variables(tree) - set(environment.globals) - _made_here(tree) - {"_trans"}
    for other in meta.find_referenced_templates(tree):
        # Imported parts see no context; they are held to the globals by their own test.
        if other is not None and not other.startswith("parts/"):
            wanted |= variables(environment, other)
    return wanted


def _made_here(tree: nodes.Template) -> set[str]:
    """Names the template's own top level gives its blocks: imported parts, macros, {% set %}."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, nodes.Import):
            names.add(node.target)
        elif isinstance(node, nodes.FromImport):
            names.update(name if isinstance(name, str) else name[1] for name in node.names)
        elif isinstance(node, nodes.Macro):
            names.add(node.name)
    # Jinja's own analysis loses a {% set %} inside the body of a {% call %}.
    names.update(node.target.name for node in tree.find_all(nodes.Assign) if isinstance(node.target, nodes.Name))
    return names


def missing(environment: Environment, context: type[Fragment]) -> set[str]:
    """Variables a context's template uses that the context does not have."""
    given = {field.name for field in fields(context)}
    if issubclass(context, Page):
        given |= GIVEN_TO_PAGES
    return variables(environment, context.template) - given
