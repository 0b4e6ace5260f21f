"""What logging in, joining and a person's own record cost the store: a part of `operations.py`."""

from functools import partial

from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.api_key.authenticate import SignedRequest, signature_of
from domain.clock import epoch_seconds
from domain.joining.log_in_by_phone import PhoneLogin
from domain.member.find import Reference, ReferenceKind
from domain.member.profile import ProfileChange
from scripts.local.costs import Limit
from scripts.local.measuring import Bench
from scripts.local.world import CONSENT

NUMBER, NEW_NUMBER = "13700001234", "13500135001"


class People:
    """Two people come, and one of them joins."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self.services = bench, bench.services

    def join(self) -> tuple[MemberSelf, str]:
        """The one whom the other areas are about, and their id at the platforms."""
        bench, services = self._bench, self.services
        # Fills the caches of tenant and channel, as a warm process has them.
        bench.log_in("wechat", bench.person("林小满", "13912345678"))
        person_id = bench.person("周伯言", "13800138000")
        come = partial(bench.log_in, "wechat", person_id)
        login = bench.row("Log in for the first time (a fan is met)", Limit(3, 1, 12, 1), come)
        bench.row("Log in, known", Limit(3, 2, 1, 1), come)
        recognise = partial(services.authenticate_session, login.token)
        actor: MemberSelf = bench.row("Authenticate a session", Limit(1, 0.5, 0), recognise)
        bench.warm()
        prove = partial(services.prove_phone, actor, bench.proof(actor, "wechat", person_id))
        bench.row("Prove a phone: join", Limit(3, 2.5, 12), prove)
        bench.row("Prove a phone: the same request again", Limit(3, 3, 0), prove)
        bench.row("Read one's record", Limit(1, 1, 0), partial(services.read_myself, actor))
        bench.row("Show the member code", Limit(1, 1, 0), partial(services.show_code, actor))
        self._identify()
        return actor, person_id

    def _identify(self) -> None:
        bench, services = self._bench, self.services
        check = services.authenticate_key
        name = "Authenticate an API key"
        without = partial(check, self._signed("1"), once=False)
        bench.row(f"{name} (with the tenant's settings)", Limit(1, 1, 0), without)
        bench.row(
            f"{name}, and store its nonce", Limit(2, 1, 1), partial(check, self._signed("2"), once=True)
        )
        phone = Reference(ReferenceKind.PHONE, "13800138000")
        bench.row("Identify by phone", Limit(2, 2, 0), partial(services.find_member, bench.till, phone))

    def _signed(self, number: str) -> SignedRequest:
        key = "demo.till-1"
        request = SignedRequest(
            key=key,
            timestamp=str(epoch_seconds(self.services.clock())),
            nonce=f"bench-nonce-{number}",
            signature="",
            method="GET",
            path="/v1/till/members",
            query=(),
            body=b"",
        )
        return replace(request, signature=signature_of(request, self._bench.world.logins.keys[key]))

    def codes(self) -> None:
        bench, services = self._bench, self.services
        send = partial(services.send_login_code, "demo.web", f"+86{NUMBER}", network_address="192.0.2.1")
        bench.row("Send a code to log in with", Limit(5, 5, 8), send)
        path = f"/control/sms/messages?phone={NUMBER}"
        code = bench.world.sandbox.control(path)["items"][-1]["params"]["code"]
        request = PhoneLogin("demo.web", f"+86{NUMBER}", code, CONSENT["version"], "")
        come = partial(services.log_in_by_phone, request)
        bench.row("Join by phone and code (check, register, session)", Limit(8, 7, 14, 1), come)

    def own_record(self) -> None:
        """Of somebody who comes for this alone, because it ends with logging out."""
        bench, services = self._bench, self.services
        person_id = bench.person("顾南枝", "13500135000")
        actor = bench.member(person_id)
        change = partial(services.change_profile, actor, ProfileChange(name="顾南枝", city="杭州"))
        bench.row("Change one's record", Limit(2, 1, 1), change)
        bench.row("Change one's record: the same again", Limit(1, 1, 0), change)
        page = partial(services.list_logins, actor, actor.member_id, 20, None)
        bench.row("A page of logins", Limit(1, 0.5, 0), page)
        bench.log_in("wechat", person_id)
        # Somebody else's phone shows the number that is theirs from now on.
        prove = partial(
            services.prove_phone, actor, bench.proof(actor, "wechat", bench.person("顾南枝", NEW_NUMBER))
        )
        bench.row("Prove a phone: change it, other sessions end", Limit(4, 2, 11, 2), prove)
        leave = partial(services.log_out, actor)
        bench.row("Log out", Limit(2, 0.5, 1, 1), leave)
        bench.row("Log out again", Limit(2, 0.5, 0), leave)
