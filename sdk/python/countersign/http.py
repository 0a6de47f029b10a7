"""Calls of other systems, as far as they were granted."""

import json

from . import host
from .errors import call


class Reply:
    """Whatever came: 404 and 500 are replies."""

    def __init__(self, reply):
        self.status, self.body = reply.status, bytes(reply.body)
        self.headers = {header.name: header.value for header in reply.headers}

    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)


def _headers(headers):
    plain, secrets = [], []
    for name, value in (headers or {}).items():
        if isinstance(value, str):
            plain.append(host.http_types.Header(name, value))
        else:
            before, secret, *after = value
            secrets.append(host.http_types.SecretHeader(name, before, secret, "".join(after)))
    return plain, secrets


def look_up(url, headers=None):
    """Asks by GET, in a question; the answer is recorded."""
    return Reply(call(host.http_lookups.get, url, *_headers(headers)))


def send(method, url, headers=None, body="", timeout_ms=None):
    """Sends a call, in an effect."""
    plain, secrets = _headers(headers)
    body = body.encode("utf-8") if isinstance(body, str) else bytes(body)
    return Reply(call(host.http.send, host.http.Call(method, url, plain, body, timeout_ms), secrets))
