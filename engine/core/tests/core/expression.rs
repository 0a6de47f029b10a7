//! FIN-23, FIN-15: calculated properties against a naive model of rational numbers, and against every
//! kind of text.

mod model;

use std::collections::BTreeMap;

use engine_core::{
    expression::{Expression, Uncalculated},
    ids::PropertyName,
    money::{Rates, parse_rate},
    rule::{Names, read_property},
    value::{PropertyType, Value},
};
use model::tree;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn name(text: &str) -> PropertyName {
    PropertyName::parse(text).unwrap()
}

fn types() -> BTreeMap<PropertyName, PropertyType> {
    [
        ("n", "number"),
        ("d", "decimal"),
        ("amount", "money"),
        ("other", "money"),
        ("urgent", "boolean"),
        ("due", "date"),
        ("parts", "list of money"),
        ("counts", "list of number"),
        ("unit-price", "money"),
        ("note", "text"),
    ]
    .into_iter()
    .map(|(property, of)| (name(property), of.parse().unwrap()))
    .collect()
}

fn read(text: &str) -> Result<String, String> {
    Expression::read(text, &types()).map(|expression| expression.of().to_string())
}

fn calculate(text: &str, values: &Json) -> Result<Option<String>, Uncalculated> {
    let directory = engine_core::directory::Directory::default();
    let names = Names::of_directory(&directory);
    let types = types();
    let values: BTreeMap<PropertyName, Value> = values
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, json)| (name(key), read_property(&types[&name(key)], json, &names).unwrap()))
        .collect();
    let rates = Rates {
        base: "EUR".parse().unwrap(),
        as_of: "2026-03-01".parse().unwrap(),
        rates: [("USD".parse().unwrap(), parse_rate("0.5").unwrap())].into(),
    };
    let expression = Expression::read(text, &types).unwrap();
    let value = expression.evaluate(expression.of(), &values, Some(&rates))?;
    Ok(value.map(|value| value.to_string()))
}

/// FIN-23: typed at publish.
#[test]
fn every_operation_has_its_types() {
    for (text, of) in [
        ("n + 1", "number"),
        ("n + 1.5", "decimal"),
        ("n / 2", "decimal"),
        ("round(n / 2, 0)", "number"),
        ("round(n / 2, 1)", "decimal"),
        ("amount / 5", "money"),
        ("5 × amount", "money"),
        ("amount ÷ other", "decimal"),
        ("amount − other", "money"),
        ("-amount", "money"),
        ("max(amount, '5 EUR')", "money"),
        ("min(n, d)", "decimal"),
        ("sum(parts)", "money"),
        ("sum(counts)", "number"),
        ("if(urgent, n, d)", "decimal"),
        ("if(amount > other and not urgent, 1, 2)", "number"),
        ("amount >= \"5 EUR\" or n = 1", "boolean"),
        ("`unit-price` * n", "money"),
        ("true != urgent", "boolean"),
    ] {
        assert_eq!(read(text), Ok(of.to_owned()), "{text}");
    }
}

/// FIN-23, FIN-9: what does not fit is told with what was found.
#[test]
fn what_does_not_fit_is_told() {
    for (text, told) in [
        ("amout / 5", "unknown property `amout`; did you mean `amount`?"),
        ("amount + 5", "`+` between money and number"),
        ("amount * amount", "`*` between money and money"),
        ("5 / amount", "`/` between number and money"),
        ("due", "`due` is date, which nothing is calculated from"),
        ("note", "`note` is text, which nothing is calculated from"),
        ("parts", "`parts` is list of money: use `sum(parts)`"),
        ("sum(n)", "`n` is number, not a list of numbers, decimals or money"),
        ("sum(n, n)", "character 1: expected `sum(list)` with the name of a list"),
        ("if(n, 1, 2)", "`if` needs a condition such as `amount > '5 EUR'`, found number"),
        ("if(urgent, 1, amount)", "the two values of `if` are number and money"),
        ("n < amount", "number is compared with money"),
        ("min()", "character 1: expected `min(a, b, …)` with at least one value"),
        ("round(d, 10)", "character 1: expected `round(x, n)` with n from 0 to 9"),
        ("round(d, n)", "character 1: expected `round(x, n)` with n from 0 to 9"),
        (
            "sqrt(d)",
            "character 1: `sqrt` is not a function: there are `min`, `max`, `round`, `sum` and `if`",
        ),
        ("n +", "the expression ends too early"),
        ("", "the expression ends too early"),
        ("(n", "a `)` is missing at the end"),
        ("n 5", "character 3: the expression was complete before"),
        ("n ; 5", "character 3: `;` does not belong here"),
        ("`n", "character 1: this ` has no other ` after it"),
        ("* n", "character 1: a value is missing before this"),
    ] {
        assert_eq!(read(text), Err(told.to_owned()), "{text}");
    }
    assert!(read(&format!("{}n{}", "(".repeat(40), ")".repeat(40))).is_err());
    assert!(read(&"1+".repeat(600)).is_err());
    assert!(read("'5 euros'").is_err());
    assert!(read("1e5").is_err());
    assert!(read("1.2.3").is_err());
}

