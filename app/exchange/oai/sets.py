"""The names of sets, in both languages as OAI-PMH has room for one: “Vietnamese / English”."""

from typing import Final

from app.reference.current import label

_TITLES: Final = {
    "kind": "Theo loại / By kind",
    "kind:technology": "Công nghệ / Technologies",
    "kind:equipment": "Thiết bị / Equipment",
    "kind:patent": "Sáng chế và tài sản trí tuệ / Patents and other IP",
    "kind:service": "Dịch vụ / Services",
    "kind:need": "Nhu cầu công nghệ / Technology needs",
    "field": "Theo lĩnh vực nghiên cứu / By research field",
    "region": "Theo địa phương / By region",
    "origin": "Theo nguồn / By origin",
    "origin:own": "Do sàn này đăng / Of this exchange",
    "origin:all": "Mọi nguồn / Of every source",
}
_SCHEMES: Final = {"field": "research-field", "region": "region"}


def set_title(name: str) -> str:
    """What a set is called."""
    if name in _TITLES:
        return _TITLES[name]
    branch, _colon, codes = name.partition(":")
    if branch == "origin":
        return f"Của {codes} / Of {codes}"
    code = codes.rpartition(":")[2]
    scheme = _SCHEMES[branch]
    return f"{label(scheme, code, 'vi')} / {label(scheme, code, 'en')}"
