//! An expression's text, cut into words.

use super::{Comparison, Operation};
use crate::money::{Money, parse_decimal};
use rust_decimal::Decimal;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(Decimal),
    Money(Money),
    Name(String),
    Operation(Operation),
    Comparison(Comparison),
    Open,
    Close,
    Comma,
}

/// A word, and the character it begins with, from 1.
pub(super) type Placed = (Token, usize);

/// Cuts a text into words.
pub(super) fn lex(text: &str) -> Result<Vec<Placed>, String> {
    let characters: Vec<char> = text.chars().collect();
    let mut rest = characters.as_slice();
    let mut tokens = Vec::new();
    while let Some(first) = rest.first().copied() {
        let place = characters.len() - rest.len() + 1;
        if first.is_whitespace() {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (token, length) =
            word(first, rest).map_err(|why| format!("character {place}: {why}"))?;
        tokens.push((token, place));
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(tokens)
}

fn word(first: char, rest: &[char]) -> Result<(Token, usize), String> {
    if first.is_ascii_digit() {
        let digits = taken(rest, |c| c.is_ascii_digit() || c == '.');
        let number = parse_decimal(&digits).map_err(|bad| bad.to_string())?;
        return Ok((Token::Number(number), digits.len()));
    }
    if first.is_ascii_lowercase() {
        let name = taken(rest, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let length = name.len();
        return Ok((Token::Name(name), length));
    }
    match first {
        '`' => {
            let name = quoted(rest, '`')?;
            let length = name.chars().count().saturating_add(2);
            Ok((Token::Name(name), length))
        }
        '\'' | '"' => {
            let literal = quoted(rest, first)?;
            let money = literal.parse::<Money>().map_err(|bad| bad.to_string())?;
            Ok((Token::Money(money), literal.chars().count().saturating_add(2)))
        }
        sign => signs(sign, rest.get(1).copied()),
    }
}

fn signs(sign: char, next: Option<char>) -> Result<(Token, usize), String> {
    let operation = |operation| Ok((Token::Operation(operation), 1));
    let comparison = |comparison, length| Ok((Token::Comparison(comparison), length));
    match (sign, next) {
        ('+', _) => operation(Operation::Add),
        ('-' | '−', _) => operation(Operation::Subtract),
        ('*' | '×', _) => operation(Operation::Multiply),
        ('/' | '÷', _) => operation(Operation::Divide),
        ('(', _) => Ok((Token::Open, 1)),
        (')', _) => Ok((Token::Close, 1)),
        (',', _) => Ok((Token::Comma, 1)),
        ('<', Some('=')) => comparison(Comparison::LessOrEqual, 2),
        ('>', Some('=')) => comparison(Comparison::GreaterOrEqual, 2),
        ('!', Some('=')) => comparison(Comparison::NotEqual, 2),
        ('=', Some('=')) => comparison(Comparison::Equal, 2),
        ('<', _) => comparison(Comparison::Less, 1),
        ('>', _) => comparison(Comparison::Greater, 1),
        ('=', _) => comparison(Comparison::Equal, 1),
        _ => Err(format!("`{sign}` does not belong here")),
    }
}

fn taken(rest: &[char], belongs: impl Fn(char) -> bool) -> String {
    rest.iter().copied().take_while(|c| belongs(*c)).collect()
}

fn quoted(rest: &[char], quote: char) -> Result<String, String> {
    let inside = rest.get(1..).unwrap_or_default();
    let text = taken(inside, |c| c != quote);
    if inside.get(text.chars().count()) == Some(&quote) {
        Ok(text)
    } else {
        Err(format!("this {quote} has no other {quote} after it"))
    }
}
