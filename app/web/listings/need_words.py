"""From words typed into the search box to the form of a need, with nothing lost on the way over sign-in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import WriteSession
from app.search.need_words import NeedWords, read_need
from app.search.port import LONGEST_TEXT
from app.web.enquiries.returning import begin_form
from app.web.forms import Form, PostedForm
from app.web.urls import url

router = APIRouter()

_LONGEST_TITLE = 110


@router.post("/desk/needs/words", name="post_need_words")
def post_words(request: Request, session: WriteSession, posted: PostedForm) -> Response:
    """Keep the words as the beginning of a need and go on to its form; who is not signed in signs in on the way."""
    text = " ".join(posted.value("q").replace("\x00", " ").split())[:LONGEST_TEXT]
    return begin_form(request, session, need_form(text), at=url("begin_listing", kind="need"))


def need_form(text: str) -> Form:
    """The form of a need as far as a search text fills it in: title, description, quantity, budget."""
    if not text:
        return Form()
    read = read_need(text) or NeedWords(text=text, subject=text)
    values = {"title": [_title(read.text)], "description": [text]}
    if read.quantity:
        values["details.quantity"] = [read.quantity]
    if read.budget_max is not None:
        values |= {"price.kind": ["indicative"], "price.to": [str(read.budget_max)], "price.currency": ["VND"]}
    if read.budget_min is not None:
        values["price.from"] = [str(read.budget_min)]
    return Form(values=values)


def _title(text: str) -> str:
    """The text as a title: its first sentence, cut at a word."""
    first = text.split(". ", maxsplit=1)[0].strip(" .")
    cut = first if len(first) <= _LONGEST_TITLE else first[:_LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"
    return cut[:1].upper() + cut[1:]
