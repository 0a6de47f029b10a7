"""Posts notices to a chat."""

import json

from countersign import Permanent, Retryable, http, notice


def deliver(config, once_key):
    # Every retry comes with the same key, so that the other side can tell a repetition.
    headers = {"content-type": "application/json", "idempotency-key": once_key}
    body = json.dumps({"text": f"{notice.subject()}\n{notice.text()}"})
    status = http.send("POST", config["url"], headers, body).status
    if 200 <= status < 300:
        return None
    failed = Retryable if status == 429 or status >= 500 else Permanent
    raise failed("chat_failed", f"the chat answered {status}", status=status)
