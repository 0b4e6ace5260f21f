"""The tenant file: what it may say, and that applying it can be repeated."""

from pathlib import Path

import pytest

from domain.errors import InvalidInput
from domain.programme.model import ValidityKind
from domain.tenant.model import ChannelKind
from sandbox.server import RunningSandbox
from scripts.environment import ROOT
from scripts.local.tenants import FileProblem, apply, read
from serverless.wiring import Wiring
from tests.shop import Shop

MINIMAL = '[tenant]\nid = "shop"\nname = "店"\n'
DEMO_VARIABLES = dict.fromkeys(
    (
        "DEMO_SMS_KEY_ID",
        "DEMO_SMS_KEY_SECRET",
        "DEMO_WECHAT_APP_ID",
        "DEMO_WECHAT_SECRET",
        "DEMO_ALIPAY_APP_ID",
        "DEMO_ALIPAY_PRIVATE_KEY",
        "DEMO_ALIPAY_PUBLIC_KEY",
        "DEMO_ALIPAY_AES_KEY",
    ),
    "x",
)


def written(folder: Path, text: str) -> Path:
    path = folder / "tenant.toml"
    path.write_text(text)
    return path


def test_the_demo_file_says_what_the_demo_has() -> None:
    plan = read(ROOT / "scripts" / "demo_tenant.toml", DEMO_VARIABLES)

    assert plan.programme.terms.validity.kind is ValidityKind.ROLLING
    assert [channel.kind for channel in plan.channels] == [
        ChannelKind.MINI_PROGRAM,
        ChannelKind.ALIPAY_APP,
        ChannelKind.WEB,
    ]
    assert [key.key_id for key in plan.keys] == ["till-1", "office"]
    assert plan.keys[1].store_ids is None


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    text = MINIMAL + '[[channels]]\nid = "wx"\nkind = "mini_program"\nname = "x"\napp_id = "wx1"\n'
    text += 'credentials = { app_secret = { file = "secret" } }\n'

    plan = read(written(tmp_path, text))

    assert plan.channels[0].credentials == {"app_secret": "s3cret"}


@pytest.mark.parametrize(
    "text, says",
    [
        ("not toml", "cannot be read"),
        ("[tenant]\nname = 'x'\n", "lacks 'id'"),
        ('[tenant]\nid = "Shop"\nname = "x"\n', "lower-case"),
        ('[tenant]\nid = "a#b"\nname = "x"\n', "lower-case"),
        (MINIMAL + '[validity]\nkind = "forever"\n', "validity.kind"),
        (MINIMAL + '[[channels]]\nid = "wx"\nkind = "mini_program"\nname = { env = "NOT_SET" }\n', "NOT_SET"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FileProblem, match=says) as refusal:
        read(written(tmp_path, text), {})

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "[tenant]\nid = 1\nname = 'x'\n",
        "[tenant]\nid = 'x'\nname = 2\n",
        "tenant = 'x'\n",
        "tenant = [1]\n",
        "earning = 1\n" + MINIMAL,
        MINIMAL + "[members]\ncard_prefix = 88\n",
        MINIMAL + "[members]\nconsent_version = 2026\n",
        MINIMAL + f"[members]\nconsent_version = '{'x' * 33}'\n",
        MINIMAL + "[earning]\nbonus_counts = 'yes'\n",
        MINIMAL + "[earning]\npoints = true\n",
        MINIMAL + "[sms]\naccess_key_id = 1\n",
        MINIMAL + "[sms]\n",
        MINIMAL + "[orders]\nage_days_max = 1.5\n",
        MINIMAL + "[[stores]]\nid = 'a'\nname = ['A']\n",
        MINIMAL + "[stores]\nid = 'a'\n",
        "stores = [1]\n" + MINIMAL,
        MINIMAL + "[[channels]]\nid = 'w'\nkind = 'web'\nname = 'w'\ncredentials = 'x'\n",
        MINIMAL + "[[channels]]\nid = 'w'\nkind = 7\nname = 'w'\n",
        MINIMAL + "[[api_keys]]\nid = 'k'\nname = 'k'\nscopes = 'admin'\n",
        MINIMAL + "[[api_keys]]\nid = 'k'\nname = 'k'\nscopes = [1]\n",
        MINIMAL + "[[api_keys]]\nid = 'k'\nname = 'k'\nscopes = []\nstores = 'a'\n",
        MINIMAL + "[[api_keys]]\nid = 'k'\nname = 'k'\nscopes = []\ndaily_cap_fen = '5'\n",
        MINIMAL + "x = { env = 'A\\nB' }\n".replace("'", '"'),
        MINIMAL + "x = { env = 5 }\n",
        MINIMAL + "x = { file = 'A\\nB' }\n".replace("'", '"'),
        MINIMAL + "x = { file = '/' }\n",
        "x = " + "[" * 3000 + "]" * 3000 + "\n" + MINIMAL,
    ],
)
def test_a_file_may_hold_anything_and_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    """Each ended in a traceback, or in a tenant with a number for a name."""
    with pytest.raises(FileProblem) as refusal:
        read(written(tmp_path, text), {})

    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tenant.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "secret").write_bytes(b"\xff\xfe")

    with pytest.raises(FileProblem, match="cannot be read"):
        read(tmp_path / "tenant.toml")
    with pytest.raises(FileProblem, match="cannot be read"):
        read(written(tmp_path, MINIMAL + 'x = { file = "secret" }\n'))


