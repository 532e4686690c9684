"""Envelopes as XML and back, losing nothing, and the schema (XSD) of that XML; all three follow from the models.

An object is an element with its fields as children in the models' order; a list is an element of `item`s; what is not
said is not there. So JSON → XML → JSON gives the same JSON, and a signature over the one holds for the other.
"""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from lxml import etree

from app.exchange.content import Day, Instant, Shape
from app.exchange.elements import element
from app.exchange.envelope import Envelope

NAMESPACE: Final = "urn:techmart:exchange:1"
ROOT: Final = "record"
_XS: Final = "http://www.w3.org/2001/XMLSchema"
_ITEM: Final = "item"


class NotARecord(ValueError):
    """The element is not an envelope: something is in it that no field has room for."""


def to_xml(envelope: Mapping[str, Any]) -> etree._Element:
    """The `record` element of a sealed envelope."""
    root = element(_name(ROOT), {"": NAMESPACE})
    _fill(root, Envelope, envelope)
    return root


def from_xml(node: etree._Element) -> dict[str, Any]:
    """The envelope's JSON, not yet validated by its model.

    Raises:
        NotARecord: an element or text has no place in an envelope.
    """
    if node.tag != _name(ROOT):
        raise NotARecord(f"{node.tag} is not {ROOT}")
    return _read_shape(node, Envelope)


def schema() -> bytes:
    """The XSD of the record element."""
    root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS, "t": NAMESPACE})
    root.set("targetNamespace", NAMESPACE)
    root.set("elementFormDefault", "qualified")
    root.set("version", "1.0")
    _declare(root, "element", name=ROOT, type="t:Envelope")
    done: set[type[Shape]] = set()
    _describe(root, Envelope, done)
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _fields(model: type[Shape]) -> list[tuple[str, Any, bool]]:
    """Name in transit, type, whether it must be there; in order."""
    return [(one.alias or name, one.annotation, one.is_required()) for name, one in model.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """The type without None and without what Annotated adds."""
    if get_origin(annotation) in {Union, types.UnionType}:
        (annotation,) = (one for one in get_args(annotation) if one is not type(None))
        return _inner(annotation)
    if annotation is Day or annotation is Instant:
        return annotation
    if get_origin(annotation) is Annotated:
        return annotation if annotation in {Day, Instant} else _inner(get_args(annotation)[0])
    return annotation


def _is_shape(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Shape)


def _fill(node: etree._Element, model: type[Shape], values: Mapping[str, Any]) -> None:
    for name, annotation, _required in _fields(model):
        if name in values:
            _put(etree.SubElement(node, _name(name)), annotation, values[name])


def _put(node: etree._Element, annotation: Any, value: Any) -> None:
    kind = _inner(annotation)
    if _is_shape(kind):
        _fill(node, kind, value)
    elif get_origin(kind) is list:
        for one in value:
            _put(etree.SubElement(node, _name(_ITEM)), get_args(kind)[0], one)
    elif isinstance(value, bool):
        node.text = "true" if value else "false"
    else:
        node.text = str(value)


def _read_shape(node: etree._Element, model: type[Shape]) -> dict[str, Any]:
    known = {_name(name): (name, annotation) for name, annotation, _required in _fields(model)}
    found: dict[str, Any] = {}
    # Elements only, no comments.
    for child in node.iterchildren("{*}*"):
        if child.tag not in known:
            raise NotARecord(f"{etree.QName(node).localname} has no {child.tag}")
        name, annotation = known[child.tag]
        if name in found:
            raise NotARecord(f"{name} is there twice")
        found[name] = _read(child, annotation)
    return found


def _read(node: etree._Element, annotation: Any) -> Any:
    kind = _inner(annotation)
    if _is_shape(kind):
        return _read_shape(node, kind)
    if get_origin(kind) is list:
        items = list(node.iterchildren("{*}*"))
        if any(one.tag != _name(_ITEM) for one in items):
            raise NotARecord(f"{etree.QName(node).localname} holds something else than {_ITEM}")
        return [_read(one, get_args(kind)[0]) for one in items]
    if len(node):
        raise NotARecord(f"{etree.QName(node).localname} holds elements where text is wanted")
    text = node.text or ""
    if kind is bool:
        if text not in {"true", "false", "1", "0"}:
            raise NotARecord(f"{etree.QName(node).localname} is neither true nor false")
        return text in {"true", "1"}
    if kind is int:
        if not text.strip().isdigit() or len(text.strip()) > 19:
            raise NotARecord(f"{etree.QName(node).localname} is no whole number")
        return int(text)
    return text


def _declare(parent: etree._Element, what: str, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{_XS}}}{what}")
    for name, value in attributes.items():
        made.set(name, value)
    return made


def _describe(root: etree._Element, model: type[Shape], done: set[type[Shape]]) -> None:
    if model in done:
        return
    done.add(model)
    described = _declare(root, "complexType", name=_type_name(model))
    sequence = _declare(described, "sequence")
    for name, annotation, required in _fields(model):
        one = _declare(sequence, "element", name=name, minOccurs="1" if required else "0")
        _describe_type(root, one, _inner(annotation), done)


def _describe_type(root: etree._Element, node: etree._Element, kind: Any, done: set[type[Shape]]) -> None:
    if _is_shape(kind):
        node.set("type", f"t:{_type_name(kind)}")
        _describe(root, kind, done)
    elif get_origin(kind) is list:
        sequence = _declare(_declare(node, "complexType"), "sequence")
        item = _declare(sequence, "element", name=_ITEM, minOccurs="0", maxOccurs="unbounded")
        _describe_type(root, item, _inner(get_args(kind)[0]), done)
    elif get_origin(kind) is Literal:
        allowed = _declare(_declare(node, "simpleType"), "restriction", base="xs:string")
        for one in get_args(kind):
            _declare(allowed, "enumeration", value=one)
    else:
        node.set("type", _SIMPLE[kind])


_SIMPLE: Final[Mapping[Any, str]] = {
    str: "xs:string",
    int: "xs:nonNegativeInteger",
    bool: "xs:boolean",
    Day: "xs:date",
    Instant: "xs:dateTime",
}


def _type_name(model: type[Shape]) -> str:
    return model.__name__.removesuffix("Part")
