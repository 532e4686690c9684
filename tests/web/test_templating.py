"""The template environment: languages, escaping, filters, what render() answers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from app.i18n import use_locale
from app.web.flash import COOKIE, redirect
from app.web.shell import Link
from app.web.templating import Fragment, environment, render
from tests.web.small_app import asking


def filled(source: str, **values: object) -> str:
    return environment().from_string(source).render(**values)


def test_a_variable_nobody_gave_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        filled("{{ nobody }}")


def test_texts_are_in_the_language_of_the_moment() -> None:
    source = '{{ _("Bỏ tất cả") }} / {% trans %}Nền tối{% endtrans %}'
    assert filled(source) == "Bỏ tất cả / Nền tối"
    with use_locale("en"):
        assert filled(source) == "Clear all / Dark"


def test_percent_signs_stand_as_written() -> None:
    assert filled('{{ _("giảm 42 %") }}') == "giảm 42 %"
    assert filled("{% trans n=3 %}giảm {{ n }} %{% endtrans %}") == "giảm 3 %"


def test_what_people_typed_is_escaped_everywhere() -> None:
    bad = "<b>x</b>"
    assert filled("{{ bad }}", bad=bad) == "&lt;b&gt;x&lt;/b&gt;"
    assert filled('{{ _("Cũng có tại %(places)s", places=bad) }}', bad=bad) == "Cũng có tại &lt;b&gt;x&lt;/b&gt;"
    assert filled("{{ _(bad) }}", bad=bad) == "&lt;b&gt;x&lt;/b&gt;"
    assert filled("{% trans bad=bad %}<i>{{ bad }}</i>{% endtrans %}", bad=bad) == "<i>&lt;b&gt;x&lt;/b&gt;</i>"
    assert filled("{{ {'title': bad}|attributes }}", bad='"><script>') == ' title="&#34;&gt;&lt;script&gt;"'


def test_plurals() -> None:
    source = '{{ ngettext("%(num)s công nghệ phù hợp", "%(num)s công nghệ phù hợp", n) }}'
    assert filled(source, n=1250) == "1.250 công nghệ phù hợp"
    with use_locale("en"):
        assert filled(source, n=1) == "1 fitting technology"
        assert filled(source, n=1250) == "1,250 fitting technologies"


def test_filters() -> None:
    assert filled("{{ 1250000000|money }}") == "1.250.000.000\xa0₫"
    assert filled("{{ none|money }}", none=None) == ""
    assert filled("{{ day|date }}", day=date(2026, 11, 23)) == "23/11/2026"
    assert filled("{{ at|datetime }}", at=datetime(2026, 11, 22, 18, 30, tzinfo=UTC)) == "01:30 23/11/2026"
    assert filled("{{ 'technology'|term('kind') }}") == "Công nghệ"
    assert filled("{{ 'Viện Cơ điện Nông nghiệp'|initials }}") == "NN"
    assert filled("{{ {'a': 1, 'b': True, 'c': None, 'd': False}|attributes }}") == ' a="1" b'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("giữ 91 % vitamin", "giữ 91\xa0% vitamin"),
        ("600 m³/ngày, 2 tấn", "600\xa0m³/ngày, 2\xa0tấn"),
        ("còn 9 ngàn", "còn 9 ngàn"),
        ("TRL 7 trở lên", "TRL 7 trở lên"),
    ],
)
def test_a_number_stays_with_its_unit(text: str, kept: str) -> None:
    assert environment().filters["typeset"](text) == kept


def test_typesetting_keeps_markup_markup() -> None:
    assert filled("{{ text|typeset }}", text=Markup("<mark>42 %</mark>")) == "<mark>42\xa0%</mark>"
    assert filled("{{ text|typeset }}", text="<b>42 %</b>") == "&lt;b&gt;42\xa0%&lt;/b&gt;"


def test_a_text_in_another_language_says_so() -> None:
    assert filled("<p{{ lang('en') }}>") == '<p lang="en">'
    assert filled("<p{{ lang('vi') }}>") == "<p>"
    assert filled("<p{{ lang('') }}>") == "<p>"


@dataclass(frozen=True, kw_only=True)
class Trail(Fragment):
    template: ClassVar[str] = "parts/icons.html"


def test_a_line_is_shown_once_and_keeps_the_page_out_of_caches() -> None:
    from app.web.errors import ErrorPage

    def here(request: Request) -> Response:
        request.state.page_etag = 'W/"abc"'
        page = ErrorPage(title="Trang", status=404, explanation="…", breadcrumbs=(Link("Đây", "#"),))
        return render(request, page)

    def go(request: Request) -> Response:
        return redirect(request, "/vi/here", "Đã lưu <b>nháp</b>.", "info")

    client = asking(here)
    plain = client.get("/vi/here")
    assert (plain.headers["etag"], plain.headers["cache-control"]) == ('W/"abc"', "public, no-cache")
    sending = asking(go).get("/vi/here")
    assert (sending.status_code, sending.headers["location"]) == (303, "/vi/here")
    assert "HttpOnly" in sending.headers["set-cookie"]
    assert "Secure" in sending.headers["set-cookie"]
    client.cookies.set(COOKIE, sending.cookies[COOKIE])
    shown = client.get("/vi/here")
    assert "Đã lưu &lt;b&gt;nháp&lt;/b&gt;." in shown.text
    assert shown.headers["cache-control"] == "private, no-store"
    assert "etag" not in shown.headers
    assert f'{COOKIE}=""' in shown.headers["set-cookie"]


@pytest.mark.parametrize("value", ["", "x", "bnVsbA==", "WyJyZWQiLCAieCJd", "WzEsIDJd"])
def test_a_broken_flash_cookie_is_passed_over(value: str) -> None:
    from app.web.errors import ErrorPage

    def here(request: Request) -> Response:
        return render(request, ErrorPage(title="Trang", status=404, explanation="…"))

    client = asking(here)
    client.cookies.set(COOKIE, value)
    assert 'role="status"' not in client.get("/vi/here").text


def test_a_fragment_is_rendered_without_the_shell() -> None:
    def here(request: Request) -> Response:
        return render(request, Trail())

    answer = asking(here).get("/vi/here")
    assert "<html" not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("br", None), ("", None)])
def test_pages_are_compressed_for_who_takes_it(accepted: str, encoding: str | None) -> None:
    def here(request: Request) -> Response:
        return render(request, Trail())

    def long(request: Request) -> Response:
        from app.web.errors import ErrorPage

        return render(request, ErrorPage(title="Trang", status=404, explanation="…"))

    answer = asking(long).get("/vi/here", headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert "<h1>Trang</h1>" in answer.text
    assert int(answer.headers["content-length"]) < (4_000 if encoding else 20_000)
    assert "content-encoding" not in asking(here).get("/vi/here").headers, "short answers go as they are"
