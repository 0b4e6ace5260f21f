"""The gateway's answer as text: the node is written once, and that very text is signed and spliced in."""

import json

from msgspec import Struct

from sandbox.alipay import content
from sandbox.alipay.apps import App
from sandbox.alipay.signing import sign

TRICKY_FIELDS = (
    r'"tricky_braces":"} not the end { nor a start","tricky_sign":"say \"sign\":\"AAAA\"}",'
    r'"tricky_escapes":"https:\/\/example.com\/\u4f60\u597d\ud83d\ude00","tricky_emoji":"🎉{"'
)
"""Texts that make a parser stumble which looks for braces or quotes instead of reading JSON."""


class Answer(Struct, frozen=True):
    """A node, and how it is to be wrapped."""

    name: str
    node: dict[str, object]
    is_encrypted: bool = False


def node_text(node: dict[str, object], *, is_tricky: bool = False, is_reordered: bool = False) -> str:
    """The node as Alipay writes it: Chinese as it is, slashes escaped."""
    items = reversed(node.items()) if is_reordered else node.items()
    text = json.dumps(dict(items), ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    return f"{{{TRICKY_FIELDS},{text[1:]}" if is_tricky else text


def write(answer: Answer, app: App | None, charset: str, fault: str) -> str:
    """The whole body. An error node carries an empty signature; an unknown app cannot get one."""
    text = node_text(answer.node, is_tricky=fault == "tricky_text", is_reordered=fault == "reordered")
    if answer.is_encrypted and app:
        text = f'"{content.encrypt(text, app.aes_key)}"'
    node = f'"{answer.name}":{text}'
    if answer.name == "error_response":
        return f'{{{node},"sign":""}}'
    if app is None or fault == "no_sign":
        return f"{{{node}}}"
    signed = text + " " if fault == "wrong_sign" else text
    signature = f'"sign":"{sign(app.alipay_private_key, signed.encode(charset, "replace"))}"'
    return f"{{{signature},{node}}}" if fault == "reordered" else f"{{{node},{signature}}}"
