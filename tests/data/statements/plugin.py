"""Uses what there is for databases, and tells what came of it."""

import json

import countersign
from countersign import Connection, Decimal, HostError, Planned, date, effect, files, message, receipt, secret

ORDERS = "select id, name, price, born from orders where id > ? order by id"
COUNT = "select count(*) as n from notes"
NOTE = "insert into notes values (?, ?, ?, ?, ?)"
ALL = "insert into notes (id, text) select id, upper(name) from orders"


def failed(work):
    """Which kind of error it is."""
    try:
        work()
        return "none"
    except HostError as error:
        return error.kind


def columns(connection, text):
    return [f"{one.name} {one.kind}" for one in connection.describe(text)]


def opened(connection):
    binding = {"database": connection.database, "columns": columns(connection, "select 1 as one")}
    return countersign.plan([], binding)


def plan(config):
    if config.get("own_password"):
        return opened(Connection.open_as("shop-db", secret("password")))
    connection = Connection.open("shop-db")
    note, all = connection.classify(f"{NOTE}; {ALL}")
    (bare,) = connection.classify("delete from orders")
    binding = {
        "connection": connection.name,
        "database": connection.database,
        "quoted": connection.quote('o"hara'),
        "kinds": [note.kind, all.kind, bare.kind],
        "reads": all.reads,
        "writes": all.writes,
        "transactional": all.transactional,
        "text": all.text,
        "condition": bare.details["has-condition"],
        "columns": columns(connection, ORDERS.replace("?", "0")),
        "estimate": connection.estimate("select id from orders"),
        "errors": [
            failed(lambda: connection.begin("atomic")),
            failed(lambda: Connection.open("other")),
            failed(lambda: Connection.open_as("shop-db", secret("password"))),
            failed(lambda: connection.classify("selec 1")),
            failed(lambda: connection.quote("")),
        ],
    }
    statements = [
        Planned.text(connection, ORDERS),
        Planned.exact(connection, COUNT),
        Planned.like(connection, note),
        Planned.like(connection, all),
        Planned.exact(connection, COUNT).on_revert(),
    ]
    return countersign.plan(
        [effect("insert", "notes", message("notes", "two notes"))], binding, statements=statements
    )


def read(connection, once_key):
    with connection.begin("read-only") as transaction:
        cursor = transaction.query(ORDERS, [0])
        batches = [cursor.next_batch(1), cursor.next_batch(5), cursor.next_batch(5)]
        cursor.close()
        file = transaction.query_to_file(ORDERS, [0], name="orders.csv", max_rows=10, once_key=once_key)
        text = json.dumps(batches, separators=(",", ":"))
        return [column.name for column in cursor.columns], text, file, [failed(lambda: cursor.next_batch(1))]


def notes(transaction):
    (row,) = transaction.query(COUNT)
    return row["n"]


def tries(connection):
    """None of it stays."""
    left = connection.begin("atomic")
    left.execute(NOTE, [8, "left", None, None, False])
    there = notes(left)
    left.close()

    def once(*statements):
        def work():
            with connection.begin("atomic") as transaction:
                for statement in statements:
                    statement(transaction)

        return failed(work)

    def one(transaction):
        transaction.execute(NOTE, [1, "one", None, None, False])

    return there, [
        failed(lambda: left.execute(NOTE, [8, "late", None, None, False])),
        once(lambda transaction: transaction.execute(ALL, max_rows=1)),
        once(lambda transaction: transaction.execute(NOTE, [["a", "list"], None, None, None, None])),
        once(lambda transaction: transaction.execute("delete from notes")),
        once(lambda transaction: transaction.query("select * from nowhere")),
        once(one, one),
    ]


def execute(config, once_key):
    connection = Connection.open("shop-db")
    names, batches, file, errors = read(connection, once_key)
    there, more = tries(connection)
    with connection.begin("steps") as transaction:
        earlier = transaction.mark(once_key, receipt(once_key))
        if earlier is not None:
            return earlier
        transaction.execute(NOTE, [7, "kept", Decimal("12.50"), date("2026-03-02"), True])
        fields = files.receipt(file).fields
        told = receipt(
            "done", names=names, batches=batches, file=fields["file"], rows=fields["rows"],
            media_type=fields["media_type"], there=there, errors=[*errors, *more],
            affected=transaction.execute(ALL, max_rows=2), notes=notes(transaction),
        )
        return transaction.commit(once_key, told)


def probe(config, once_key):
    return Connection.open("shop-db").marker_of(once_key).presence()


def revert(config, done, once_key):
    connection = Connection.open("shop-db")
    found = connection.marker_of("all-1" if "file" in done.fields else done.reference)
    with connection.begin("read-only") as transaction:
        return receipt(found.kind, notes=notes(transaction))
