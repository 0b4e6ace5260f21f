"""What a phone proof does with an answer that another try has just written."""

from typing import Any

import pytest

from domain.joining.prove_phone import ProvePhone
from domain.merge.model import Merge, MergeCause, MergeState
from domain.unit_of_work import MovedMeanwhile
from tests.domain.builders import NOON
from tests.domain.memory import Memory, MemoryRunner


def test_a_merge_that_does_not_show_yet_is_waited_for() -> None:
    """Found by history 11701: the kept answer showed, the merge did not, and the caller was told 404."""
    merge = Merge("g_1", "m_1", "m_2", MergeCause.PHONE, MergeState.DONE, NOON, "x")
    unused: Any = None
    memory = Memory([])
    prove = ProvePhone(MemoryRunner(memory, NOON), unused, unused, unused, unused, unused, unused)

    with pytest.raises(MovedMeanwhile):
        prove._merge("t", "g_1")
    memory.things[Merge, "g_1"] = merge
    assert prove._merge("t", "g_1") == merge
