"""What a listing must say before the operator looks at it, by kind and readiness level; gaps by dotted path."""

import itertools
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from app.features.listings.details import PatentDetails, ServiceDetails
from app.features.listings.schemas import ListingInput, NeedInput
from app.i18n import N_, _
from app.i18n.formats import HERE, format_date, format_number, local_date

Asked = Mapping[str, str]

ALWAYS: Final[Asked] = {
    "title": N_("Hãy đặt tên cho tin đăng"),
    "description": N_("Hãy mô tả đầy đủ"),
    "region": N_("Hãy chọn tỉnh, thành phố"),
    "classifications": N_("Hãy chọn ít nhất một lĩnh vực, ngành hoặc chỉ số phân loại"),
}
OFFERS: Final[Asked] = {
    "benefit": N_("Hãy nêu lợi ích trong một câu, có con số"),
    "summary": N_("Hãy viết tóm tắt vài câu"),
    "price.kind": N_("Hãy chọn cách nêu giá"),
}
BY_KIND: Final[Mapping[str, Asked]] = {
    "technology": {
        "trl": N_("Hãy chọn mức sẵn sàng công nghệ (TRL)"),
        "ip_status": N_("Hãy chọn tình trạng sở hữu trí tuệ"),
        "transfer_forms": N_("Hãy chọn ít nhất một hình thức chuyển giao"),
        "details.problem": N_("Hãy nêu bài toán mà công nghệ giải quyết"),
        "details.advantage": N_("Hãy so sánh với giải pháp hàng đầu đang có"),
    },
    "equipment": {
        "details.model": N_("Hãy ghi model hoặc ký hiệu thiết bị"),
        "details.condition": N_("Hãy chọn tình trạng thiết bị"),
        "details.offered_for": N_("Hãy chọn bán, cho thuê hay dùng chung"),
    },
    "patent": {
        "transfer_forms": N_("Hãy chọn ít nhất một hình thức chuyển giao"),
        "details.ip_kind": N_("Hãy chọn loại quyền sở hữu trí tuệ"),
        "details.legal_status": N_("Hãy chọn tình trạng pháp lý"),
        "details.applicants": N_("Hãy ghi người nộp đơn hoặc chủ sở hữu"),
    },
    "service": {
        "details.service_type": N_("Hãy chọn loại dịch vụ"),
        "details.scope": N_("Hãy nêu phạm vi dịch vụ"),
        "details.deliverables": N_("Hãy nêu kết quả bàn giao"),
    },
    "need": {
        "details.baseline": N_("Hãy nêu hiện trạng bằng con số: chi phí, năng suất, điện năng, tỷ lệ lỗi"),
        "details.target": N_("Hãy nêu mục tiêu cần đạt"),
        "details.acceptance": N_("Hãy nêu cách nghiệm thu"),
        "deadline": N_("Hãy chọn hạn nhận lời giải"),
    },
}
EARLY: Final[Asked] = {"details.method_plan": N_("TRL 1–3: hãy nêu phương pháp và kế hoạch phát triển")}
MIDDLE: Final[Asked] = {"details.prototype_data": N_("TRL 4–6: hãy nêu số liệu mẫu thử, thử nghiệm")}
LATE: Final[Asked] = {
    "details.capacity": N_("TRL 7–9: hãy nêu công suất, quy mô đáp ứng"),
    "details.cost": N_("TRL 7–9: hãy nêu chi phí đầu tư hoặc vận hành"),
    "details.customers": N_("TRL 7–9: hãy nêu nơi đang dùng, hoặc ghi rõ chưa có"),
}

# Rights that are registered have a number to show; a trade secret or a program has none.
REGISTERED: Final = frozenset({"invention", "utility_solution", "industrial_design", "trademark", "plant_variety"})
_GRANTED_ONCE: Final = frozenset({"granted", "lapsed", "expired"})


def trl_group(trl: int | None) -> Asked:
    """The details that a technology at this readiness level is asked for."""
    if trl is None:
        return {}
    return EARLY if trl <= 3 else MIDDLE if trl <= 6 else LATE


def asked_of(kind: str, trl: int | None) -> dict[str, str]:
    """Every field this kind must fill, with what to write there; forms mark these as required."""
    asked = {**ALWAYS, **({} if kind == "need" else OFFERS), **BY_KIND[kind]}
    return {**asked, **trl_group(trl)} if kind == "technology" else asked


def expires_after(deadline: date | None) -> datetime | None:
    """When a need stops being shown: at the end of its last day here."""
    if deadline is None:
        return None
    return datetime.combine(deadline + timedelta(days=1), datetime.min.time(), tzinfo=HERE)


