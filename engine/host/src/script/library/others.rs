//! What the language brings for numbers, maps, ranges and functions, of the packages in the profile.

use super::{ScriptFunction, entry};

pub(super) const NUMBERS: &[ScriptFunction] = &[
    entry(
        "abs(number) -> number",
        "Without its sign; of a decimal too.",
        r#"abs(-5) == 5 && abs(decimal("-0.5")) == decimal("0.5")"#,
    ),
    entry(
        "add(decimal, decimal) -> decimal",
        "As the operator `+`.",
        r#"add(decimal("0.1"), decimal("0.2")) == decimal("0.3")"#,
    ),
    entry(
        "subtract(decimal, decimal) -> decimal",
        "As the operator `-`.",
        r#"subtract(decimal("0.3"), decimal("0.2")) == decimal("0.1")"#,
    ),
    entry(
        "multiply(decimal, decimal) -> decimal",
        "As the operator `*`.",
        r#"multiply(decimal("0.5"), decimal("0.5")) == decimal("0.25")"#,
    ),
    entry(
        "divide(decimal, decimal) -> decimal",
        "As the operator `/`.",
        r#"divide(decimal("0.5"), decimal("2")) == decimal("0.25")"#,
    ),
    entry(
        "modulo(decimal, decimal) -> decimal",
        "As the operator `%`.",
        r#"modulo(decimal("5.5"), decimal("2")) == decimal("1.5")"#,
    ),
    entry(
        "power(decimal, decimal) -> decimal",
        "As the operator `**`.",
        r#"power(decimal("0.5"), decimal("2")) == decimal("0.25")"#,
    ),
    entry("sign(number) -> number", "Minus one, zero or one.", "sign(-5) == -1"),
    entry("is_zero(number) -> boolean", "Whether it is zero.", "is_zero(0)"),
    entry("number.is_zero -> boolean", "The same.", "0.is_zero"),
    entry("is_odd(number) -> boolean", "Whether it is odd.", "is_odd(3)"),
    entry("number.is_odd -> boolean", "The same.", "3.is_odd"),
    entry("is_even(number) -> boolean", "Whether it is even.", "is_even(2)"),
    entry("number.is_even -> boolean", "The same.", "2.is_even"),
    entry("to_int(letter) -> number", "The number of a letter in Unicode.", "to_int('A') == 65"),
    entry("to_binary(number) -> text", "In the digits of base two.", r#"to_binary(5) == "101""#),
    entry("to_octal(number) -> text", "In the digits of base eight.", r#"to_octal(8) == "10""#),
    entry("to_hex(number) -> text", "In the digits of base sixteen.", r#"to_hex(255) == "ff""#),
    entry(
        "bits(number) -> bits",
        "Its bits, for a loop.",
        "let n = 0; for bit in bits(5) { if bit { n += 1; } } n == 2",
    ),
    entry(
        "number.bits -> bits",
        "The same.",
        "let n = 0; for bit in 5.bits { if bit { n += 1; } } n == 2",
    ),
    entry(
        "bits(number, number) -> bits",
        "From that bit on.",
        "let n = 0; for bit in bits(5, 1) { if bit { n += 1; } } n == 1",
    ),
    entry(
        "bits(number, number, number) -> bits",
        "From that bit, so many.",
        "let n = 0; for bit in bits(5, 0, 2) { if bit { n += 1; } } n == 1",
    ),
];

pub(super) const OTHERS: &[ScriptFunction] = &[
    entry("len(map) -> number", "How many entries it has.", "#{a: 1}.len() == 1"),
    entry("is_empty(map) -> boolean", "Whether it has none.", "#{}.is_empty()"),
    entry(
        "contains(map, text) -> boolean",
        "Whether it has an entry; `name in map` is the same.",
        r#"#{a: 1}.contains("a") && "a" in #{a: 1}"#,
    ),
    entry(
        "keys(map) -> list",
        "The names of its entries.",
        r#"#{b: 1, a: 2}.keys() == ["a", "b"]"#,
    ),
    entry("values(map) -> list", "The values of its entries.", "#{a: 1}.values() == [1]"),
    entry(
        "get(map, text) -> value",
        "An entry, or nothing; `map.name` is an error there.",
        r#"#{a: 1}.get("a") == 1 && #{}.get("a") == ()"#,
    ),
    entry(
        "set(map, text, value)",
        "Changes an entry of a variable.",
        r#"let m = #{}; m.set("a", 1); m.a == 1"#,
    ),
    entry(
        "remove(map, text) -> value",
        "Takes an entry from a variable, or nothing.",
        r#"let m = #{a: 1}; m.remove("a") == 1 && m.is_empty()"#,
    ),
    entry("clear(map)", "Empties a variable.", "let m = #{a: 1}; m.clear(); m.is_empty()"),
    entry(
        "filter(map, function) -> map",
        "The entries of which a function of name and value is true.",
        r#"#{a: 1, b: 2}.filter(|name, value| value > 1).keys() == ["b"]"#,
    ),
    entry(
        "map(map, function) -> map",
        "What a function makes of each name and value.",
        "#{a: 1}.map(|name, value| value + 1).a == 2",
    ),
    entry(
        "retain(map, function) -> map",
        "Leaves in a variable the entries of which it is true.",
        r#"let m = #{a: 1, b: 2}; m.retain(|name, value| value > 1); m.keys() == ["b"]"#,
    ),
    entry(
        "drain(map, function) -> map",
        "Takes from a variable the entries of which it is true.",
        r#"let m = #{a: 1, b: 2}; m.drain(|name, value| value > 1); m.keys() == ["a"]"#,
    ),
    entry(
        "mixin(map, map)",
        "Adds the entries of another to a variable; `map + map` is a new one.",
        "let m = #{a: 1}; m.mixin(#{b: 2}); m.len() == 2",
    ),
    entry(
        "fill_with(map, map)",
        "Adds the entries of another that are not there.",
        "let m = #{a: 1}; m.fill_with(#{a: 5, b: 2}); m.a == 1 && m.b == 2",
    ),
    entry("to_json(map) -> text", "As JSON.", r#"#{a: 1}.to_json() == "{\"a\":1}""#),
    entry(
        "range(number, number) -> range",
        "From one number to before another; `0..3` is the same, `0..=3` has its end.",
        "let n = 0; for i in range(0, 3) { n += i; } n == 3",
    ),
    entry(
        "range(number, number, number) -> range",
        "The same in steps.",
        "let n = 0; for i in range(0, 5, 2) { n += i; } n == 6",
    ),
    entry("start(range) -> number", "Where it begins.", "(2..5).start() == 2"),
    entry("range.start -> number", "The same.", "(2..5).start == 2"),
    entry("end(range) -> number", "Where it ends.", "(2..5).end() == 5"),
    entry("range.end -> number", "The same.", "(2..5).end == 5"),
    entry(
        "contains(range, number) -> boolean",
        "Whether a number is in it; `number in range` is the same.",
        "(2..5).contains(4) && 4 in 2..5",
    ),
    entry("is_empty(range) -> boolean", "Whether nothing is in it.", "(2..2).is_empty()"),
    entry("range.is_empty -> boolean", "The same.", "(2..2).is_empty"),
    entry(
        "is_exclusive(range) -> boolean",
        "Whether its end is left out.",
        "(2..5).is_exclusive()",
    ),
    entry("range.is_exclusive -> boolean", "The same.", "(2..5).is_exclusive"),
    entry("is_inclusive(range) -> boolean", "Whether its end is in it.", "(2..=5).is_inclusive()"),
    entry("range.is_inclusive -> boolean", "The same.", "(2..=5).is_inclusive"),
    entry(
        "name(function) -> text",
        "The name of a function of the script.",
        r#"fn half(n) { n / 2 } Fn("half").name() == "half""#,
    ),
    entry(
        "function.name -> text",
        "The same.",
        r#"fn half(n) { n / 2 } Fn("half").name == "half""#,
    ),
    entry("is_anonymous(function) -> boolean", "Whether it has none.", "(|n| n).is_anonymous()"),
    entry("function.is_anonymous -> boolean", "The same.", "(|n| n).is_anonymous"),
];
