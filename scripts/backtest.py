"""What would a draft have given? `python3 scripts/backtest.py TENANT RULE [--from DAY --to DAY]`

Prices every order of those days twice: by the rules in force, and by these with the draft of RULE. Prints
orders, members touched, points and what they are worth, and draws the difference by day. Writes nothing.
Reads the environment that .env.example describes.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """Reads, prices, draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tenant")
    parser.add_argument("rule")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="a day such as 2026-03-01")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="the last day")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    from domain.errors import DomainError
    from domain.points.backtest import back_test
    from scripts.local import backtest

    try:
        services = environment.services()
        programme, rule = backtest.rule_to_try(services, arguments.tenant, arguments.rule)
        orders = backtest.past_orders(
            services, arguments.tenant, arguments.first, arguments.last, _progress(backtest.SEGMENTS)
        )
        found = back_test(orders, programme, rule)
    except (backtest.NothingToTry, DomainError) as problem:
        environment.stop(str(problem))
    print("\n".join(backtest.report(found, programme)))


def _progress(whole: int) -> Callable[[int], None]:
    def say(done: int) -> None:
        print(f"· part {done} of {whole}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    main()
