"""A function starts a tenth cheaper if nobody looks for garbage while everything is made to stay.

Imported by each entry point before all that takes long; `ready` is called last.
"""

import gc

gc.disable()


def ready() -> None:
    """From now on garbage is collected again, without looking at what came with the start."""
    gc.freeze()
    gc.enable()
