"""The lines of an account, from the newest back."""

from collections.abc import Iterator

from domain.page import PAGE_MAX
from domain.points.model import Account, Entry
from domain.points.ports import Entries, TierChanges
from domain.points.standing import TierChange
from domain.unit_of_work import MovedMeanwhile


def entries_back(entries: Entries, account: Account, until: int = 0) -> Iterator[Entry]:
    """Every entry after the sequence `until`. Raises MovedMeanwhile while a commit shows in part."""
    newest = account.version
    while newest > until:
        limit = min(PAGE_MAX, newest - until)
        page = entries.newest(account.member_id, newest + 1, limit, strong=True)
        # A list may lack what a commit is about to show; the lines of an account have no gaps.
        if not page or page[0].sequence != newest or page[-1].sequence != newest - len(page) + 1:
            raise MovedMeanwhile
        yield from page
        newest -= len(page)


def tier_changes_back(changes: TierChanges, account: Account) -> Iterator[TierChange]:
    """Every change of the tier. Raises MovedMeanwhile while a commit shows in part."""
    newest = account.tier_changes
    while newest > 0:
        limit = min(PAGE_MAX, newest)
        page = changes.newest(account.member_id, newest + 1, limit, strong=True)
        if not page or page[0].number != newest or page[-1].number != newest - len(page) + 1:
            raise MovedMeanwhile
        yield from page
        newest -= len(page)
