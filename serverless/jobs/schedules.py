"""Jobs run by the clock; `zappa_settings.json` pairs each with its cron line (UTC).

Every job is safe to run twice and safe to stop half-way: it takes a bounded batch, and the next tick carries
on. A job that fails fails the function, which is tried again twice and then lies with the dead letters.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from domain.clock import shop_date
from serverless.ground import code_of
from serverless.wiring import wiring

EXPIRE_BATCH = 5_000
COUPON_BATCH = 30_000
"""In two calls each, so that the coupons of a large campaign are ended within some hours."""
SETTLE_BATCH = 500
RELEASE_BATCH = 1_000
RECONCILE_NIGHTS = 30
"""Every account is proved once in so many nights."""


class JobFailed(Exception):
    """Which one, and the kind of error.

    Lambda writes what a function raises into its log and its dead letters; the sentence of an error may
    have personal data in it.
    """


Job = Callable[[], dict[str, Any]]

JOBS: dict[str, Job] = {}
"""By the dotted names of `zappa_settings.json`; nothing else is ever run."""
log = logging.getLogger("tongka.jobs")


def job(run: Job) -> Job:
    """Writes one log line for each run, and puts the job on the list."""

    @wraps(run)
    def logged() -> dict[str, Any]:
        try:
            done = run()
        except Exception as problem:
            log.exception("job failed")
            raise JobFailed(run.__name__, code_of(problem)) from None
        log.info(run.__name__, extra=done)
        return done

    JOBS[f"{run.__module__}.{run.__name__}"] = logged
    return logged


@job
def expire_points() -> dict[str, Any]:
    """Hourly: points past their last day leave their accounts."""
    expired = wiring().expire_points(limit=EXPIRE_BATCH)
    return {
        "accounts": expired.accounts,
        "points": expired.points.count,
        "failed": expired.failed,
        "more": expired.more,
    }


@job
def convert_points() -> dict[str, Any]:
    """Hourly, a while after: what points have become is issued."""
    converted = wiring().convert_points(limit=EXPIRE_BATCH)
    return {"coupons": converted.coupons, "failed": converted.failed, "more": converted.more}


@job
def expire_coupons() -> dict[str, Any]:
    """Hourly: coupons past their last day are ended."""
    ended = wiring().expire_coupons(limit=COUPON_BATCH)
    return {"coupons": ended.coupons, "failed": ended.failed, "more": ended.more}


@job
def release_holds() -> dict[str, Any]:
    """Every minute: what was held for bills that nobody completed is there again."""
    released = wiring().release_holds(limit=RELEASE_BATCH)
    return {"holds": released.holds, "failed": released.failed, "more": released.more}


@job
def settle_merges() -> dict[str, Any]:
    """Every five minutes: sessions follow merges and changed phones for sure."""
    services = wiring()
    settled = services.settle_merges(limit=SETTLE_BATCH)
    return {"settled": settled + services.sweep_sessions(limit=SETTLE_BATCH)}


@job
def reconcile() -> dict[str, Any]:
    """Nightly: one thirtieth of all ledgers is folded again."""
    services = wiring()
    segment = shop_date(services.clock()).toordinal() % RECONCILE_NIGHTS
    report = services.reconcile(segment, RECONCILE_NIGHTS)
    for finding in report.findings:
        log.critical("the books do not fit: %s", finding.what, extra={"member_id": finding.member_id})
    return {"accounts": report.seen.get("account", 0), "findings": len(report.findings)}
