"""/exchange/v1/snapshots: what a newcomer loads before it reads the feed."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.dependencies import AppSettings
from app.errors import NotFound
from app.exchange.answers import json_answer
from app.exchange.reader import ReadBy, Reader
from app.exchange.snapshots import Audience, latest, part_path
from app.i18n import N_

router = APIRouter()
_NARROW = N_("Thoả thuận chỉ gồm một phần dữ liệu nên không có tệp khởi tạo: hãy đọc danh sách thay đổi từ đầu")
_NONE_YET = N_("Chưa có tệp khởi tạo: hãy đọc danh sách thay đổi từ đầu")


@router.get("/exchange/v1/snapshots/latest", name="exchange_snapshot")
def newest(request: Request, settings: AppSettings, reader: ReadBy) -> Response:
    """{"name", "taken", "cursor", "records", "tombstones", "parts": [{"file", "url", "records", "bytes", "sha256"}]}.

    Load every part, then go on at /exchange/v1/changes?cursor=…
    """
    found = latest(settings, audience=_audience(reader))
    if found is None:
        raise NotFound(_NONE_YET)
    base = f"{settings.base_url}/exchange/v1/snapshots/{found['name']}"
    found["parts"] = [one | {"url": f"{base}/{one['file']}"} for one in found["parts"]]
    found["changes"] = f"{settings.base_url}/exchange/v1/changes?cursor={found['cursor']}"
    return json_answer(request, found, reader=reader)


@router.get("/exchange/v1/snapshots/{name}/{file}", name="exchange_snapshot_part")
def part(
    settings: AppSettings,
    reader: ReadBy,
    name: Annotated[str, Path(max_length=60)],
    file: Annotated[str, Path(max_length=60)],
) -> Response:
    """One part: JSON lines, packed. It never changes; ranges may be asked for."""
    path = part_path(settings, name=name, file=file, audience=_audience(reader))
    if path is None:
        raise NotFound
    whose = "public" if reader.partner is None else "private"
    headers = {"Cache-Control": f"{whose}, max-age=86400, immutable", "Vary": "Authorization"}
    return FileResponse(path, media_type="application/gzip", headers=headers)


def _audience(reader: Reader) -> Audience:
    partner = reader.partner
    if partner is None or not partner.partners_too:
        return "all"
    if partner.kinds or partner.research_fields or partner.withheld:
        raise NotFound(_NARROW)
    return "partners"
