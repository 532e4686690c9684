"""Stripe as the tests have it: one address in front of stripe-mock and localstripe.

Every call goes to stripe-mock first, which refuses what Stripe's OpenAPI document does not allow. What must be kept is
kept by localstripe (cards, payment intents, refunds, and webhooks that it signs itself); what localstripe does not know
(Connect accounts, pages of Checkout, idempotency keys, disputes, payouts, lists by time) is kept here, on objects that
stripe-mock makes.
Webhooks wait in `outbox` until a test delivers them: in which order, how often, or never, is what is tested.
"""

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from tests.integrations.payments.talking import KEY, SECRET, ask, within

__all__ = ["CARD", "DECLINED", "KEY", "SECRET", "Provider", "Webhook", "provider"]

CARD, DECLINED = "4242424242424242", "4000000000000341"


@dataclass
class Webhook:
    """A letter of Stripe: the raw body and its signature."""

    event: dict[str, Any]
    body: bytes
    signature: str

    @property
    def kind(self) -> str:
        return str(self.event["type"])


@dataclass
class Provider:
    """The address, what arrived there, and what Stripe would do by itself."""

    url: str
    mock: str
    local: str
    outbox: list[Webhook] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, tuple[str, int, Any]] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    broken: bool = False

    # What the tests have Stripe do.

    def enable(self, account: str) -> None:
        """The seller filled everything in."""
        self.accounts[account] |= {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True}
        self.tell("account.updated", self.accounts[account], account=account)

    def pay(self, session: str, *, card: str = CARD) -> str:
        """Somebody types a card on the page; returns the payment intent."""
        one = self.sessions[session]
        assert one["status"] == "open", one["status"]
        method = self.at_local(
            "POST",
            "/v1/payment_methods",
            {
                "type": "card",
                "card[number]": card,
                "card[exp_month]": "12",
                "card[exp_year]": "2030",
                "card[cvc]": "123",
            },
        )[1]
        told = len(self.outbox)
        status, intent = self.at_local(
            "POST",
            "/v1/payment_intents",
            {
                "amount": str(one["amount_total"]),
                "currency": one["currency"],
                "payment_method": method["id"],
                "confirm": "true",
                **{f"metadata[{name}]": value for name, value in one["metadata"].items()},
            },
        )
        self.wait_for_more_than(told)
        if status != 200:
            return ""
        one |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"]}
        self.tell("checkout.session.completed", one)
        return str(intent["id"])

    def subscribe(self, session: str, *, amount: int, card: str = CARD) -> str:
        """Somebody subscribes on the page, at a price in đồng a month; localstripe tells the rest. Returns the id."""
        one = self.sessions[session]
        price = one["asked"]["line_items[0][price]"]
        self.at_local(
            "POST",
            "/v1/plans",
            {
                "id": price,
                "amount": str(amount),
                "currency": "vnd",
                "interval": "month",
                "product[name]": "Membership",
            },
        )
        token = self.at_local(
            "POST",
            "/v1/tokens",
            {"card[number]": card, "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"},
        )[1]
        customer = self.at_local("POST", "/v1/customers", {"source": token["id"], "email": "hoi@vien.test"})[1]
        told = len(self.outbox)
        status, made = self.at_local(
            "POST",
            "/v1/subscriptions",
            {
                "customer": customer["id"],
                "items[0][plan]": price,
                **{f"metadata[{name}]": value for name, value in one["metadata"].items()},
            },
        )
        assert status == 200, made
        # customer.created, invoice.created, payment_intent.succeeded, invoice.payment_succeeded, subscription.created
        with self.arrived:
            assert self.arrived.wait_for(
                lambda: (
                    {"customer.subscription.created", "invoice.payment_succeeded"}
                    <= {one.kind for one in self.outbox[told:]}
                ),
                timeout=20,
            )
        one |= {"status": "complete", "payment_status": "paid", "subscription": made["id"]}
        self.subscriptions[made["id"]] = made
        self.tell("checkout.session.completed", one)
        return str(made["id"])

    def abandon(self, session: str) -> None:
        """Nobody paid in time."""
        self.sessions[session] |= {"status": "expired"}
        self.tell("checkout.session.expired", self.sessions[session])

    def dispute(self, intent: str, amount: int, *, status: str = "needs_response", dispute: str = "") -> str:
        """The payer's bank asks for the money back, or says how that ended."""
        known = self.disputes.get(dispute) or {
            "id": f"dp_{next(self.numbers)}",
            "object": "dispute",
            "amount": amount,
            "currency": "vnd",
            "payment_intent": intent,
            "created": int(time.time()),
        }
        known = {**known, "status": status}
        self.disputes[known["id"]] = known
        closed = status in {"won", "lost"}
        self.tell("charge.dispute.closed" if closed else "charge.dispute.created", known)
        return str(known["id"])

    def fail_refund(self, refund: str) -> None:
        """The bank could not take a refund."""
        found = next(one for one in self.at_local("GET", "/v1/refunds")[1]["data"] if one["id"] == refund)
        self.tell("refund.failed", {**found, "status": "failed", "failure_balance_transaction": "txn_1"})

    def payout(self, account: str, amount: int, *, status: str, payout: str = "po_1") -> None:
        """Money goes from the seller's account to its bank."""
        told = {"id": payout, "object": "payout", "amount": amount, "currency": "vnd", "status": status}
        self.tell(f"payout.{status}", {**told, "arrival_date": int(time.time()) + 86_400}, account=account)

    def tell(self, kind: str, told: Mapping[str, Any], *, account: str | None = None) -> None:
        """Sign an event as Stripe does, and lay it out for delivery."""
        event: dict[str, Any] = {
            "id": f"evt_{next(self.numbers)}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": dict(told)},
        }
        if account:
            event["account"] = account
        body = json.dumps(event).encode()
        at = int(time.time())
        signed = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        self.lay_out(Webhook(event, body, f"t={at},v1={signed}"))

    def lay_out(self, webhook: Webhook) -> None:
        with self.arrived:
            self.events.append(webhook.event)
            self.outbox.append(webhook)
            self.arrived.notify_all()

    def wait_for_more_than(self, many: int) -> None:
        """Until localstripe has signed and sent its own webhook."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.outbox) > many, timeout=20), "no webhook of localstripe"

    def take(self, kind: str = "") -> list[Webhook]:
        """The webhooks that wait, oldest first, of one kind or all; they wait no longer."""
        taken = [one for one in self.outbox if kind in {"", one.kind}]
        self.outbox = [one for one in self.outbox if one not in taken]
        return taken

    # The two servers behind.

    def at_local(self, method: str, path: str, form: Mapping[str, str] | None = None) -> tuple[int, Any]:
        return ask(method, self.local + path, urllib.parse.urlencode(form or {}).encode() if form else None)

    def answer(self, method: str, path: str, query: str, body: bytes, key: str) -> tuple[int, Any]:
        """What Stripe answers to one call."""
        if self.broken:
            return 503, {"error": {"message": "down", "type": "api_error"}}
        status, fixture = ask(method, f"{self.mock}{path}{'?' + query if query else ''}", body or None)
        if status >= 400 and not (status == 404 and method == "GET"):
            return status, fixture
        if method == "POST" and key:
            signature = f"{method} {path} {body.decode()}"
            if key in self.answered:
                before, known_status, known = self.answered[key]
                if before != signature:
                    message = "Keys for idempotent requests can only be used with the same parameters"
                    return 400, {"error": {"message": message, "type": "idempotency_error"}}
                return known_status, known
            status, made = self._kept(method, path, query, body, fixture)
            self.answered[key] = (signature, status, made)
            return status, made
        return self._kept(method, path, query, body, fixture)

    def _kept(self, method: str, path: str, query: str, body: bytes, fixture: Any) -> tuple[int, Any]:
        form = dict(urllib.parse.parse_qsl(body.decode()))
        asked = dict(urllib.parse.parse_qsl(query))
        number = next(self.numbers)
        match method, path.split("/")[2:]:
            case "POST", ["accounts"]:
                off = {"charges_enabled": False, "payouts_enabled": False, "details_submitted": False}
                made = {**fixture, **off, "id": f"acct_{number}", "email": form["email"]}
                self.accounts[made["id"]] = made
                return 200, made
            case "POST", ["account_links"]:
                return 200, {
                    **fixture,
                    "url": f"{self.url}/onboard/{form['account']}",
                    "expires_at": int(time.time()) + 300,
                }
            case "POST", ["checkout", "sessions"] if form["mode"] == "subscription":
                made = {
                    **fixture,
                    "id": f"cs_test_{number}",
                    "mode": "subscription",
                    "status": "open",
                    "payment_status": "unpaid",
                    "url": f"{self.url}/pay/cs_test_{number}",
                    "success_url": form["success_url"],
                    "expires_at": int(form["expires_at"]),
                    "metadata": {"fee": form["metadata[fee]"], "authority": form["metadata[authority]"]},
                    "asked": form,
                }
                self.sessions[made["id"]] = made
                return 200, made
            case "POST", ["subscriptions", subscription] if self.subscriptions[subscription]["status"] == "canceled":
                return 400, {"error": {"message": "canceled", "type": "invalid_request_error"}}
            case "POST", ["subscriptions", subscription]:
                known = self.subscriptions[subscription] | {"cancel_at_period_end": True}
                self.subscriptions[subscription] = known
                self.tell("customer.subscription.updated", known)
                return 200, {**fixture, "id": subscription}
            case "POST", ["checkout", "sessions"]:
                amount = form["line_items[0][price_data][unit_amount]"]
                made = {
                    **fixture,
                    "id": f"cs_test_{number}",
                    "mode": "payment",
                    "status": "open",
                    "payment_status": "unpaid",
                    "payment_intent": None,
                    "amount_total": int(amount),
                    "currency": form["line_items[0][price_data][currency]"],
                    "metadata": {"payment": form["metadata[payment]"], "authority": form["metadata[authority]"]},
                    "url": f"{self.url}/pay/cs_test_{number}",
                    "success_url": form["success_url"],
                    "expires_at": int(form["expires_at"]),
                    "created": int(time.time()),
                    "asked": form,
                }
                self.sessions[made["id"]] = made
                return 200, made
            case "POST", ["checkout", "sessions", session, "expire"]:
                if self.sessions[session]["status"] != "open":
                    return 400, {"error": {"message": "not open", "type": "invalid_request_error"}}
                self.abandon(session)
                return 200, self.sessions[session]
            case "POST", ["refunds"]:
                wanted = {name: form[name] for name in ("payment_intent", "amount")}
                status, made = self.at_local("POST", "/v1/refunds", wanted)
                if status == 200:
                    self.tell("refund.created", made)
                return status, made
            case "GET", ["payment_intents" | "refunds" as listed]:
                _status, found = self.at_local("GET", f"/v1/{listed}?limit=100")
                return 200, within(asked, [{"amount_received": one["amount"], **one} for one in found["data"]])
            case "GET", ["disputes"]:
                return 200, within(asked, list(self.disputes.values()))
            case "GET", ["events"]:
                return 200, within(asked, self.events)
        return 404, {"error": {"message": f"the tests' Stripe has no {method} {path}", "type": "invalid_request_error"}}


@contextmanager
def provider(mock: str, local: str) -> Iterator[Provider]:
    """The front, on a free port, with localstripe's webhooks coming to it."""

    class Handler(BaseHTTPRequestHandler):
        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _send(self, status: int, content: bytes, kind: str, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _any(self) -> None:
            path, _mark, query = self.path.partition("?")
            body = self._body()
            if path == "/_webhook":
                at.lay_out(Webhook(json.loads(body), body, self.headers["Stripe-Signature"]))
                self._send(200, b"", "text/plain")
            elif path == "/favicon.ico":
                self._send(200, b"", "image/x-icon")
            elif path.startswith("/pay/") and self.command == "GET":
                page = "<!doctype html><title>Stripe</title><form method=post><button>Pay</button></form>"
                self._send(200, page.encode(), "text/html")
            elif path.startswith("/pay/"):
                session = path.rpartition("/")[2]
                at.pay(session)
                self._send(303, b"", "text/plain", Location=at.sessions[session]["success_url"])
            elif path.startswith("/onboard/"):
                self._send(200, b"<!doctype html><title>Stripe</title>", "text/html")
            else:
                key = self.headers.get("Idempotency-Key") or ""
                at.calls.append((self.command, path, key))
                status, made = at.answer(self.command, path, query, body, key)
                self._send(status, json.dumps(made).encode(), "application/json")

        do_GET = do_POST = do_DELETE = _any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    at = Provider(f"http://127.0.0.1:{server.server_address[1]}", mock, local)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    ask("DELETE", f"{local}/_config/data", None)
    form = urllib.parse.urlencode({"url": f"{at.url}/_webhook", "secret": SECRET}).encode()
    request = urllib.request.Request(f"{local}/_config/webhooks/tests", data=form, method="POST")
    urllib.request.urlopen(request, timeout=10).close()
    try:
        yield at
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
