"""What a fuzz target is: a name, inputs to start from, and a run that refuses or has a good reason not to."""

from collections.abc import Callable

from msgspec import Struct

from tests.fuzz.logs import LOG


class Unfounded(AssertionError):
    """Something was accepted that nobody issued or signed, or refused that somebody did."""


class Target(Struct, frozen=True):
    """`run` raises nothing but what is a bug, and says whether the input was accepted.

    What the product may raise, and when it may accept, the target itself knows: it looks at the input in
    its own way and compares.
    """

    name: str
    run: Callable[[bytes], bool]
    genuine: tuple[bytes, ...]
    """Accepted, each of them: otherwise a target that refuses everything would look good."""
    others: tuple[bytes, ...] = ()
    """Refused, and good to start from."""
    words: tuple[bytes, ...] = ()
    """Pieces that inputs of this kind are made of."""
    inputs: int = 800
    """How many are tried at every change; a run on demand tries as many as it is asked to."""

    @property
    def seeds(self) -> tuple[bytes, ...]:
        return self.genuine + self.others

    def attempt(self, data: bytes) -> bool:
        """One input, while `LOG` listens: what is logged on the way must fit into the log, too."""
        LOG.forget()
        is_accepted = self.run(data)
        assert not LOG.unwritable, LOG.unwritable
        return is_accepted


def quoted(names: str) -> tuple[bytes, ...]:
    """Names as they stand in JSON: pieces to make inputs of."""
    return tuple(f'"{name}"'.encode() for name in names.split())
