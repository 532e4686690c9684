"""Envelopes as XML and back, losing nothing, and the schema (XSD) of that XML; all three follow from the models.

An object is an element with its fields as children in the models' order; a list is an element of `item`s; what is not
said is not there. So JSON → XML → JSON gives the same JSON, and a signature over the one holds for the other.
"""

import functools
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from lxml import etree

from app.exchange.content import Day, Instant, Shape
from app.exchange.elements import element
from app.exchange.envelope import Envelope

NAMESPACE: Final = "urn:techmart:exchange:1"
ROOT: Final = "record"
_XS: Final = "http://www.w3.org/2001/XMLSchema"
_ITEM: Final = "item"
_ITEM_TAG: Final = f"{{{NAMESPACE}}}{_ITEM}"


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


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a value is written: as fields of a shape, as items of a kind, or as text that is a `plain` type."""

    shape: type[Shape] | None = None
    item: "_Kind | None" = None
    plain: Any = str


def _kind(annotation: Any) -> _Kind:
    inner = _inner(annotation)
    if _is_shape(inner):
        return _Kind(shape=inner)
    if get_origin(inner) is list:
        return _Kind(item=_kind(get_args(inner)[0]))
    return _Kind(plain=inner)


@functools.cache
def _plan(model: type[Shape]) -> Mapping[str, tuple[str, _Kind]]:
    """Element → field and kind, in order. Worked out once: looking at types costs more than writing."""
    return {_name(name): (name, _kind(annotation)) for name, annotation, _required in _fields(model)}


def _fill(node: etree._Element, model: type[Shape], values: Mapping[str, Any]) -> None:
    for tag, (name, kind) in _plan(model).items():
        if name in values:
            _put(etree.SubElement(node, tag), kind, values[name])


def _put(node: etree._Element, kind: _Kind, value: Any) -> None:
    if kind.shape is not None:
        _fill(node, kind.shape, value)
    elif kind.item is not None:
        for one in value:
            _put(etree.SubElement(node, _ITEM_TAG), kind.item, one)
    elif isinstance(value, bool):
        node.text = "true" if value else "false"
    else:
        node.text = str(value)


def _read_shape(node: etree._Element, model: type[Shape]) -> dict[str, Any]:
    known = _plan(model)
    found: dict[str, Any] = {}
    # Elements only, no comments.
    for child in node.iterchildren("{*}*"):
        tag = str(child.tag)
        if tag not in known:
            raise NotARecord(f"{etree.QName(node).localname} has no {tag}")
        name, kind = known[tag]
        if name in found:
            raise NotARecord(f"{name} is there twice")
        found[name] = _read(child, kind)
    return found


def _read(node: etree._Element, kind: _Kind) -> Any:
    if kind.shape is not None:
        return _read_shape(node, kind.shape)
    if kind.item is not None:
        items = list(node.iterchildren("{*}*"))
        if any(one.tag != _ITEM_TAG for one in items):
            raise NotARecord(f"{etree.QName(node).localname} holds something else than {_ITEM}")
        return [_read(one, kind.item) for one in items]
    if len(node):
        raise NotARecord(f"{etree.QName(node).localname} holds elements where text is wanted")
    text = node.text or ""
    if kind.plain is bool:
        if text not in {"true", "false", "1", "0"}:
            raise NotARecord(f"{etree.QName(node).localname} is neither true nor false")
        return text in {"true", "1"}
    if kind.plain is int:
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
