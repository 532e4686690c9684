"""What ranks results and matches, told in words with the weights in force. The page /ranking shows nothing else."""

from app.i18n import _
from app.i18n.formats import format_number
from app.matching_weights import WEIGHTS, Weights
from app.search.matching import Match, log_odds, signed, text_odds
from app.search.subjects import NEARNESS_COUNTS


def search_weights() -> list[tuple[str, str]]:
    """What decides the order of search results, strongest first: (what, how)."""
    return [
        (
            _("Số từ khớp"),
            _("Mục có đủ mọi từ đứng trước; chỉ khi quá ít mục mới nới còn bảy phần mười số từ (câu dài: ba)."),
        ),
        (_("Từ hiếm nặng hơn từ thường"), _("Công thức BM25, trên tiêu đề, lợi ích, tóm tắt, mô tả và từ khoá.")),
        (_("Đúng dấu hơn không dấu"), _("Gõ có dấu thì mục khớp đúng dấu được thêm điểm; gõ không dấu vẫn tìm đủ.")),
        (_("Thuật ngữ tiếng kia"), _("Mục nói cùng điều đó bằng tiếng Anh hay tiếng Việt cũng được tìm ra, đứng sau.")),
        (_("Các từ đi liền nhau"), _("Hai âm tiết đứng cạnh nhau như trong câu tìm được cộng nửa trọng số.")),
        (_("Tin quá hạn xác nhận"), _("Bị đưa xuống sau các tin còn được chủ xác nhận.")),
        (
            _("Cùng một đối tượng hiện một lần"),
            _("Tin của sàn này đứng trước tin sàn khác, rồi đến tin chưa quá hạn, đơn vị đã xác minh, tin đăng trước."),
        ),
        (_("Không tính"), _("Không ai trả tiền để đứng trước; người xem là ai không ảnh hưởng đến thứ tự.")),
    ]


def match_weights(weights: Weights = WEIGHTS) -> list[tuple[str, str]]:
    """What moves the score of a match, and by how much: (what, weight). Weights are log-odds."""

    def number(value: float) -> str:
        return format_number(value, 2)

    return [
        (
            _("Nội dung giống nhau (nền của điểm)"),
            _(
                "%(base)s + %(slope)s × ln(số lần giống hơn mức mà một phần mười tin giống nhất thường đạt)",
                base=number(weights.text_base),
                slope=number(weights.text_slope),
            ),
        ),
        (
            _("Gần nhau về chủ đề dù khác từ, học từ chính các tin trên sàn (tính trong nền)"),
            _("nền × e^(%(weight)s × độ gần, từ −1 đến 1)", weight=number(NEARNESS_COUNTS)),
        ),
        (_("Phân loại gần nhau"), f"± {number(weights.classification)}"),
        (_("TRL so với yêu cầu"), f"± {number(weights.trl)}"),
        (_("Giá so với ngân sách"), f"± {number(weights.price)}"),
        (_("Hình thức hợp tác"), f"± {number(weights.cooperation)}"),
        (_("Cùng địa phương"), f"+ {number(weights.region)}"),
        (_("Đơn vị đã xác minh"), f"+ {number(weights.verified)}"),
        (_("Chủ tin xác nhận trong %(days)s ngày", days=weights.fresh_days), f"+ {number(weights.freshness)}"),
        (_("Tin quá hạn xác nhận"), f"− {number(weights.stale)}"),
        (_("Nhu cầu đã qua hạn"), f"− {number(weights.deadline)}"),
        (
            _("Bên chào trả lời nhanh, hay hiếm khi trả lời (từ %(count)s yêu cầu)", count=weights.reply_least),
            f"± {number(weights.reply)}",
        ),
        (
            _(
                "Gợi ý từ tin chào được người dùng nhận xét là hợp hay không (khi sàn đã có %(count)s nhận xét)",
                count=weights.judgements_needed,
            ),
            f"± {number(weights.judged)}",
        ),
        (_("Điểm thấp nhất được hiện"), format_number(weights.least_score)),
    ]


def sum_of(match: Match, weights: Weights = WEIGHTS) -> list[str]:
    """The sum a score is made of, a summand a line, for the terminal: anybody can work it out again."""
    texts = text_odds(match.text_ratio, weights)
    lines = [f"{texts:+.2f}  texts: {weights.text_base:+g} {weights.text_slope:+g} × ln({match.text_ratio:.3f})"]
    lines += [f"{signed(one):+.2f}  {one.code}" for one in match.reasons if signed(one)]
    total = log_odds(match.text_ratio, match.reasons, weights)
    return [*lines, f"{total:+.2f}  log-odds: 100 / (1 + e^{-total:.2f}) = {match.score}"]
