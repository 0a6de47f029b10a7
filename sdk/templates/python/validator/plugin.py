"""Finds cost centres that cannot be right."""

from countersign import problem, request


def validate(config):
    digits, centre = config.get("digits", 4), request.find("cost_centre", "text")
    if centre is None or (len(centre) == digits and centre.isascii() and centre.isdigit()):
        return []
    text = f"a cost centre has {digits} digits, and `{centre}` has not"
    return [problem("cost_centre", "bad_cost_centre", text, digits=digits)]
