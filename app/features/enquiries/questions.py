"""What is worth asking of each kind of listing: a buyer ticks, a holder answers each, and answers stand side by side.

Codes are stored and texts looked up when read, so both sides read them in their own language.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.i18n import N_, _

QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "technology": {
        "readiness": N_("Đã thử nghiệm ở quy mô nào, kết quả bao nhiêu?"),
        "references": N_("Nơi nào đang dùng, có thể đến xem không?"),
        "guarantee": N_("Cam kết thông số nào, không đạt thì xử lý ra sao?"),
        "transfer": N_("Chuyển giao theo hình thức nào, trong phạm vi nào?"),
        "rights": N_("Quyền sở hữu trí tuệ thuộc về ai, bảo hộ ở đâu?"),
        "improvements": N_("Cải tiến sau này thuộc về ai?"),
        "support": N_("Đào tạo và hỗ trợ kỹ thuật gồm những gì, trong bao lâu?"),
    },
    "equipment": {
        "output": N_("Công suất thực và mức tiêu hao điện, nước, vật tư?"),
        "site": N_("Mặt bằng, điện, nước, khí cần chuẩn bị?"),
        "delivery": N_("Giao ở đâu, lắp đặt và chạy thử do ai làm?"),
        "warranty": N_("Bảo hành bao lâu, gồm những gì, sau bao lâu có người đến?"),
        "spare_parts": N_("Phụ tùng có sẵn ở đâu, giá và thời gian giao?"),
        "certificates": N_("Có chứng nhận, kiểm định nào?"),
        "training": N_("Đào tạo người vận hành gồm những gì?"),
    },
    "patent": {
        "legal_status": N_("Văn bằng còn hiệu lực đến khi nào, phí duy trì đã nộp chưa?"),
        "licence": N_("Li-xăng độc quyền hay không độc quyền, ở lãnh thổ nào?"),
        "royalty_basis": N_("Phí tính theo doanh thu, sản lượng hay trọn gói?"),
        "know_how": N_("Có kèm bí quyết, bản vẽ, mẫu và người hướng dẫn không?"),
        "claims": N_("Có tranh chấp, cầm cố hay li-xăng nào đang có hiệu lực không?"),
        "improvements": N_("Cải tiến sau này thuộc về ai?"),
    },
    "service": {
        "scope": N_("Làm những việc gì, không gồm việc gì?"),
        "deliverables": N_("Bàn giao kết quả gì, ở dạng nào?"),
        "people": N_("Ai thực hiện, năng lực được công nhận thế nào?"),
        "timing": N_("Bắt đầu khi nào, mất bao lâu?"),
        "secrecy": N_("Thông tin của chúng tôi được giữ kín thế nào?"),
    },
}
CODES = frozenset(code for questions in QUESTIONS.values() for code in questions)


def offered(kinds: Iterable[str]) -> Sequence[tuple[str, str]]:
    """(code, text) of every question for these kinds, each once, in the language of the moment."""
    found = {code: text for kind in dict.fromkeys(kinds) for code, text in QUESTIONS.get(kind, {}).items()}
    return [(code, _(text)) for code, text in found.items()]


def fitting(codes: Iterable[str], kind: str) -> list[str]:
    """Those of the codes that are asked of a listing of this kind, in the order they are asked."""
    chosen = set(codes)
    return [code for code in QUESTIONS.get(kind, {}) if code in chosen]


def texts(codes: Iterable[str], kind: str) -> Sequence[tuple[str, str]]:
    """(code, text) of questions that were asked of a listing of this kind, in the language of the moment."""
    known = QUESTIONS.get(kind, {})
    return [(code, _(known[code])) for code in codes if code in known]
