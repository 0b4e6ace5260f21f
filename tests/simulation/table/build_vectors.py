"""Asks both engines what the cases ask, and writes `vectors.jsonl`.

    python -m tests.simulation.table.build_vectors

What both engines say is expected. Where they disagree, the case must say who is right and why; without
that, nothing is written. The double is asked too: it must say what is expected, and nothing is ever
expected because it says so.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from adapters.dynamodb.schema import definition
from scripts.local import engine as engines
from scripts.local.processes import Children
from tests.simulation.table.cases import conditions, guards, items, pages, reads, transactions, updates
from tests.simulation.table.cases.case import DYNOXIDE, LOCAL, Case
from tests.simulation.table.client import Client
from tests.simulation.table.engines import new_table, open_patient_client
from tests.simulation.table.storage import Storage
from tests.simulation.table.vectors import FILE, Vector, comparable, prefix_of, run, written

SUBJECTS = (conditions, updates, guards, items, reads, pages, transactions)
Ask = Callable[[Vector, str], dict[str, Any]]


def asker(client: Any) -> Ask:
    """Runs vectors on an engine, on one table but for those that want their own."""
    shared = new_table(client)

    def ask(vector: Vector, prefix: str) -> dict[str, Any]:
        table = new_table(client) if vector.own_table else shared
        return _written(run(vector, client, table, prefix), prefix)

    return ask


def ask_double(vector: Vector, prefix: str) -> dict[str, Any]:
    client = Client(Storage(definition("double")))
    return _written(run(vector, client, "double", prefix), prefix)


def _written(outcome: dict[str, Any], prefix: str) -> dict[str, Any]:
    form: dict[str, Any] = written(outcome, prefix)
    return form


def vector_of(case: Case) -> Vector:
    calls = [{"operation": operation, "arguments": arguments} for operation, arguments in case.calls]
    return Vector(case.name, case.before, calls, case.before, case.own_table)


def decided(case: Case, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What is expected. Raises ValueError if nobody has said who is right, or if there is no dispute."""
    if case.differs is None:
        if found[DYNOXIDE] != found[LOCAL]:
            raise ValueError("the engines disagree")
        return found[LOCAL]
    if found[DYNOXIDE] == found[LOCAL] and case.differs.right is not None:
        raise ValueError("the engines agree")
    base = found[case.differs.right or LOCAL]
    calls = list(base["calls"])
    for place, outcome in case.differs.by_hand.items():
        calls[place] = outcome
    after = base["after"] if case.differs.after_by_hand is None else case.differs.after_by_hand
    return {"calls": calls, "after": after}


def line_of(case: Case, expected: dict[str, Any], found: dict[str, dict[str, Any]]) -> str:
    form: dict[str, Any] = {"name": case.name, "before": case.before}
    form["calls"] = [
        {"operation": operation, "arguments": arguments, **outcome}
        for (operation, arguments), outcome in zip(case.calls, expected["calls"], strict=True)
    ]
    form["after"] = None if _is_untouched(case, expected["after"]) else expected["after"]
    if case.own_table:
        form["own_table"] = True
    other = {
        name: _difference(case, expected, outcome) for name, outcome in found.items() if outcome != expected
    }
    if other:
        form["engines"] = other
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _is_untouched(case: Case, after: list[Any]) -> bool:
    prefix = prefix_of(0)
    before, found = ({"calls": [], "after": items} for items in (case.before, after))
    return comparable(before, prefix) == comparable(found, prefix)


def _difference(case: Case, expected: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    pairs = enumerate(zip(found["calls"], expected["calls"], strict=True))
    calls = {str(place): outcome for place, (outcome, wanted) in pairs if outcome != wanted}
    difference: dict[str, Any] = {"why": case.differs.why if case.differs else "", "calls": calls}
    if found["after"] != expected["after"]:
        difference["after"] = found["after"]
    return difference


def ask_all(cases: list[Case], askers: dict[str, Ask]) -> tuple[list[str], list[str]]:
    """The lines of the file, and what is wrong."""
    lines, wrong = [], []
    for number, case in enumerate(cases):
        prefix, vector = prefix_of(number), vector_of(case)
        found = {name: ask(vector, prefix) for name, ask in askers.items()}
        said = ask_double(vector, prefix)
        try:
            expected = decided(case, found)
        except ValueError as dispute:
            wrong.append(f"{case.name}: {dispute}\n  {json.dumps({**found, 'double': said})[:1500]}")
            continue
        if said != expected:
            shown = json.dumps({"expected": expected, "double": said})
            wrong.append(f"{case.name}: the double is wrong\n  {shown[:1500]}")
        lines.append(line_of(case, expected, found))
    return lines, wrong


def main() -> None:
    os.environ.update(engines.CREDENTIALS)
    cases = [case for subject in SUBJECTS for case in subject.cases()]
    if len({case.name for case in cases}) != len(cases):
        names = [case.name for case in cases]
        sys.exit(f"Two cases have one name: {sorted({name for name in names if names.count(name) > 1})}")
    with Children() as children:
        running = [engines.start(children), engines.start(children, second=True)]
        askers = {each.name: asker(open_patient_client(each.url)) for each in running}
        lines, wrong = ask_all(cases, askers)
    if wrong:
        sys.exit("\n".join(wrong))
    FILE.write_text("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"{len(lines)} vectors.\n")


if __name__ == "__main__":
    main()
