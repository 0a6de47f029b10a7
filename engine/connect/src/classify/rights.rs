//! Statements about accounts and roles, which the parser knows only in part.
//!
//! They have no expressions and no queries. So a text that begins as one, and holds nothing but words, names,
//! texts, commas and the signs of an account, is one.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Kind, Object};
use crate::dialect::Dialect;

/// The kind, where the tokens are such a statement.
pub(super) fn kind(dialect: Dialect, tokens: &[TokenWithSpan]) -> Option<Kind> {
    let mut words = Vec::new();
    for token in tokens.iter().map(|token| &token.token) {
        match token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::Word(word) if word.quote_style.is_none() => {
                words.push(word.value.to_ascii_lowercase());
            }
            Token::Word(_)
            | Token::SingleQuotedString(_)
            | Token::AtSign
            | Token::Comma
            | Token::Period
            | Token::Mul
            | Token::Mod => words.push(String::new()),
            _ => return None,
        }
    }
    let has = |word: &str| words.iter().any(|found| found == word);
    let first = words.first().map_or("", String::as_str);
    let second = words.get(1).map_or("", String::as_str);
    let servers = dialect != Dialect::Sqlite;
    match (first, second) {
        // A grant that sets a password or lends an account is more than a grant.
        ("grant", what) if servers && what != "proxy" && has("to") && !has("identified") => {
            Some(Kind::Grant)
        }
        ("revoke", what) if servers && what != "proxy" && has("from") => Some(Kind::Revoke),
        ("create", "user" | "role") if servers => Some(Kind::Create(Object::Role)),
        ("alter", "user" | "role") if servers => Some(Kind::Alter(Object::Role)),
        ("drop", "user" | "role") if servers => Some(Kind::Drop(Object::Role)),
        _ => None,
    }
}
