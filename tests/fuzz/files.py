"""The tenant file: whatever stands in it, it is refused in one line, or it is what it says it is."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import asdict

from domain.errors import DomainError
from scripts.environment import ROOT
from scripts.local.tenants import FileProblem, read
from tests.fuzz.target import Target, Unfounded

DEMO = (ROOT / "scripts" / "demo_tenant.toml").read_bytes()
MINIMAL = b'[tenant]\nid = "shop"\nname = "x"\n'
WHOLE = (
    MINIMAL
    + b'[earning]\npoints = 2\nper_fen = 100\nclawback = "floor"\nbonus_counts = true\n'
    + b'[validity]\nkind = "fixed"\nmonths = 6\n[members]\ncard_prefix = "77"\nconsent_version = "2"\n'
    + b'[orders]\nage_days_max = 7\n[[stores]]\nid = "a"\nname = "A"\nbrand = "b"\n'
    + b'[[channels]]\nid = "wx"\nkind = "web"\nname = "w"\ncredentials = {}\n'
    + b'[[rules]]\nrule_id = "r"\nname = "r"\nkind = "spend_band"\npriority = 1\n'
    + b"settings = { bands = [{ from_fen = 100, permille = 1500 }], is_marginal = true }\n"
    + b"when = { weekdays = [1], starts_at = 2026-11-11T00:00:00+08:00 }\nlimits = { per_day = 9 }\n"
    + b'[[api_keys]]\nid = "till"\nname = "t"\nscopes = ["orders.write"]\nstores = ["a"]\ndaily_cap_fen = 1\n'
)
VARIABLES = {
    f"DEMO_{name}": "x"
    for name in (
        *("SMS_KEY_ID", "SMS_KEY_SECRET", "WECHAT_APP_ID", "WECHAT_SECRET"),
        *("ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY", "ALIPAY_AES_KEY"),
    )
}
WORDS = (
    *(
        b"[earning]",
        b"[validity]",
        b"[members]",
        b"[orders]",
        b"[sms]",
        b"[[stores]]",
        b"[[channels]]",
        b"[[api_keys]]",
    ),
    *(
        b"= 1\n",
        b'= "x"\n',
        b"= [1]\n",
        b"= 1.5\n",
        b"= nan\n",
        b"= 1979-05-27\n",
        b"= true\n",
        b"= {}\n",
        b"=[[[[[[",
    ),
    *(
        b'{ env = "HOME" }',
        b'{ file = "secret" }',
        b'{ file = "/" }',
        b"\xff",
        b"\x00",
        b"-1",
        b"9" * 30,
        b"'''",
    ),
)


@cache
def _folder() -> Path:
    """In the memory of the machine where it has that; gone with the process."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own inside of it
    folder = tempfile.mkdtemp(prefix="tongka-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def load(data: bytes) -> bool:
    path = _folder() / "tenant.toml"
    path.write_bytes(data)
    try:
        plan = read(path, VARIABLES)
    except (FileProblem, DomainError) as refusal:
        if "\n" in str(refusal):
            raise Unfounded(f"The refusal has several lines: {refusal}") from refusal
        return False
    if not _fits(plan, type(plan)):
        raise Unfounded(f"{plan} holds something that it should not.")
    return True


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is what its annotation says, all the way down."""
    kind, inner = get_origin(hint), get_args(hint)
    if kind is UnionType:
        return any(_fits(value, each) for each in inner)
    if kind in {tuple, frozenset}:
        return isinstance(value, kind) and all(_fits(each, inner[0]) for each in value)
    if kind is Mapping:
        return isinstance(value, dict) and all(
            _fits(name, inner[0]) and _fits(each, inner[1]) for name, each in value.items()
        )
    hint = type(value) if getattr(hint, "_is_protocol", False) and isinstance(value, Struct) else hint
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        return False
    if isinstance(value, Struct):
        hints = get_type_hints(type(value))
        return all(_fits(each, hints[name]) for name, each in asdict(value).items())
    return True


def targets() -> tuple[Target, ...]:
    others = (b"", b"not toml", b"[tenant]\nid = 1\nname = 2\n", MINIMAL + b"earning = 1\n")
    return (Target("tenant-file", load, (DEMO, MINIMAL, WHOLE), others, WORDS, 1_000),)