/// FIN-15: exact, half to even, and what is beyond the bounds is said.
#[test]
fn values_are_exact() {
    let some = |text: &str| Ok(Some(text.to_owned()));
    let amounts =
        json!({"amount": "10.00 EUR", "other": "3 EUR", "n": 7, "d": "0.1", "urgent": true});
    for (text, value) in [
        ("amount / 3", "3.333333333 EUR"),
        ("amount / 5", "2.00 EUR"),
        ("2 / 3", "0.666666667"),
        ("d + d + d", "0.3"),
        ("d + d + d = 0.3", "true"),
        ("round(2.5, 0)", "2"),
        ("round(3.5, 0)", "4"),
        ("round(-2.5, 0)", "-2"),
        ("round(amount / 3, 2)", "3.33 EUR"),
        ("1 - 2 - 3", "-4"),
        ("2 + 3 * 4", "14"),
        ("-(2 + 3) * 4", "-20"),
        ("12 / 2 / 3", "2"),
        ("--n", "7"),
        ("if(urgent, 1, 1 / 0)", "1"),
        ("urgent or 1 / 0 > 0", "true"),
        ("not urgent and 1 / 0 > 0", "false"),
        ("min(amount, other)", "3 EUR"),
        ("max(amount, '30 USD')", "30 USD"),
        ("max(amount, '20 USD')", "10.00 EUR"),
        ("amount / other", "3.333333333"),
        ("999999999999999999 + 0.5 - 0.5", "999999999999999999.0"),
        ("999999999 * 999999999 - 999999999 * 999999999 + 1", "1"),
    ] {
        assert_eq!(calculate(text, &amounts), some(value), "{text}");
    }
    let mixed = Uncalculated::Currencies("EUR".parse().unwrap(), "USD".parse().unwrap());
    for (text, why) in [
        ("amount / 0", Uncalculated::ByZero),
        ("amount / (n - 7)", Uncalculated::ByZero),
        ("amount + '1 USD'", mixed),
        ("amount / '1 USD'", mixed),
        ("amount > '1 GBP'", Uncalculated::NoRate("GBP".parse().unwrap())),
        ("amount * 999999999999999999", Uncalculated::TooManyDigits { most: 18 }),
        ("9007199254740991 + 1", Uncalculated::TooLarge { most: 9_007_199_254_740_991 }),
        ("0.00001 * 0.00001", Uncalculated::TooManyPlaces { most: 9 }),
    ] {
        assert_eq!(calculate(text, &amounts), Err(why), "{text}");
    }
}

/// FIN-23: what is absent leaves absent what needs it; nothing is taken for zero.
#[test]
fn absent_values_are_not_zero() {
    for text in ["n + 1", "min(1, n)", "if(urgent, 1, 2)", "sum(parts)", "n = 0", "urgent or true"]
    {
        assert_eq!(calculate(text, &json!({})), Ok(None), "{text}");
    }
    assert_eq!(calculate("true or urgent", &json!({})), Ok(Some("true".into())));
    assert_eq!(calculate("sum(counts)", &json!({"counts": []})), Ok(Some("0".into())));
    assert_eq!(calculate("sum(parts)", &json!({"parts": []})), Ok(None));
    assert_eq!(
        calculate("sum(parts)", &json!({"parts": ["1.10 EUR", "2 EUR"]})),
        Ok(Some("3.10 EUR".into()))
    );
    assert!(calculate("sum(parts)", &json!({"parts": ["1 EUR", "2 USD"]})).is_err());
}

proptest! {
    /// FIN-15: the same as rational numbers, with rounding where the rules say so.
    #[test]
    fn values_are_those_of_rational_numbers(tree in tree(), values in model::values()) {
        let types: BTreeMap<PropertyName, PropertyType> =
            values.keys().map(|key| (name(key), PropertyType::Decimal)).collect();
        let text = tree.text();
        prop_assume!(text.len() <= engine_core::expression::MAX_EXPRESSION);
        let expression = Expression::read(&text, &types).map_err(TestCaseError::fail)?;
        let given: BTreeMap<PropertyName, Value> =
            values.iter().map(|(key, value)| (name(key), Value::Decimal(*value))).collect();
        let found = expression.evaluate(&PropertyType::Decimal, &given, None);
        match (tree.value(&values).and_then(model::Fraction::bounded), found) {
            (Some(wanted), Ok(Some(Value::Decimal(found)))) => {
                prop_assert_eq!(wanted, model::Fraction::from(found), "{}", text);
            }
            (None, Err(_)) => {}
            (wanted, found) => prop_assert!(false, "{}: {:?}, {:?}", text, wanted, found),
        }
    }

    /// FIN-23: no text brings the reader down, and what is read can be worked out or says why not.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        if let Ok(expression) = Expression::read(&text, &types()) {
            let _ = expression.evaluate(expression.of(), &BTreeMap::new(), None);
        }
    }

    /// FIN-23: the same of texts that are made of the language's own words.
    #[test]
    fn any_words_are_read_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "n", "d", "amount", "other", "urgent", "parts", "counts", "`unit-price`", "note", "1",
                "0", "2.5", "'5 EUR'", "'1 USD'", "+", "-", "*", "/", "×", "÷", "−", "(", ")", ",",
                "min", "max", "round", "sum", "if", "and", "or", "not", "<", "<=", "=", "!=", ">",
                "true", "false", "`", "'",
            ]),
            0..24,
        ),
    ) {
        let text = words.join(" ");
        let given = BTreeMap::from([
            (name("n"), Value::Number(3)),
            (name("amount"), Value::Money("7 EUR".parse().unwrap())),
            (name("urgent"), Value::Boolean(false)),
        ]);
        if let Ok(expression) = Expression::read(&text, &types()) {
            let found = expression.evaluate(expression.of(), &given, None);
            prop_assert_ne!(found, Err(Uncalculated::Types), "{}", text);
        }
    }
}
