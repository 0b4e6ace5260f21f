"""One file for each area: what can be asked, what the model says, what must hold. Found by listing."""

from importlib import import_module
from pkgutil import iter_modules

from tests.simulation.area import Area


def all_areas() -> tuple[Area, ...]:
    """Those of every file here that has an `AREA`."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return tuple(module.AREA for module in modules if hasattr(module, "AREA"))
