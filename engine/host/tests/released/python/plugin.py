"""A plugin that uses what the contract offers, in every world, and tells what it found."""

import json

import countersign
from countersign import (
    Permanent, Refused, Retryable, UnknownOutcome, clock, did_not_happen, directory, effect, files, group, happened,
    http, log, look_up, message, nominee, notice, plan as plan_of, problem, receipt, request, resolution, secret, steps,
    timestamp, unmet, user,
)

WORDS = {"attachment", "choice", "date", "duration", "group", "node", "resource", "timestamp", "user"}


def ends(config):
    match config.get("fails"):
        case None:
            return
        case "permanent":
            raise Permanent("never", "it can never work", tries=3)
        case "retryable":
            raise Retryable("later", "it may work later", after_ms=1500)
        case "refused":
            raise Refused("policy", "it is not wanted")
        case _:
            raise UnknownOutcome("perhaps", "it may have happened")


def asked_about(kinds):
    """What the request says of itself, and everything in it."""
    seen = {}
    for name in request.names():
        kind, value = kinds[name], request.find(name, kinds[name])
        word = getattr(countersign, kind) if kind in WORDS else lambda value: value
        seen[name] = [word(one) for one in value] if isinstance(value, list) else word(value)
    items = request.items()
    if items:
        price = request.item_field(items[0], "price", "money")
        if price is not None:
            seen["price"], seen["order"] = price, request.compare(price, request.get("money", "money"))
    return seen | {
        "id": request.id(),
        "organization": request.organization(),
        "rule": request.rule(),
        "rule_version": request.rule_version(),
        "kind": request.kind(),
        "step": request.step() or "",
        "requester": user(request.requester()),
        "target_users": [user(id) for id in request.target_users()],
        "urgent": request.urgent(),
        "title": request.title(),
        "reason": request.reason(),
        "empty": request.find("empty") is None,
        "items": [countersign.resource(item) for item in items],
    }


def evaluate(config):
    ends(config)
    reply = http.look_up(config["url"], {"x-token": ("<", secret("token"), ">")})
    found = look_up("orders-db", "orders", "open")
    now = clock.now()
    local = clock.local(now, "Asia/Tokyo")
    log.warn(f"the end of {request.title()}")
    seen = asked_about(config["kinds"]) | {
        "replied": f"{reply.status} {reply.text()}",
        "orders": len(found),
        "first": found[0]["id"] if found else "none",
        "now": timestamp(now),
        "local": f"{local.date} {local.time}",
        "dice": len(clock.random_bytes(4)),
    }
    verdict = unmet("seen", "everything was seen")
    verdict.why.args.update(seen)
    return verdict


def resolve(config):
    ends(config)
    manager = directory.find(request.requester(), "manager", "user")
    if manager is None:
        raise Permanent("alone", "there is no manager")
    limit = directory.find(manager, "limit", "money")
    groups = directory.groups_of(manager)
    if not groups:
        return resolution([], [message("no_group", "there is no group")])
    members = [member.login for member in directory.members(groups[-1])]
    known = directory.by_login("nobody") is not None
    name = directory.user(manager).name
    why = message("manager", f"{name} is the manager", known=known, limit="none" if limit is None else limit)
    return resolution(
        [
            nominee(user(manager), why),
            nominee(group(groups[-1]), message("group", "they are together", members=members)),
        ],
        [message("looked", "it was looked at")],
    )


def validate(config):
    ends(config)
    return [
        problem("text", "wrong", "not this"),
        problem(None, "wrong", "not so"),
        *(problem("price", "wrong", "too much", item=item) for item in request.items()),
    ]


def plan(config):
    ends(config)
    summary = message("tell", "somebody is told", at=timestamp(clock.now()))
    return plan_of([effect("tell", "the other system", summary)], {"url": "told"}, {"calls": 1})


def execute(config, once_key):
    ends(config)

    def tell():
        headers = {"authorization": ("Bearer ", secret("token")), "content-type": "text/plain"}
        return http.send("POST", config["url"], headers, request.title(), timeout_ms=5000).text()

    told = steps.once(once_key, "tell", tell)
    files.write(once_key, "note.txt", "text/plain", told)
    return receipt("told", told=told, files=[file.name for file in files.of(once_key)])


def probe(config, once_key):
    ends(config)
    found = steps.look(once_key, "tell")
    if found is None or found[0] == "begun":
        return did_not_happen()
    return happened(receipt("told", told=found[1]))


def revert(config, done, once_key):
    ends(config)
    begun = steps.begin(once_key, "revert") is not None
    steps.finish(once_key, "revert", "done")
    ended = steps.look(once_key, "revert") is not None
    return receipt(done.reference, begun=begun, ended=ended, fields=len(done.fields))


def deliver(config, once_key):
    ends(config)
    content = notice.content()
    about = {
        "key": once_key,
        "id": notice.id(),
        "organization": notice.organization(),
        "recipient": notice.recipient(),
        "code": content.code,
        "arguments": len(content.args),
        "subject": notice.subject(),
        "text": notice.text(),
        "link": notice.link(),
        "request": notice.request(),
        "at": notice.at(),
    }
    return http.send("POST", config["url"], {"content-type": "application/json"}, json.dumps(about)).text()
