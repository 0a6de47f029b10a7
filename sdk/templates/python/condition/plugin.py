"""Met where the amount of the request is within the limit that the rule gives."""

from countersign import Money, met, request, unmet


def evaluate(config):
    amount, limit = request.get("amount", "money"), Money.of(config["limit"])
    # Not `<=`: two currencies are compared by the rates that are frozen with the request.
    if request.compare(amount, limit) <= 0:
        return met()
    return unmet("above_limit", f"{amount} is above {limit}", amount=amount, limit=limit)
