"""The tenant's own side: rules that change, stores, channels, and keys that come and go."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, ClassVar

from domain.actor import KeyHolder
from domain.api_key.apply import ApplyKey, KeyApplied, KeyWish, RevokeKey, RotateKey
from domain.api_key.authenticate import AuthenticateKey
from domain.proof.reconcile import Reconcile, Report
from domain.tenant.apply import ApplyChannel, ApplyStore, ApplyTenant, ChannelWish
from domain.tenant.model import ChannelKind, Store
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member
from tests.simulation.areas.points import an_order
from tests.simulation.cloud import Change, Commit
from tests.simulation.houses import tenant_wish
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

SPARE = "spare"
WISH = KeyWish(SPARE, SPARE, frozenset({"members.read"}), None)


@dataclass(frozen=True, slots=True)
class Key:
    """The spare key: its secrets, the newest last."""

    secrets: tuple[str, ...] = ()
    is_revoked: bool = False


def _key(state: State) -> Key:
    key: Key = state.areas.get(SPARE, Key())
    return key


def _with_key(state: State, key: Key) -> State:
    return replace(state, areas={**state.areas, SPARE: key})


@dataclass(frozen=True, slots=True)
class ChangeRate(Operation):
    """Head office changes how many points there are for a yuan."""

    name: ClassVar[str] = "apply a tenant"
    use_case: ClassVar[type] = ApplyTenant
    is_once: ClassVar[bool] = False
    points: int

    def call(self, process: Process) -> str:
        wish = tenant_wish(process.world.house.tenant_id, process.world.state.programme, self.points)
        return process.services.apply_tenant(wish)

    def expect(self, state: State, moment: Moment) -> Verdict:
        programme = state.programme
        if programme.points == self.points:
            return Accepted(state)
        changed = replace(programme, points=self.points, version=programme.version + 1)
        return Accepted(replace(state, programmes=(*state.programmes, changed)))

    def facts(self, answer: str) -> Mapping[str, Any]:
        return NOTHING


@dataclass(frozen=True, slots=True)
class NameStore(Operation):
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


@dataclass(frozen=True, slots=True)
class NameChannel(Operation):
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


@dataclass(frozen=True, slots=True)
class GiveKey(Operation):
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


@dataclass(frozen=True, slots=True)
class TurnKey(Operation):
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


@dataclass(frozen=True, slots=True)
class TakeKey(Operation):
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


@dataclass(frozen=True, slots=True)
class UseKey(Operation):
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


@dataclass(frozen=True, slots=True)
class Prove(Operation):
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


def rate_is_written(world: World, state: State, change: Change) -> None:
    """A changed programme is the next version, and nobody's change is lost."""
    settings = observe.json_of(change.after or {}, "settings")
    seen = (settings["points"], settings["programme_version"])
    if seen != (state.programme.points, state.programme.version):
        raise Broken("a changed programme is the next version", f"{seen}, expected {state.programme}")


def settings_step(world: World, state: State, commit: Commit) -> State | None:
    """A tenant, its keys, stores and channels are set up by themselves, never together with people."""
    ours = {"tenant", "store", "channel", "api-key"}
    if commit.kinds & ours and commit.kinds - ours:
        raise Broken("settings are written by themselves", str(sorted(commit.kinds)))
    return None


def draw_use(world: World, chance: Random) -> UseKey | None:
    secrets: list[Any] = world.memory["secrets"]
    return UseKey(chance.choice(secrets)) if secrets else None


def rate_scene(stage: Stage) -> ChangeRate:
    stage.rival = ChangeRate(7)
    return ChangeRate(3)


def order_at_new_rate_scene(stage: Stage) -> Operation:
    """The rate changes while an order is recorded."""
    member = a_fan(stage).member_id
    stage.rival = ChangeRate(5)
    return an_order(stage, member)


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
        (1, lambda world, chance: ChangeRate(chance.randrange(1, 9))),
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
        "apply a tenant": rate_scene,
        "an order while the rate changes": order_at_new_rate_scene,
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
    comparisons={"tenant": rate_is_written},
)
