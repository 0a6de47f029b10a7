"""Sets the credit limit of one customer, exactly once, and can take it back."""

import countersign
from countersign import Connection, Decimal, Permanent, Planned, Refused, effect, message, receipt, request

# As SQLite and MariaDB write parameters; PostgreSQL writes `$1`, `$2`, `$3`.
FIND = "select name, credit_limit, currency from customers where id = ?"
SET = "update customers set credit_limit = ? where id = ? and credit_limit = ?"


def look(transaction):
    """The customer as the database has it now, and the limit that was asked for."""
    id, limit = request.get("customer", "text"), request.get("limit", "money")
    found = [*transaction.query(FIND, [id])]
    if not found:
        raise Permanent("no_customer", f"there is no customer `{id}`")
    name, before, currency = found[0].values()
    if currency != limit.currency:
        raise Refused("other_currency", f"{name} pays in {currency}")
    # Not every database has decimals: some answer with text.
    return id, name, Decimal(before), limit.amount


def plan(config):
    """What approvers see, and every statement that will be sent: the host refuses all others."""
    connection = Connection.open(config["connection"])
    with connection.begin("read-only") as transaction:
        id, name, before, after = look(transaction)
    text = f"the credit limit of {name} from {before} to {after}"
    return countersign.plan(
        [effect("update", f"{connection.name}: customers", message("limit", text))],
        {"customer": id, "before": before, "after": after},
        {"rows": 1},
        [
            Planned.exact(connection, FIND, [id]),
            Planned.exact(connection, SET, [after, id, before]),
            Planned.exact(connection, SET, [before, id, after]).on_revert(),
        ],
    )


def execute(config, once_key):
    """The change and the mark of its key are in one transaction: a retry finds the mark, and changes nothing."""
    with Connection.open(config["connection"]).begin("atomic") as transaction:
        earlier = transaction.mark(once_key, receipt(once_key))
        if earlier is not None:
            return earlier
        id, _, before, after = look(transaction)
        rows = transaction.execute(SET, [after, id, before], max_rows=1)
        return transaction.commit(once_key, receipt(id, rows=rows, before=before, after=after))


def probe(config, once_key):
    """Asked after a crash: did it happen?"""
    return Connection.open(config["connection"]).marker_of(once_key).presence()


def revert(config, done, once_key):
    """Takes it back, unless somebody has changed the limit since."""
    connection = Connection.open(config["connection"])
    # Where nobody knows whether it happened, the reference is the key of `execute`, and there are no fields.
    was = done if "before" in done.fields else connection.marker_of(done.reference).receipt
    if was is None:
        return receipt(done.reference, rows=0)
    with connection.begin("atomic") as transaction:
        rows = transaction.execute(SET, [was.fields["before"], was.reference, was.fields["after"]], max_rows=1)
        return transaction.commit(once_key, receipt(was.reference, rows=rows))
