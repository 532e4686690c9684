"""How many requests a partner may send in a minute, as its agreement says; told in the answer's head.

Counted in each serving process, which allows its share; what an address may send is counted apart
(app/operations/limits.py).
"""

import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

from app.errors import RateLimited, Unavailable
from app.features.partners.credentials import Sight
from app.operations import metrics
from app.operations.limits import TOLD, Told
from app.settings import Settings

_NAME: Final = "partner"


class PartnerLimits:
    """The counts of one process."""

    def __init__(self) -> None:
        self.limiter = SlidingWindowCounterRateLimiter(MemoryStorage())


def count(request: Request, partner: Sight, settings: Settings) -> None:
    """Count this request of the partner.

    Raises:
        RateLimited: it was one too many; Unavailable at /oai, as harvesters know it.
    """
    if settings.rate_limits == "off":
        return
    limits: PartnerLimits = request.app.state.partner_limits
    item = RateLimitItemPerMinute(math.ceil(partner.rate_per_minute / settings.processes))
    allowed = limits.limiter.hit(item, _NAME, str(partner.partner_id))
    stats = limits.limiter.get_window_stats(item, _NAME, str(partner.partner_id))
    wait = max(1, math.ceil(stats.reset_time - time.time()))
    setattr(request.state, TOLD, Told(_NAME, item.amount, stats.remaining, wait))
    if not allowed:
        metrics.limited.labels(_NAME).inc()
        raise Unavailable(retry_after=wait) if request.url.path == "/oai" else RateLimited(wait)
