"""admin payments: what the worker does by itself every hour and every day, done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.integrations.payments import PaymentGateway
    from app.settings import Settings


def add_to(admin: typer.Typer) -> None:
    """Add the verbs."""
    payments = typer.Typer(help="Card payments: missed news, comparison with the provider.", no_args_is_help=True)
    payments.command()(sweep)
    payments.command()(reconcile)
    admin.add_typer(payments, name="payments")


def sweep() -> None:
    """Ask Stripe for news we were not told, and try again what waits."""
    from app import clock
    from app.features.payments.calling import sweep_calls
    from app.features.payments.inbox import sweep_events
    from app.identity import uuid7
    from app.jobs import JobContext
    from app.operations.installation import opened

    with opened() as installation:
        gateway = _gateway(installation.settings)
        context = JobContext(installation.database, installation.settings, uuid7(), 1, clock.now())
        missed, again = sweep_events(context, gateway)
        calls = sweep_calls(context)
        typer.echo(f"{missed} news were missed, {again} are tried again, {calls} calls are made again by the worker")


def reconcile() -> None:
    """Compare our ledger with Stripe's list of the last days. Ends with 1 when they differ."""
    from app import clock
    from app.features.payments.reconciling import reconcile as compare_now
    from app.identity import uuid7
    from app.jobs import JobContext
    from app.operations.installation import opened

    with opened() as installation:
        gateway = _gateway(installation.settings)
        context = JobContext(installation.database, installation.settings, uuid7(), 1, clock.now())
        found = compare_now(context, gateway)
        span = f"{found.since:%F %H:%M} to {found.until:%F %H:%M} UTC"
        typer.echo(f"{found.compared} compared, {found.differences} differ ({span})")
    if found.differences:
        raise typer.Exit(1)


def _gateway(settings: Settings) -> PaymentGateway:
    from app.integrations.payments import gateway_from
    from app.operations.faults import OperationFault

    gateway = gateway_from(settings)
    if gateway is None:
        raise OperationFault("card payments are off", "Set TECHMART_STRIPE_KEY (docs/payments.md).")
    return gateway
