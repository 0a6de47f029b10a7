//! What the language brings for lists, of the packages in the profile.

use super::{ScriptFunction, entry};

pub(super) const LISTS: &[ScriptFunction] = &[
    entry("len(list) -> number", "How many values it has.", "[1, 2].len() == 2"),
    entry("list.len -> number", "The same.", "[1, 2].len == 2"),
    entry("is_empty(list) -> boolean", "Whether it has none.", "[].is_empty()"),
    entry("list.is_empty -> boolean", "The same.", "[].is_empty"),
    entry(
        "contains(list, value) -> boolean",
        "Whether a value is in it; `value in list` is the same.",
        "[1, 2].contains(2) && 2 in [1, 2]",
    ),
    entry(
        "some(list, function) -> boolean",
        "Whether the function is true of one of them.",
        "[1, 2].some(|n| n > 1)",
    ),
    entry(
        "all(list, function) -> boolean",
        "Whether it is true of all of them.",
        "![1, 2].all(|n| n > 1)",
    ),
    entry(
        "filter(list, function) -> list",
        "Those of which it is true.",
        "[1, 2, 3].filter(|n| n > 1) == [2, 3]",
    ),
    entry(
        "map(list, function) -> list",
        "What the function makes of each.",
        "[1, 2].map(|n| n * 10) == [10, 20]",
    ),
    entry(
        "reduce(list, function) -> value",
        "One value of all: the function gets what it made before, at first nothing, and the next.",
        "[1, 2].reduce(|sum, n| if sum == () { n } else { sum + n }) == 3",
    ),
    entry(
        "reduce(list, function, value) -> value",
        "The same, from a value on.",
        "[1, 2].reduce(|sum, n| sum + n, 0) == 3",
    ),
    entry(
        "reduce_rev(list, function) -> value",
        "The same, from the end.",
        "[1, 2].reduce_rev(|sum, n| if sum == () { n } else { sum - n }) == 1",
    ),
    entry(
        "reduce_rev(list, function, value) -> value",
        "The same, from a value on.",
        "[1, 2].reduce_rev(|sum, n| sum + n, 0) == 3",
    ),
    entry(
        "find(list, function) -> value",
        "The first of which it is true, or nothing.",
        "[1, 2].find(|n| n > 1) == 2",
    ),
    entry(
        "find(list, function, number) -> value",
        "The same, from there on.",
        "[3, 2].find(|n| n > 1, 1) == 2",
    ),
    entry(
        "find_map(list, function) -> value",
        "The first that the function makes something of.",
        "[1, 2].find_map(|n| if n > 1 { n * 10 }) == 20",
    ),
    entry(
        "find_map(list, function, number) -> value",
        "The same, from there on.",
        "[3, 2].find_map(|n| if n > 1 { n * 10 }, 1) == 20",
    ),
    entry(
        "index_of(list, value) -> number",
        "Where a value stands, from zero, or one of which a function is true; minus one where none does.",
        "[5, 6].index_of(6) == 1 && [5, 6].index_of(|n| n > 6) == -1",
    ),
    entry(
        "index_of(list, value, number) -> number",
        "The same, from there on.",
        "[5, 6, 5].index_of(5, 1) == 2",
    ),
    entry(
        "get(list, number) -> value",
        "The value at a place, or nothing; `list[place]` is an error there.",
        "[5, 6].get(1) == 6 && [5].get(9) == ()",
    ),
    entry(
        "for_each(list, function)",
        "Calls the function with each as `this`, which it can change.",
        "let l = [1, 2]; l.for_each(|| this *= 2); l == [2, 4]",
    ),
    entry(
        "zip(list, list, function) -> list",
        "What the function makes of the pairs of two lists.",
        "[1, 2].zip([3, 4], |a, b| a + b) == [4, 6]",
    ),
    entry("order(list) -> list", "In order: numbers, texts.", "[2, 1].order() == [1, 2]"),
    entry(
        "order(list, function) -> list",
        "In the order by which the function answers a number below zero, zero or above.",
        "[1, 2].order(|a, b| b - a) == [2, 1]",
    ),
    entry(
        "order_by(list, function) -> list",
        "The same.",
        "[1, 2].order_by(|a, b| b - a) == [2, 1]",
    ),
    entry(
        "order_desc(list) -> list",
        "In order, the greatest first.",
        "[1, 2].order_desc() == [2, 1]",
    ),
    entry(
        "extract(list, number) -> list",
        "From there to the end, or, with a range, that part.",
        "[1, 2, 3].extract(1) == [2, 3] && [1, 2, 3].extract(0..2) == [1, 2]",
    ),
    entry(
        "extract(list, number, number) -> list",
        "From there, so many.",
        "[1, 2, 3].extract(1, 1) == [2]",
    ),
    entry(
        "append(list, list)",
        "Adds another list to the end of a variable; `list + list` is a new one.",
        "let l = [1]; l.append([2]); l == [1, 2]",
    ),
    entry(
        "push(list, value)",
        "Adds a value to the end of a variable.",
        "let l = [1]; l.push(2); l == [1, 2]",
    ),
    entry(
        "pop(list) -> value",
        "Takes the last from a variable, or nothing.",
        "let l = [1, 2]; l.pop() == 2 && l == [1]",
    ),
    entry(
        "shift(list) -> value",
        "Takes the first from a variable, or nothing.",
        "let l = [1, 2]; l.shift() == 1 && l == [2]",
    ),
    entry(
        "insert(list, number, value)",
        "Puts a value into a variable, at a place.",
        "let l = [1, 3]; l.insert(1, 2); l == [1, 2, 3]",
    ),
    entry(
        "remove(list, number) -> value",
        "Takes the value at a place from a variable, or nothing.",
        "let l = [1, 2]; l.remove(0) == 1 && l == [2]",
    ),
    entry(
        "set(list, number, value)",
        "Changes the value at a place of a variable.",
        "let l = [1, 2]; l.set(0, 5); l == [5, 2]",
    ),
    entry(
        "pad(list, number, value)",
        "Changes a variable: as long as that.",
        "let l = [1]; l.pad(3, 0); l == [1, 0, 0]",
    ),
    entry(
        "truncate(list, number)",
        "Changes a variable: its first values.",
        "let l = [1, 2, 3]; l.truncate(2); l == [1, 2]",
    ),
    entry(
        "chop(list, number)",
        "Changes a variable: its last values.",
        "let l = [1, 2, 3]; l.chop(2); l == [2, 3]",
    ),
    entry("reverse(list)", "Turns a variable round.", "let l = [1, 2]; l.reverse(); l == [2, 1]"),
    entry("sort(list)", "Puts a variable in order.", "let l = [2, 1]; l.sort(); l == [1, 2]"),
    entry(
        "sort(list, function)",
        "The same, by a function.",
        "let l = [1, 2]; l.sort(|a, b| b - a); l == [2, 1]",
    ),
    entry(
        "sort_by(list, function)",
        "The same.",
        "let l = [1, 2]; l.sort_by(|a, b| b - a); l == [2, 1]",
    ),
    entry(
        "sort_desc(list)",
        "Puts a variable in order, the greatest first.",
        "let l = [1, 2]; l.sort_desc(); l == [2, 1]",
    ),
    entry(
        "dedup(list)",
        "Changes a variable: neighbours that are equal, once.",
        "let l = [1, 1, 2]; l.dedup(); l == [1, 2]",
    ),
    entry(
        "dedup(list, function)",
        "The same, where the function says that two are equal.",
        "let l = [1, 2]; l.dedup(|a, b| true); l.len == 1",
    ),
    entry(
        "retain(list, function) -> list",
        "Leaves in a variable those of which the function is true, or a part by a range, and answers the others.",
        "let l = [1, 2]; l.retain(|n| n > 1) == [1] && l == [2]",
    ),
    entry(
        "retain(list, number, number) -> list",
        "Leaves a part of a variable.",
        "let l = [1, 2, 3]; l.retain(1, 1); l == [2]",
    ),
    entry(
        "drain(list, function) -> list",
        "Takes from a variable those of which the function is true, or a part by a range.",
        "let l = [1, 2]; l.drain(|n| n > 1) == [2] && l == [1]",
    ),
    entry(
        "drain(list, number, number) -> list",
        "Takes a part of a variable.",
        "let l = [1, 2, 3]; l.drain(1, 1) == [2] && l == [1, 3]",
    ),
    entry(
        "split(list, number) -> list",
        "Takes what stands from a place on.",
        "let l = [1, 2, 3]; l.split(1) == [2, 3] && l == [1]",
    ),
    entry(
        "splice(list, range, list)",
        "Puts other values in place of a part of a variable.",
        "let l = [1, 2, 3]; l.splice(0..2, [9]); l == [9, 3]",
    ),
    entry(
        "splice(list, number, number, list)",
        "The same, from a place, so many.",
        "let l = [1, 2, 3]; l.splice(0, 2, [9]); l == [9, 3]",
    ),
    entry("clear(list)", "Empties a variable.", "let l = [1]; l.clear(); l == []"),
];
