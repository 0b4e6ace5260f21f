"""The page of costs, and the same for machines."""

from collections.abc import Mapping
from typing import Any

from scripts.local.cost_model import (
    HABITS,
    KEY,
    SESSION,
    Cost,
    Counted,
    Prices,
    cost,
    counted,
    monthly,
    of_habit,
    standing,
)

HEAD = """# What it costs

Made by `python3 scripts/cost.py --write` from [operations.md](operations.md), which is measured.
Prices are those of AWS in us-east-1, on demand, as last looked up; look again before you rely on
them, and in mainland China, where they are others, in yuan. Other prices, other memory, other habits:
`python3 scripts/cost.py --members 50000 --price memory_mb=256 --price api=3.5`.

    dollars per million = api + request
        + gigabyte_second × GB × (calls × call_ms + platform_calls × platform_ms + cpu ÷ (MB ÷ 1769)
                                  + cold_share × init_ms) ÷ 1000
        + read_unit × read units + write_unit × write units (with those of indexes) + log_kilobyte × kB

`cpu` is `cpu_ms` for what stands around a use case and `call_cpu_ms` for each call of the store.
"""


def page(members: int, prices: Prices) -> str:
    """docs/cost.md."""
    known = counted()
    lines = [HEAD, "| Price or assumption | Value |", "|---|---:|"]
    lines += [f"| `{name}` | {getattr(prices, name):g} |" for name in Prices.__struct_fields__]
    lines += ["", f"## A month of {members:,} active members", ""]
    lines += ["| Each of them | times | $ per million | $ a month |", "|---|---:|---:|---:|"]
    for habit in HABITS:
        found = of_habit(habit, known, prices).total
        spent = found * habit.times * members / 1_000_000
        lines.append(f"| {habit.what} | {habit.times:g} | {found:.2f} | {spent:.3f} |")
    lines.append(f"| **together** | | | **{monthly(members, known, prices):.2f}** |")
    lines += ["", "How often is an assumption; `HABITS` in `scripts/local/cost_model.py` has it."]
    lines += ["However few come:", "", "| What stands | $ a month |", "|---|---:|"]
    lines += [f"| {what} | {spent:.3f} |" for what, spent in standing(prices).items()]
    lines += [f"| **together** | **{sum(standing(prices).values()):.2f}** |", ""]
    lines += [
        "Storage, backups, traffic, short messages, a NAT gateway and the nightly proof come on top.",
        "",
        "## Each operation",
        "",
    ]
    session, key = _more(SESSION, known, prices), _more(KEY, known, prices)
    lines += [
        f"Without whoever asks: that adds {session:.2f} for a session, {key:.2f} for an API key. Rows of"
    ]
    lines += [
        "jobs and of the table's changes are shown as requests; they have neither API nor logs. Logins wait"
    ]
    lines += ["for a platform besides.", ""]
    lines += ["| Operation | ms | API | Lambda | DynamoDB | logs | $ per million |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|"]
    lines += [_line(name, cost(done, prices)) for name, done in known.items()]
    return "\n".join(lines) + "\n"


def _more(row: str, known: Mapping[str, Counted], prices: Prices) -> float:
    """What is added by more calls in the same request."""
    return cost(known[row], prices).total - cost(Counted(), prices).total


def figures(members: int, prices: Prices) -> dict[str, Any]:
    known = counted()
    return {
        "per_million": {name: round(cost(done, prices).total, 4) for name, done in known.items()},
        "a_month": round(monthly(members, known, prices), 4),
        "a_month_standing": round(sum(standing(prices).values()), 4),
    }


def _line(name: str, found: Cost) -> str:
    parts = (found.api, found.compute, found.store, found.logs, found.total)
    return f"| {name} | {found.ms:.0f} | " + " | ".join(f"{part:.2f}" for part in parts) + " |"
