"""The table of refusal codes in docs/problems.md, from the classes themselves."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import adapters
import domain
import handlers
from domain.errors import DomainError
from handlers.problems import status_of

HEADER = "| Status | Code | Title | Message | Where |\n|---|---|---|---|---|\n"


def refusals() -> list[type[DomainError]]:
    """Every refusal that the product knows, by status and code."""
    for room in (domain, handlers, adapters):
        _import_all(room)
    return sorted(set(_below(DomainError)), key=lambda refusal: (status_of(refusal), refusal.code))


def with_table(document: str) -> str:
    """The document with its table of codes made anew."""
    start = document.index(HEADER)
    end = document.index("\n\n", start) + 1
    rows = "".join(
        f"| {status_of(each)} | `{each.code}` | {each.title} | {each.message} | `{_file(each)}` |\n"
        for each in refusals()
    )
    return document[:start] + HEADER + rows + document[end:]


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        if child.__module__.split(".")[0] in {"domain", "handlers", "adapters"}:
            yield child
        yield from _below(child)


def _file(refusal: type[DomainError]) -> str:
    return refusal.__module__.replace(".", "/") + ".py"


def _import_all(room: ModuleType) -> None:
    for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)
