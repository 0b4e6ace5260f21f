"""The whole world in one object: its people, its clock, its platforms, and the product they are shown to."""

from pathlib import Path

from sandbox.alipay.platform import Alipay
from sandbox.alipay.signing import MakeKeys, new_key_pair
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.page.play import Visits
from sandbox.page.product import ProductRegister
from sandbox.people import People
from sandbox.received import Requests
from sandbox.sms.platform import Sms
from sandbox.state import State
from sandbox.wechat.platform import Wechat


class World:
    """Tests may act on it directly, past the HTTP servers."""

    def __init__(self, state_file: Path | None = None, make_keys: MakeKeys = new_key_pair) -> None:
        self.state = State(state_file)
        self.clock = Clock(self.state)
        self.people = People(self.state)
        self.faults = Faults(self.state)
        self.requests = Requests(self.state, self.clock)
        self.wechat = Wechat(self.state, self.clock, self.people)
        self.alipay = Alipay(self.state, self.clock, self.people, make_keys)
        self.sms = Sms(self.state, self.clock)
        self.product = ProductRegister(self.state)
        self.visits = Visits(self.state)

    def forget(self) -> None:
        """Begin again with nothing and nobody."""
        self.state.clear()

    def close(self) -> None:
        """Let go of the state file."""
        self.state.close()
