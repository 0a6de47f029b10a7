//! Just enough SQL for tests of plugins. The engine's own classifier and writer are exact.

use crate::{Cell, ErrorKind, HostError, RowSet, Statement, Value};

/// Splits a text and reads of each statement its first word and the names after `from`, `join`,
/// `update`, `into` and `table`.
pub(crate) fn classify(kind: &str, text: &str) -> Result<Vec<Statement>, HostError> {
    let statements: Vec<Statement> = split(text)
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(|text| statement(kind, text))
        .collect();
    if statements.is_empty() {
        return Err(HostError::new(ErrorKind::Invalid, "there is no statement in the text"));
    }
    Ok(statements)
}

fn split(text: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, ';') => {
                statements.push(String::new());
                continue;
            }
            (None, '\'' | '"' | '`') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        if let Some(last) = statements.last_mut() {
            last.push(c);
        }
    }
    statements
}

fn statement(database: &str, text: &str) -> Statement {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "(),".contains(c))
        .filter(|w| !w.is_empty())
        .collect();
    let kind = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for pair in words.windows(2) {
        let [before, name] = pair else { continue };
        match before.to_lowercase().as_str() {
            "update" | "into" | "table" => writes.push((*name).to_owned()),
            "from" if kind == "delete" && writes.is_empty() => writes.push((*name).to_owned()),
            "from" | "join" => reads.push((*name).to_owned()),
            _ => {}
        }
    }
    reads.sort();
    writes.sort();
    let implicit = matches!(kind.as_str(), "grant" | "revoke" | "create" | "alter" | "drop");
    let transactional = !(implicit && matches!(database, "mariadb" | "mysql"));
    let whole = matches!(kind.as_str(), "update" | "delete")
        && !words.iter().any(|w| w.eq_ignore_ascii_case("where"));
    let details = vec![("has-condition".to_owned(), Value::Boolean(!whole))];
    Statement { text: text.to_owned(), kind, reads, writes, transactional, details }
}

/// A name as a database quotes it.
pub(crate) fn quote(database: &str, name: &str) -> Result<String, HostError> {
    if name.is_empty() || name.contains('\0') || name.len() > 64 {
        return Err(HostError::new(ErrorKind::Invalid, format!("`{name}` cannot be a name")));
    }
    let mark = if matches!(database, "mariadb" | "mysql") { "`" } else { "\"" };
    Ok(format!("{mark}{}{mark}", name.replace(mark, &mark.repeat(2))))
}

/// RFC 4180, with a header line.
pub(crate) fn csv(set: &RowSet) -> String {
    let line = |cells: Vec<String>| {
        let quoted: Vec<String> = cells
            .into_iter()
            .map(|c| {
                let plain = !c.contains([',', '"', '\r', '\n']);
                if plain { c } else { format!("\"{}\"", c.replace('"', "\"\"")) }
            })
            .collect();
        quoted.join(",") + "\r\n"
    };
    let header = line(set.columns.iter().map(|column| column.name.clone()).collect());
    set.rows.iter().fold(header, |text, row| text + &line(row.iter().map(cell_text).collect()))
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        None => String::new(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Decimal(decimal)) => decimal.to_string(),
        Some(Value::Boolean(truth)) => truth.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::Timestamp(at)) => at.to_rfc3339(),
        Some(Value::Text(text)) => text.clone(),
        Some(other) => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_split_outside_of_quotes() {
        let text = "update a set x = ';' where y in (select y from b); delete from \"c\";";
        let all = classify("sqlite", text).unwrap();
        let seen: Vec<_> =
            all.iter().map(|s| (s.kind.as_str(), s.writes.join(" "), s.reads.join(" "))).collect();
        assert_eq!(
            seen,
            [("update", "a".into(), "b".into()), ("delete", "\"c\"".into(), String::new())]
        );
        assert!(classify("sqlite", " ; ").is_err());
    }
}
