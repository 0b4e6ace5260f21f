"""The tenant's own side: rules that change, stores, channels, and keys that come and go."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import KeyHolder
from domain.api_key.apply import ApplyKey, KeyApplied, KeyWish, RevokeKey, RotateKey
from domain.api_key.authenticate import AuthenticateKey
from domain.proof.reconcile import Reconcile, Report
from domain.tenant.apply import ApplyChannel, ApplyStore, ApplyTenant, ChannelWish
from domain.tenant.model import ChannelKind, Store
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_member
from tests.simulation.areas.points import an_order
from tests.simulation.areas.programmes import Draft, Publish
from tests.simulation.cloud import Change, Commit
from tests.simulation.houses import tenant_wish
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

SPARE = "spare"
WISH = KeyWish(SPARE, SPARE, frozenset({"members.read"}), None)


class Key(Struct, frozen=True):
    """The spare key: its secrets, the newest last."""

    secrets: tuple[str, ...] = ()
    is_revoked: bool = False


def _key(state: State) -> Key:
    key: Key = state.areas.get(SPARE, Key())
    return key


def _with_key(state: State, key: Key) -> State:
    return replace(state, areas={**state.areas, SPARE: key})


class NameTenant(Operation, frozen=True):
    """Head office applies the file with another name."""

    name: ClassVar[str] = "apply a tenant"
    use_case: ClassVar[type] = ApplyTenant
    is_once: ClassVar[bool] = False
    title: str

    def call(self, process: Process) -> str:
        return process.services.apply_tenant(tenant_wish(process.world.house.tenant_id, self.title))

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(replace(state, areas={**state.areas, "tenant": self.title}))

    def facts(self, answer: str) -> Mapping[str, Any]:
        return NOTHING


class NameStore(Operation, frozen=True):
    """Head office opens or renames a store."""

    name: ClassVar[str] = "apply a store"
    use_case: ClassVar[type] = ApplyStore
    is_once: ClassVar[bool] = False
    store_id: str
    title: str

    def call(self, process: Process) -> str:
        return process.services.apply_store(process.world.house.tenant_id, Store(self.store_id, self.title))

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(replace(state, areas={**state.areas, self.store_id: self.title}))

    def facts(self, answer: str) -> Mapping[str, Any]:
        return NOTHING


class NameChannel(Operation, frozen=True):
    """Head office opens or renames a channel."""

    name: ClassVar[str] = "apply a channel"
    use_case: ClassVar[type] = ApplyChannel
    is_once: ClassVar[bool] = False
    title: str

    def call(self, process: Process) -> str:
        wish = ChannelWish("extra", ChannelKind.WEB, self.title, "")
        return process.services.apply_channel(process.world.house.tenant_id, wish)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(replace(state, areas={**state.areas, "channel": self.title}))

    def facts(self, answer: str) -> Mapping[str, Any]:
        return NOTHING


class GiveKey(Operation, frozen=True):
    """Head office gives a till its key; the secret is shown once."""

    name: ClassVar[str] = "apply a key"
    use_case: ClassVar[type] = ApplyKey
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> KeyApplied:
        return process.services.apply_key(process.world.house.tenant_id, WISH)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if _key(state).secrets:
            return Accepted(state, {"secret": None})
        return Accepted(_with_key(state, Key((moment.made.secret,))), {"secret": moment.made.secret})

    def facts(self, answer: KeyApplied) -> Mapping[str, Any]:
        return {"secret": answer.secret}

    def learn(self, world: World, answer: KeyApplied) -> None:
        if answer.secret:
            world.memory["secrets"].append(answer.secret)


class TurnKey(Operation, frozen=True):
    """A second secret; the newest two work."""

    name: ClassVar[str] = "rotate a key"
    use_case: ClassVar[type] = RotateKey
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> str:
        return process.services.rotate_key(process.world.house.tenant_id, SPARE)

    def expect(self, state: State, moment: Moment) -> Verdict:
        key = _key(state)
        if not key.secrets:
            return Refused("api-key-not-found")
        secrets = (*key.secrets, moment.made.secret)[-2:]
        return Accepted(_with_key(state, replace(key, secrets=secrets)), {"secret": moment.made.secret})

    def facts(self, answer: str) -> Mapping[str, Any]:
        return {"secret": answer}

    def learn(self, world: World, answer: str) -> None:
        world.memory["secrets"].append(answer)


class TakeKey(Operation, frozen=True):
    """The key is taken away."""

    name: ClassVar[str] = "revoke a key"
    use_case: ClassVar[type] = RevokeKey
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> None:
        process.services.revoke_key(process.world.house.tenant_id, SPARE)

    def expect(self, state: State, moment: Moment) -> Verdict:
        key = _key(state)
        if not key.secrets:
            return Refused("api-key-not-found")
        return Accepted(_with_key(state, replace(key, is_revoked=True)))

    def facts(self, answer: None) -> Mapping[str, Any]:
        return NOTHING


class UseKey(Operation, frozen=True):
    """Somebody signs with a secret that the key has, had, or never had."""

    name: ClassVar[str] = "sign"
    use_case: ClassVar[type] = AuthenticateKey
    is_once: ClassVar[bool] = False
    secret: str

    def call(self, process: Process) -> KeyHolder:
        return callers.signed(process, SPARE, "x", once=True, secret=self.secret)

    def expect(self, state: State, moment: Moment) -> Verdict:
        key = _key(state)
        good = self.secret in key.secrets and not key.is_revoked
        return Accepted(state) if good else Refused("signature-refused")

    def facts(self, answer: KeyHolder) -> Mapping[str, Any]:
        return NOTHING


class Prove(Operation, frozen=True):
    """The nightly job folds everything again, beside the traffic: it must find nothing."""

    name: ClassVar[str] = "reconcile"
    use_case: ClassVar[type] = Reconcile
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Report:
        return process.services.reconcile()

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, {"findings": ()})

    def facts(self, answer: Report) -> Mapping[str, Any]:
        return {"findings": answer.findings}


def tenant_is_written(world: World, state: State, change: Change) -> None:
    """Its name and its programme are two people's work: neither change is lost."""
    item = change.after or {}
    seen = (observe.text(item, "name"), observe.json_of(item, "settings")["programme_version"])
    expected = (state.areas.get("tenant", "山茶咖啡"), state.programme.version)
    if seen != expected:
        raise Broken("no change of a tenant is lost", f"{seen}, expected {expected}")


