//! Functions that are known: harmless ones, and ones that reach out. All others are a concern.

use super::Concern;

/// Compute from their arguments, tell the time, or tell who has which right.
#[rustfmt::skip]
const STANDARD: &[&str] = &[
    "abs", "aclexplode", "acos", "addtime", "age", "any_value", "array_agg", "array_length",
    "array_to_string", "ascii", "asin", "atan", "atan2", "avg", "bin", "bit_and", "bit_length",
    "bit_or", "bool_and", "bool_or", "btrim", "cardinality", "cast", "ceil", "ceiling", "changes",
    "char", "char_length", "character_length", "chr", "clock_timestamp", "coalesce", "concat",
    "concat_ws", "corr", "cos", "cot", "count", "crc32", "cume_dist", "curdate",
    "current_database", "current_date", "current_schema", "current_time", "current_timestamp",
    "current_user", "curtime", "database", "date", "date_add", "date_bin", "date_format",
    "date_part", "date_sub", "date_trunc", "datediff", "datetime", "day", "dayname", "dayofmonth",
    "dayofweek", "dayofyear", "decode", "degrees", "dense_rank", "div", "elt", "encode", "every",
    "exp", "extract", "factorial", "field", "find_in_set", "first_value", "floor", "format",
    "from_days", "from_unixtime", "gcd", "gen_random_uuid", "generate_series", "glob", "greatest",
    "group_concat", "has_column_privilege", "has_database_privilege", "has_schema_privilege",
    "has_table_privilege", "hex", "hour", "if", "ifnull", "iif", "initcap", "instr", "interval",
    "isfinite", "isnull", "json", "json_agg", "json_array", "json_array_elements",
    "json_array_length", "json_arrayagg", "json_build_array", "json_build_object",
    "json_contains", "json_each", "json_extract", "json_group_array", "json_group_object",
    "json_insert", "json_keys", "json_length", "json_object", "json_objectagg", "json_quote",
    "json_remove", "json_replace", "json_search", "json_set", "json_type", "json_typeof",
    "json_unquote", "json_valid", "json_value", "jsonb_agg", "jsonb_array_elements",
    "jsonb_array_length", "jsonb_build_array", "jsonb_build_object", "jsonb_path_query",
    "jsonb_set", "jsonb_typeof", "julianday", "justify_days", "justify_hours", "lag", "last_day",
    "last_insert_id", "last_insert_rowid", "last_value", "lcase", "lcm", "lead", "least", "left",
    "length", "like", "likely", "ln", "localtime", "localtimestamp", "locate", "log", "log10",
    "log2", "lower", "lpad", "ltrim", "make_date", "make_interval", "make_timestamp", "makedate",
    "maketime", "max", "md5", "microsecond", "mid", "min", "min_scale", "minute", "mod", "mode",
    "month", "monthname", "now", "nth_value", "ntile", "nullif", "num_nonnulls", "num_nulls",
    "nvl", "nvl2", "oct", "octet_length", "overlay", "percent_rank", "percentile_cont",
    "percentile_disc", "pg_has_role", "pi", "position", "pow", "power", "printf", "quarter",
    "quote", "quote_ident", "quote_literal", "quote_nullable", "radians", "rank", "regexp_count",
    "regexp_match", "regexp_replace", "regexp_substr", "regr_slope", "replace", "reverse",
    "right", "round", "row_number", "row_to_json", "rpad", "rtrim", "scale", "schema",
    "sec_to_time", "second", "session_user", "sha1", "sha2", "sha256", "sign", "sin", "soundex",
    "space", "split_part", "sqrt", "starts_with", "statement_timestamp", "stddev", "stddev_pop",
    "stddev_samp", "str_to_date", "strcmp", "strftime", "string_agg", "string_to_array",
    "string_to_table", "strpos", "substr", "substring", "substring_index", "subtime", "sum",
    "tan", "time", "time_to_sec", "timediff", "timestamp", "timestampadd", "timestampdiff",
    "to_char", "to_date", "to_days", "to_hex", "to_json", "to_jsonb", "to_number", "to_timestamp",
    "total", "transaction_timestamp", "translate", "trim", "trim_scale", "trunc", "truncate",
    "typeof", "ucase", "unhex", "unicode", "unix_timestamp", "unixepoch", "unlikely", "unnest",
    "upper", "utc_date", "utc_time", "utc_timestamp", "uuid", "var_pop", "var_samp", "variance",
    "version", "week", "weekday", "weekofyear", "width_bucket", "year", "yearweek", "zeroblob",
];

/// Read or write files, speak to other servers or sessions, run texts as code, or wait.
#[rustfmt::skip]
const OUTSIDE: &[&str] = &[
    "benchmark",
    "cursor_to_xml",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "edit",
    "fts3_tokenizer",
    "get_lock",
    "is_free_lock",
    "load_extension",
    "load_file",
    "lo_creat",
    "lo_create",
    "lo_export",
    "lo_from_bytea",
    "lo_get",
    "lo_import",
    "lo_put",
    "lo_unlink",
    "master_gtid_wait",
    "master_pos_wait",
    "pg_cancel_backend",
    "pg_current_logfile",
    "pg_notify",
    "pg_promote",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_stat_file",
    "pg_switch_wal",
    "pg_terminate_backend",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "readfile",
    "release_all_locks",
    "release_lock",
    "schema_to_xml",
    "set_config",
    "sleep",
    "sys_eval",
    "sys_exec",
    "sys_get",
    "sys_set",
    "table_to_xml",
    "writefile",
    "xpath_table",
];

#[rustfmt::skip]
const OUTSIDE_PREFIXES: &[&str] = &[
    "dblink",
    "lo_",
    "pg_advisory_",
    "pg_backup_",
    "pg_create_",
    "pg_drop_",
    "pg_file_",
    "pg_log",
    "pg_ls_",
    "pg_read_",
    "pg_replication_",
    "pg_sleep",
    "pg_try_advisory_",
    "postgres_fdw_",
];

/// Only by its bare name, or in PostgreSQL's own schema: another schema may have its own.
pub(super) fn is_standard(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
    STANDARD.binary_search(&name).is_ok()
}

/// Why a function that is not standard is a concern.
pub(super) fn concern(name: &str) -> Concern {
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or_default();
    if OUTSIDE.contains(&last) || OUTSIDE_PREFIXES.iter().any(|prefix| last.starts_with(prefix)) {
        Concern::ReachesOutside(name.to_owned())
    } else {
        Concern::UnknownFunction(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_both_standard_and_outside() {
        for name in STANDARD {
            assert!(matches!(concern(name), Concern::UnknownFunction(_)), "{name}");
        }
        // It is searched by halves.
        assert!(STANDARD.is_sorted());
    }
}
