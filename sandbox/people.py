"""The people of this world: one person holds one phone and uses every app."""

import re

from msgspec import Struct
from msgspec.structs import replace

from sandbox.refusals import NotThere, NotValid
from sandbox.shapes import hexadecimal
from sandbox.state import Shelf, State

NAME_LENGTH_MAX = 40
MAINLAND_PHONE = re.compile(r"1\d{10}")
FOREIGN_PHONE = re.compile(r"\+([1-9]\d{0,2})-(\d{4,14})")


class Person(Struct, frozen=True):
    person_id: str
    name: str
    phone: str

    @property
    def country_code(self) -> str:
        """The calling code without a plus sign."""
        foreign = FOREIGN_PHONE.fullmatch(self.phone)
        return foreign[1] if foreign else "86"

    @property
    def national_phone(self) -> str:
        """The number without a calling code."""
        foreign = FOREIGN_PHONE.fullmatch(self.phone)
        return foreign[2] if foreign else self.phone


class People:
    """Everybody who lives in the sandbox."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._people = Shelf(state, "people", Person)

    def add(self, name: str, phone: str) -> Person:
        """Let a person be born with a name and a phone."""
        person = checked(Person("p" + hexadecimal(8), name, phone))
        self._people.put(person.person_id, person)
        return person

    def change(self, person_id: str, name: str | None = None, phone: str | None = None) -> Person:
        """Give a person another name or number."""
        with self._state.change():
            person = self.get(person_id)
            person = checked(replace(person, name=name or person.name, phone=phone or person.phone))
            self._people.put(person_id, person)
        return person

    def get(self, person_id: str) -> Person:
        """The person, who must exist."""
        person = self._people.get(person_id)
        if person is None:
            raise NotThere(f"there is no person {person_id}")
        return person

    def all(self) -> list[Person]:
        """Everybody, eldest first."""
        return self._people.all()


def checked(person: Person) -> Person:
    """Refuse names and numbers that no phone would show."""
    if not 0 < len(person.name) <= NAME_LENGTH_MAX:
        raise NotValid(f"a name has 1 to {NAME_LENGTH_MAX} characters")
    if not (MAINLAND_PHONE.fullmatch(person.phone) or FOREIGN_PHONE.fullmatch(person.phone)):
        raise NotValid("a phone is 1 and ten digits, or +<country>-<number>")
    return person
