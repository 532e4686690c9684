"""XML elements with the namespaces they declare; "" stands for the one without a prefix."""

from typing import Any

from lxml import etree


def element(name: str, namespaces: dict[str, str], parent: etree._Element | None = None) -> etree._Element:
    """A new element, put at the end of `parent` if there is one.

    Args:
        name: in Clark's notation, {namespace}local.
        namespaces: prefix → namespace; the prefix "" declares the default one.
    """
    # The published types know no default namespace.
    declared: Any = {prefix or None: namespace for prefix, namespace in namespaces.items()}
    if parent is None:
        return etree.Element(name, nsmap=declared)
    return etree.SubElement(parent, name, nsmap=declared)
