//! What the language brings for texts, of the packages in the profile. A letter is a text of one letter.

use super::{ScriptFunction, entry};

pub(super) const TEXTS: &[ScriptFunction] = &[
    entry("trim(text) -> text", "Without blanks at both ends.", r#"trim("  a b ") == "a b""#),
    entry(
        "matches(text, text) -> boolean",
        "Whether all of a text is as a pattern says: `*` stands for any letters or none, `?` for one.",
        r#"matches("PO-2026-7", "PO-????-*") && !matches("PO", "po")"#,
    ),
    entry(
        "join(list, text) -> text",
        "The values of a list as one text, with something between them.",
        r#"join([1, "a", money("5 EUR")], ", ") == "1, a, 5 EUR""#,
    ),
    entry(
        "contains(text, text) -> boolean",
        "Whether a text has another in it; `other in text` is the same.",
        r#""purchase".contains("chase") && "chase" in "purchase""#,
    ),
    entry(
        "starts_with(text, text) -> boolean",
        "Whether it begins so.",
        r#""purchase".starts_with("pur")"#,
    ),
    entry(
        "ends_with(text, text) -> boolean",
        "Whether it ends so.",
        r#""purchase".ends_with("ase")"#,
    ),
    entry(
        "len(text) -> number",
        "How many letters it has.",
        r#""añb".len == 3 && "añb".len() == 3"#,
    ),
    entry("text.len -> number", "The same.", r#""abc".len == 3"#),
    entry("bytes(text) -> number", "How many bytes it has.", r#""añb".bytes() == 4"#),
    entry("text.bytes -> number", "The same.", r#""añb".bytes == 4"#),
    entry("is_empty(text) -> boolean", "Whether it has no letter.", r#""".is_empty()"#),
    entry("text.is_empty -> boolean", "The same.", r#""".is_empty"#),
    entry("to_lower(text) -> text", "In small letters.", r#""AbC".to_lower() == "abc""#),
    entry("to_upper(text) -> text", "In capital letters.", r#""AbC".to_upper() == "ABC""#),
    entry(
        "index_of(text, text) -> number",
        "Where another begins, from zero; minus one where it does not.",
        r#""abcb".index_of("b") == 1 && "abc".index_of("x") == -1"#,
    ),
    entry(
        "index_of(text, text, number) -> number",
        "The same, from there on.",
        r#""abcb".index_of("b", 2) == 3"#,
    ),
    entry(
        "sub_string(text, number) -> text",
        "From there to the end.",
        r#""abcd".sub_string(2) == "cd""#,
    ),
    entry(
        "sub_string(text, number, number) -> text",
        "From there, so many letters.",
        r#""abcd".sub_string(1, 2) == "bc""#,
    ),
    entry("split(text) -> list", "Its words.", r#""a  b".split() == ["a", "b"]"#),
    entry(
        "split(text, text) -> list",
        "Its parts between separators, or, with a number, the two parts before and after a place.",
        r#""a,b".split(",").len == 2 && "abc".split(1).len == 2"#,
    ),
    entry(
        "split(text, text, number) -> list",
        "The same, into at most so many parts.",
        r#""a,b,c".split(",", 2).len == 2"#,
    ),
    entry(
        "split_rev(text, text) -> list",
        "The parts from the end.",
        r#""a,b".split_rev(",")[0] == "b""#,
    ),
    entry(
        "split_rev(text, text, number) -> list",
        "The same, into at most so many parts.",
        r#""a,b,c".split_rev(",", 2)[1] == "a,b""#,
    ),
    entry(
        "get(text, number) -> letter",
        "The letter at a place, or nothing; `text[place]` is an error there.",
        r#""abc".get(1) == "b" && "abc".get(9) == ()"#,
    ),
    entry(
        "chars(text) -> letters",
        "Its letters, for a loop.",
        r#"let n = 0; for letter in "abc".chars() { n += 1; } n == 3"#,
    ),
    entry(
        "text.chars -> letters",
        "The same.",
        r#"let n = 0; for letter in "abc".chars { n += 1; } n == 3"#,
    ),
    entry(
        "chars(text, number) -> letters",
        "From there on.",
        r#"let n = 0; for letter in "abc".chars(1) { n += 1; } n == 2"#,
    ),
    entry(
        "chars(text, number, number) -> letters",
        "From there, so many.",
        r#"let n = 0; for letter in "abc".chars(1, 1) { n += 1; } n == 1"#,
    ),
    entry("to_chars(text) -> list", "Its letters, as a list.", r#""abc".to_chars().len == 3"#),
    entry(
        "set(text, number, letter)",
        "Changes a letter of a variable.",
        r#"let t = "abc"; t.set(1, 'x'); t == "axc""#,
    ),
    entry(
        "append(text, value)",
        "Adds something to the end of a variable.",
        r#"let t = "ab"; t.append("c"); t == "abc""#,
    ),
    entry(
        "replace(text, text, text)",
        "Changes a variable: one text for another in it.",
        r#"let t = "a-b"; t.replace("-", "+"); t == "a+b""#,
    ),
    entry(
        "remove(text, text)",
        "Changes a variable: without that text.",
        r#"let t = "a-b"; t.remove("-"); t == "ab""#,
    ),
    entry(
        "truncate(text, number)",
        "Changes a variable: its first letters.",
        r#"let t = "abc"; t.truncate(2); t == "ab""#,
    ),
    entry(
        "crop(text, number)",
        "Changes a variable: from there to the end.",
        r#"let t = "abcd"; t.crop(2); t == "cd""#,
    ),
    entry(
        "crop(text, number, number)",
        "Changes a variable: from there, so many letters.",
        r#"let t = "abcd"; t.crop(1, 2); t == "bc""#,
    ),
    entry("clear(text)", "Empties a variable.", r#"let t = "abc"; t.clear(); t == """#),
    entry(
        "pop(text) -> letter",
        "Takes the last letter from a variable, or nothing.",
        r#"let t = "abc"; t.pop() == "c" && t == "ab""#,
    ),
    entry(
        "pop(text, number) -> text",
        "Takes so many from its end.",
        r#"let t = "abc"; t.pop(2) == "bc""#,
    ),
    entry(
        "pad(text, number, text)",
        "Changes a variable: as long as that.",
        r#"let t = "7"; t.pad(3, "0"); t == "700""#,
    ),
    entry(
        "make_lower(text)",
        "Changes a variable to small letters.",
        r#"let t = "AB"; t.make_lower(); t == "ab""#,
    ),
    entry(
        "make_upper(text)",
        "Changes a variable to capital letters.",
        r#"let t = "ab"; t.make_upper(); t == "AB""#,
    ),
    entry(
        "to_blob(text) -> bytes",
        "Its bytes in UTF-8, of which nothing can be asked.",
        r#"type_of("ab".to_blob()) == "blob""#,
    ),
    entry(
        "to_string(value) -> text",
        r#"Any value as a text; `"…" + value` has it in another."#,
        r#"to_string(money("5 EUR")) == "5 EUR" && "at " + date("2026-03-02") == "at 2026-03-02""#,
    ),
    entry(
        "to_debug(value) -> text",
        "Any value as somebody who looks for a mistake wants to see it.",
        r#"to_debug("a") == "\"a\"""#,
    ),
];
