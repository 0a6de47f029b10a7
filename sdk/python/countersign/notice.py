"""The notice that a notifier delivers."""

from . import host
from .answers import Message
from .values import from_fields


def _ask(name):
    return lambda: getattr(host.notice, name)()


id, organization, recipient = _ask("id"), _ask("organization"), _ask("recipient")
subject, text, link, request, at = _ask("subject"), _ask("text"), _ask("link"), _ask("request"), _ask("at")


def content():
    """What it says, with its code and arguments."""
    content = host.notice.content()
    return Message(content.code, content.text, from_fields(content.arguments))
