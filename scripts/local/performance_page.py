"""docs/performance.md and its pictures, from one run of the benchmarks for growth and contention."""

from collections.abc import Sequence
from pathlib import Path

from scripts.local.contention import Contention
from scripts.local.drawing import picture
from scripts.local.growth import FIXED_DUE, Growth

HEAD = """# How fast, and how it grows

Made by `python3 scripts/bench.py performance --write`, which measures the second half in one run. Everything
is a count or a ratio of one run, never a time. Jobs are counted exactly: another run gives the same, on any
machine. Of several tills at one member only the first line and the last column are exact; how many races are
lost, and so the calls and units of the others, is up to the moment.

| What | Where |
|---|---|
| A start, beside Flask and a DynamoDB client | [lambda.md](lambda.md#what-a-start-costs) |
| A warm request, beside the same by hand | [lambda.md](lambda.md#what-a-warm-request-costs) |
| Calls and units of each operation, with limits and the design's figures | [operations.md](operations.md) |
| Sizes of packages | `python3 scripts/package.py` |
| Dollars | [cost.md](cost.md) |
| Pricing an order, in steps by lines and rules | `python3 scripts/bench.py pricing` |
"""


def write(docs: Path, grown: Sequence[Growth], contended: Sequence[Contention]) -> list[Path]:
    """Answers what it wrote."""
    pictures = docs / "pictures"
    files = {
        pictures / "growth-by-members.svg": picture(
            "Units of a run, by all members",
            "members",
            "read and write units",
            _lines(grown, "members"),
        ),
        pictures / "growth-by-due.svg": picture(
            "Units of a run, by what is due",
            "due at once",
            "read and write units",
            _lines(grown, "what is due"),
        ),
        pictures / "contention.svg": picture(
            "Units of an order, several tills writing to one member at once",
            "tills at once",
            "times as many as alone",
            {
                "measured": [(each.writers, each.multiple) for each in contended],
                "limit": [(each.writers, each.limit) for each in contended],
            },
        ),
        docs / "performance.md": "\n".join([HEAD, *_growth(grown), *_contention(contended), ""]),
    }
    for path, text in files.items():
        path.write_text(text)
    return list(files)


def _lines(grown: Sequence[Growth], by: str) -> dict[str, list[tuple[float, float]]]:
    return {each.job: [(point.size, point.units) for point in each.points] for each in grown if each.by == by}


def _growth(grown: Sequence[Growth]) -> list[str]:
    rows = [
        f"| `{each.job}` | {each.by} | {_series(each)} | {each.slope:g} | {each.limit:g} |" for each in grown
    ]
    return [
        "## Jobs",
        "",
        "A job asks an index for what is due. How much there is beside must not matter (slope 0): each of",
        "the members has points, a coupon and a held bill that are not due, and an open session;",
        f"{FIXED_DUE} things are due. What is due may cost in proportion (slope 1). Slopes are those of the",
        "logarithms, the steeper of calls and units.",
        "`reconcile` is not here: it reads one thirtieth of everything each night, by purpose.",
        "",
        "![Units by members](pictures/growth-by-members.svg)",
        "",
        "![Units by what is due](pictures/growth-by-due.svg)",
        "",
        "| Job | By | Size: calls, units | Slope | Limit |",
        "|---|---|---|---:|---:|",
        *rows,
        "",
    ]


def _series(growth: Growth) -> str:
    return "; ".join(f"{point.size:,}: {point.calls}, {point.units:g}" for point in growth.points)


def _contention(contended: Sequence[Contention]) -> list[str]:
    rows = [
        f"| {each.writers} | {each.orders} | {each.calls} | {each.units:g} | {each.multiple} "
        f"| {each.limit:g} | {each.lost} |"
        for each in contended
    ]
    return [
        "## Several tills, one member",
        "",
        "Each till books ten orders of its own for the same member, all at once. Whoever loses a race reads",
        "again and plans again. How many are lost differs from run to run; that no point is missing or there",
        "twice does not. A write that was refused is billed, but its answer names no units, so that those of",
        "several tills are more than what stands here.",
        "",
        "![Contention](pictures/contention.svg)",
        "",
        "| Tills | Orders | Calls | Units | × alone | Limit | Points wrong |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]