def settings_step(world: World, state: State, commit: Commit) -> State | None:
    """A tenant, its keys, stores, channels and rules are set up by themselves, never together with people."""
    ours = {"tenant", "store", "channel", "api-key", "programme", "rule"}
    if commit.kinds & ours and commit.kinds - ours - {"idempotency"}:
        raise Broken("settings are written by themselves", str(sorted(commit.kinds)))
    return None


def draw_use(world: World, chance: Random) -> UseKey | None:
    secrets: list[Any] = world.memory["secrets"]
    return UseKey(chance.choice(secrets)) if secrets else None


def name_scene(stage: Stage) -> NameTenant:
    stage.rival = NameTenant("rival")
    return NameTenant("山茶")


def name_and_rules_scene(stage: Stage) -> NameTenant:
    """The file is applied while somebody publishes a rule."""
    number = stage.does(Draft("cups", 1)).record.draft_number
    stage.rival = Publish("publish-0000000001", {"cups": number})
    return NameTenant("山茶")


def store_scene(stage: Stage) -> NameStore:
    stage.rival = NameStore("east", "rival")
    return NameStore("east", "东店")


def new_store_scene(stage: Stage) -> NameStore:
    stage.rival = NameStore("north", "rival")
    return NameStore("north", "北店")


def channel_scene(stage: Stage) -> NameChannel:
    stage.rival = NameChannel("rival")
    return NameChannel("网页")


def give_scene(stage: Stage) -> GiveKey:
    stage.rival = GiveKey()
    return GiveKey()


def turn_scene(stage: Stage) -> TurnKey:
    stage.does(GiveKey())
    stage.rival = TurnKey()
    return TurnKey()


def take_scene(stage: Stage) -> TakeKey:
    stage.does(GiveKey())
    stage.rival = TurnKey()
    return TakeKey()


def use_scene(stage: Stage) -> UseKey:
    stage.does(GiveKey())
    stage.rival = TurnKey()
    return UseKey(stage.world.memory["secrets"][0])


def prove_scene(stage: Stage) -> Prove:
    member = a_member(stage).member_id
    for _ in range(2):
        stage.does(an_order(stage, member))
    stage.rival = an_order(stage, member, number="rival")
    return Prove()


AREA = Area(
    "tenants",
    draws=(
        (1, lambda world, chance: NameTenant(chance.choice("甲乙丙"))),
        (1, lambda world, chance: NameStore(chance.choice(("east", "north")), chance.choice("甲乙丙"))),
        (1, lambda world, chance: NameChannel(chance.choice("甲乙丙"))),
        (1, lambda world, chance: GiveKey()),
        (1, lambda world, chance: TurnKey()),
        (1, lambda world, chance: TakeKey() if chance.random() < 0.2 else None),
        (2, draw_use),
        (1, lambda world, chance: Prove()),
    ),
    jobs=(Prove,),
    scenarios={
        "apply a tenant": name_scene,
        "apply a tenant and its rules": name_and_rules_scene,
        "apply a store": store_scene,
        "open a store": new_store_scene,
        "apply a channel": channel_scene,
        "apply a key": give_scene,
        "rotate a key": turn_scene,
        "revoke a key": take_scene,
        "sign": use_scene,
        "reconcile": prove_scene,
    },
    steps=(settings_step,),
    comparisons={"tenant": tenant_is_written},
)
