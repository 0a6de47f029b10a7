//! Words to a tree. From loose to tight: `or`, `and`, `not`, comparisons, `+ -`, `* /`, a sign.

use std::iter::Peekable;

use super::{
    Comparison, Exact, MAX_EXPRESSION, MAX_EXPRESSION_DEPTH, Node, Operation,
    lex::{Placed, Token, lex},
};
use crate::{ids::PropertyName, money::MAX_SCALE};

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    if text.len() > MAX_EXPRESSION {
        let length = text.len();
        return Err(format!("{length} bytes: expected at most {MAX_EXPRESSION}"));
    }
    let tokens = lex(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
    let node = parser.either()?;
    match parser.tokens.next() {
        None => Ok(node),
        Some((_, place)) => Err(format!("character {place}: the expression was complete before")),
    }
}

struct Parser {
    tokens: Peekable<std::vec::IntoIter<Placed>>,
    depth: usize,
}

impl Parser {
    fn either(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_EXPRESSION_DEPTH {
            return Err(format!("more than {MAX_EXPRESSION_DEPTH} parts inside each other"));
        }
        let mut left = self.both()?;
        while self.takes_word("or") {
            left = Node::Either(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Node, String> {
        let mut left = self.not()?;
        while self.takes_word("and") {
            left = Node::Both(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Node, String> {
        let mut negative = false;
        while self.takes_word("not") {
            negative = !negative;
        }
        let node = self.comparison()?;
        Ok(if negative { Node::Not(Box::new(node)) } else { node })
    }

    fn comparison(&mut self) -> Result<Node, String> {
        let left = self.sum()?;
        let Some(comparison) = self.takes_comparison() else { return Ok(left) };
        Ok(Node::Compare(comparison, Box::new(left), Box::new(self.sum()?)))
    }

    fn sum(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        while let Some(operation) = self.takes(&[Operation::Add, Operation::Subtract]) {
            left = Node::Binary(operation, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.signed()?;
        while let Some(operation) = self.takes(&[Operation::Multiply, Operation::Divide]) {
            left = Node::Binary(operation, Box::new(left), Box::new(self.signed()?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Node, String> {
        let mut negative = false;
        while self.takes(&[Operation::Subtract]).is_some() {
            negative = !negative;
        }
        let node = self.single()?;
        Ok(if negative { Node::Negative(Box::new(node)) } else { node })
    }

    fn single(&mut self) -> Result<Node, String> {
        let Some((token, place)) = self.tokens.next() else {
            return Err("the expression ends too early".to_owned());
        };
        match token {
            Token::Number(number) => Ok(Node::Number(number.into())),
            Token::Money(money) => Ok(Node::Money(money)),
            Token::Open => {
                let node = self.either()?;
                self.expect(&Token::Close, ")")?;
                Ok(node)
            }
            Token::Name(name) if self.tokens.peek().is_some_and(|(t, _)| *t == Token::Open) => {
                self.tokens.next();
                self.call(&name, place)
            }
            Token::Name(name) if name == "true" => Ok(Node::Boolean(true)),
            Token::Name(name) if name == "false" => Ok(Node::Boolean(false)),
            Token::Name(name) => Ok(Node::Property(property(&name, place)?)),
            Token::Operation(_) | Token::Comparison(_) | Token::Close | Token::Comma => {
                Err(format!("character {place}: a value is missing before this"))
            }
        }
    }

    fn call(&mut self, name: &str, place: usize) -> Result<Node, String> {
        let arguments = self.arguments()?;
        let wrong = |expected: &str| Err(format!("character {place}: expected {expected}"));
        match name {
            "min" if !arguments.is_empty() => Ok(Node::Least(arguments)),
            "max" if !arguments.is_empty() => Ok(Node::Greatest(arguments)),
            "min" | "max" => wrong(&format!("`{name}(a, b, …)` with at least one value")),
            "round" => match <[Node; 2]>::try_from(arguments) {
                Ok([value, places]) => match places_of(&places) {
                    Some(places) => Ok(Node::Round(Box::new(value), places)),
                    None => wrong(&format!("`round(x, n)` with n from 0 to {MAX_SCALE}")),
                },
                Err(_) => wrong(&format!("`round(x, n)` with n from 0 to {MAX_SCALE}")),
            },
            "sum" => match <[Node; 1]>::try_from(arguments) {
                Ok([Node::Property(list)]) => Ok(Node::Sum(list)),
                _ => wrong("`sum(list)` with the name of a list"),
            },
            "if" => match <[Node; 3]>::try_from(arguments) {
                Ok([condition, then, otherwise]) => {
                    Ok(Node::If(Box::new(condition), Box::new(then), Box::new(otherwise)))
                }
                Err(_) => wrong("`if(condition, a, b)`"),
            },
            other => Err(format!(
                "character {place}: `{other}` is not a function: there are `min`, `max`, `round`, `sum` and `if`"
            )),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Node>, String> {
        let mut arguments = Vec::new();
        if self.takes_token(&Token::Close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.either()?);
            if !self.takes_token(&Token::Comma) {
                self.expect(&Token::Close, ")")?;
                return Ok(arguments);
            }
        }
    }

    fn expect(&mut self, token: &Token, shown: &str) -> Result<(), String> {
        match self.tokens.next() {
            Some((found, _)) if found == *token => Ok(()),
            Some((_, place)) => Err(format!("character {place}: expected `{shown}` before this")),
            None => Err(format!("a `{shown}` is missing at the end")),
        }
    }

    fn takes_token(&mut self, token: &Token) -> bool {
        self.tokens.next_if(|(found, _)| found == token).is_some()
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.tokens
            .next_if(|(found, _)| matches!(found, Token::Name(name) if name == word))
            .is_some()
    }

    fn takes(&mut self, several: &[Operation]) -> Option<Operation> {
        let is_one =
            |(found, _): &Placed| matches!(found, Token::Operation(o) if several.contains(o));
        match self.tokens.next_if(is_one) {
            Some((Token::Operation(operation), _)) => Some(operation),
            Some(_) | None => None,
        }
    }

    fn takes_comparison(&mut self) -> Option<Comparison> {
        match self.tokens.next_if(|(found, _)| matches!(found, Token::Comparison(_))) {
            Some((Token::Comparison(comparison), _)) => Some(comparison),
            Some(_) | None => None,
        }
    }
}

fn property(name: &str, place: usize) -> Result<PropertyName, String> {
    PropertyName::parse(name).map_err(|bad| format!("character {place}: {bad}"))
}

fn places_of(node: &Node) -> Option<u32> {
    let Node::Number(number) = node else { return None };
    (0..=MAX_SCALE)
        .find(|places| number.is_whole() && number.order(&Exact::from(i64::from(*places))).is_eq())
}