def gaps(data: ListingInput, *, now: datetime) -> dict[str, str]:
    """What is missing or does not hold together, by dotted path; empty when the listing may be submitted."""
    values = data.model_dump(by_alias=True)
    found = {path: _(message) for path, message in asked_of(data.kind, data.trl).items() if _empty(values, path)}
    for path, message in _clashes(data, now):
        found.setdefault(path, message)
    return found


def _empty(values: Any, path: str) -> bool:
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values is None or (isinstance(values, str | list) and not values)


def _clashes(data: ListingInput, now: datetime) -> Iterator[tuple[str, str]]:
    if data.language != "vi":
        yield "language", _("Nội dung chính phải bằng tiếng Việt; tiếng Anh đặt ở phần bên cạnh")
    if data.price.kind in {"floor", "firm", "indicative"} and data.price.from_ is None and data.price.to is None:
        yield "price.from", _("Hãy ghi số tiền, hoặc chọn “Giá theo báo giá”")
    if data.price.kind == "floor" and data.price.from_ is None and data.price.to is not None:
        yield "price.from", _("Giá sàn cần mức “từ”")
    yield from _owner_clashes(data)
    if isinstance(data, NeedInput):
        today = local_date(now)
        if data.deadline is not None and data.deadline <= today:
            yield "deadline", _("Hạn phải sau hôm nay, %(today)s", today=format_date(today))
    if isinstance(data.details, PatentDetails):
        yield from _patent_clashes(data.details, now)
    if isinstance(data.details, ServiceDetails) and data.details.expert_name and not data.details.expert_consent:
        yield (
            "details.expert_consent",
            _("Tên chuyên gia chỉ được đăng khi người đó đã đồng ý; hãy xác nhận hoặc bỏ tên"),
        )


def _owner_clashes(data: ListingInput) -> Iterator[tuple[str, str]]:
    if not data.owners:
        return
    if len(data.owners) == 1 and data.owners[0].percent is None:
        return
    for number, owner in enumerate(data.owners):
        if owner.percent is None:
            yield f"owners.{number}.percent", _("Hãy ghi phần trăm sở hữu")
    total = math.fsum(owner.percent or 0 for owner in data.owners)
    if abs(total - 100) > 0.05:
        yield "owners", _("Tổng phần trăm các chủ sở hữu phải là 100, hiện là %(total)s", total=format_number(total))


def _patent_clashes(details: PatentDetails, now: datetime) -> Iterator[tuple[str, str]]:
    today = local_date(now)
    if details.ip_kind in REGISTERED:
        if details.legal_status == "not_applicable":
            yield "details.legal_status", _("Quyền này phải đăng ký: hãy chọn tình trạng của đơn hoặc bằng")
        elif details.legal_status in _GRANTED_ONCE and not details.grant_number:
            yield "details.grant_number", _("Hãy ghi số bằng bảo hộ")
        elif details.legal_status in {"pending", "refused"} and not details.application_number:
            yield "details.application_number", _("Hãy ghi số đơn")
        if details.legal_status and not details.status_checked_on:
            yield "details.status_checked_on", _("Hãy ghi ngày tra cứu tình trạng pháp lý")
        if details.legal_status and not details.status_checked_against:
            yield (
                "details.status_checked_against",
                _("Hãy ghi đã tra cứu ở đâu, ví dụ: Cục Sở hữu trí tuệ, WIPO Publish"),
            )
    if details.status_checked_on and details.status_checked_on > today:
        yield "details.status_checked_on", _("Ngày tra cứu không thể ở tương lai")
    if details.legal_status == "granted" and details.pct and not details.grant_number:
        yield "details.pct", _("Đơn PCT không phải là bằng đã cấp: hãy ghi số bằng ở nước đã cấp")
    if details.legal_status == "granted" and details.expiry_date and details.expiry_date < today:
        yield "details.expiry_date", _("Bằng đã hết hạn vào ngày này: hãy chọn tình trạng “hết hạn”")
    known = [
        (name, day)
        for name in ("filing_date", "grant_date", "expiry_date")
        if (day := getattr(details, name)) is not None
    ]
    for (_before, earlier), (name, later) in itertools.pairwise(known):
        if later < earlier:
            yield f"details.{name}", _("Ngày này phải sau %(day)s", day=format_date(earlier))
    if details.priority_date and details.filing_date and details.priority_date > details.filing_date:
        yield "details.priority_date", _("Ngày ưu tiên không thể sau ngày nộp đơn")