@pytest.mark.parametrize(
    "table",
    [
        "[earning]\npoints = -1",
        "[earning]\nper_fen = 0",
        "[validity]\nmonths = 121",
        '[members]\ncard_prefix = "8"',
    ],
)
def test_a_wrong_setting_is_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises((InvalidInput, FileProblem)):
        read(written(tmp_path, f"{MINIMAL}{table}\n"))


def test_a_channel_needs_exactly_its_credentials(shop: Shop, tmp_path: Path) -> None:
    text = MINIMAL.replace("shop", shop.tenant_id)
    text += '[[channels]]\nid = "wx-9"\nkind = "mini_program"\nname = "x"\napp_id = "wx1"\n'

    with pytest.raises(InvalidInput, match="app_secret"):
        list(apply(shop.services, read(written(tmp_path, text))))


@pytest.mark.capability("C-06")
def test_applying_again_changes_nothing_and_shows_no_secret(
    services: Wiring, sandboxed: RunningSandbox
) -> None:
    plan = read(ROOT / "scripts" / "demo_tenant.toml", DEMO_VARIABLES)

    first, second = (list(apply(services, plan)) for _ in range(2))

    assert [line.split(": ")[1].split(",")[0] for line, _ in first] == ["created"] * len(first)
    assert [line.split(": ")[1] for line, _ in second] == ["unchanged"] * len(first)
    assert [made for _, made in second if made] == []
    assert len([made for _, made in first if made]) == 2


def test_a_changed_rate_gets_the_next_version_and_works_from_the_next_order_on(
    shop: Shop, tmp_path: Path
) -> None:
    member = shop.member()
    before = shop.buy(1000, member.member_id)
    text = MINIMAL.replace("shop", shop.tenant_id) + "[earning]\npoints = 2\nper_fen = 100\n"
    list(apply(shop.services, read(written(tmp_path, text))))

    after = shop.buy(1000, member.member_id)

    assert [before["points"], after["points"]] == [10, 20]
    assert [before["programme_version"], after["programme_version"]] == [1, 2]


def test_rules_of_the_file_are_published_and_only_what_changed_again(shop: Shop, tmp_path: Path) -> None:
    rule = '[[rules]]\nrule_id = "r{number}"\nname = "r"\nkind = "share"\nsettings = {{ points_each = 1 }}\n'
    text = MINIMAL.replace("shop", shop.tenant_id) + "".join(rule.format(number=n) for n in range(90))
    said = []
    for changed in (text, text, text.replace('"r7"\nname = "r"', '"r7"\nname = "new"')):
        lines = dict(
            line.split(": ", 1) for line, _ in apply(shop.services, read(written(tmp_path, changed)))
        )
        said.append(lines[f"programme of {shop.tenant_id}"])

    in_force = shop.office.get("/v1/staff/programme").json
    assert said == ["changed", "unchanged", "changed"]
    assert len(in_force["rules"]) == 91
    assert [each["version"] for each in in_force["rules"] if each["rule"]["name"] == "new"] == [2]


def test_a_rule_that_is_written_wrongly_is_refused_by_its_field(tmp_path: Path) -> None:
    text = MINIMAL + '[[rules]]\nrule_id = "r"\nname = "r"\nkind = "share"\nsettings = { points = 1 }\n'

    with pytest.raises(FileProblem, match=r"settings\.points_each"):
        read(written(tmp_path, text))
