use serde_json::json;

use super::*;

fn schema(json: &Json) -> Result<Schema, String> {
    Schema::read(json.as_object().unwrap())
}

/// The faults of written settings, each as its path and its message.
fn faults(of: &Json, settings: &Json) -> Vec<String> {
    let map = settings.as_object().unwrap();
    let settings = map.iter().map(|(key, json)| (key.as_str(), Setting::Json(json))).collect();
    told(of, &settings)
}

fn told(of: &Json, settings: &Settings<'_>) -> Vec<String> {
    let faults = schema(of).unwrap().faults(settings);
    faults.into_iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect()
}

/// That a value is refused, and with which words.
#[track_caller]
fn refused(of: &Json, value: &Json, says: &str) {
    let of = json!({"properties": {"v": of}});
    assert_eq!(faults(&of, &json!({"v": value})), [format!(".v: {says}")]);
}

#[track_caller]
fn fits(of: &Json, value: &Json) {
    let of = json!({"properties": {"v": of}});
    assert_eq!(faults(&of, &json!({"v": value})), [""; 0]);
}

#[test]
fn values_are_checked() {
    for (of, good, bad, says) in [
        (json!({"type": "string"}), json!("a"), json!(1), "expected a text, found `1`"),
        (
            json!({"type": ["integer", "null"]}),
            json!(null),
            json!(1.5),
            "expected a whole number or nothing, found `1.5`",
        ),
        (json!({"type": "number"}), json!(3), json!([]), "expected a number, found a list"),
        (json!({"enum": ["a", 1]}), json!(1.0), json!("b"), "expected one of `a`, `1`, found `b`"),
        (json!({"const": true}), json!(true), json!(false), "expected `true`, found `false`"),
        (
            json!({"minimum": 1}),
            json!(1),
            json!(0.5),
            "expected a number of at least 1, found `0.5`",
        ),
        (
            json!({"exclusiveMinimum": 1}),
            json!(2),
            json!(1),
            "expected a number above 1, found `1`",
        ),
        (json!({"maximum": 1}), json!("x"), json!(2), "expected a number of at most 1, found `2`"),
        (
            json!({"exclusiveMaximum": 0.3}),
            json!(0.1),
            json!(0.3),
            "expected a number below 0.3, found `0.3`",
        ),
        (
            json!({"multipleOf": 0.1}),
            json!(0.3),
            json!(0.35),
            "expected a multiple of 0.1, found `0.35`",
        ),
        (
            json!({"minLength": 2, "maxLength": 3}),
            json!("äö"),
            json!("a"),
            "expected 2 to 3 characters, found 1",
        ),
        (
            json!({"pattern": "^a+$"}),
            json!("aa"),
            json!("ab"),
            "expected a text like `^a+$`, found `ab`",
        ),
        (
            json!({"format": "date"}),
            json!("2026-02-28"),
            json!("2026-02-30"),
            "expected a day such as `2026-03-02`, found `2026-02-30`",
        ),
        (
            json!({"format": "date-time"}),
            json!("2026-02-28T10:00:00Z"),
            json!("noon"),
            "expected a time in RFC 3339, found `noon`",
        ),
        (json!({"minItems": 1}), json!([1]), json!([]), "expected at least 1 element, found 0"),
        (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1]), "`1` stands twice"),
        (
            json!({"minProperties": 1}),
            json!({"a": 1}),
            json!({}),
            "expected at least 1 entry, found 0",
        ),
        (json!({"required": ["a"]}), json!({"a": 1}), json!({}), "`a` is missing"),
        (
            json!({"dependentRequired": {"a": ["b"]}}),
            json!({}),
            json!({"a": 1}),
            "`b` is missing, which goes with `a`",
        ),
        (json!({"not": {"required": ["a"]}}), json!({}), json!({"a": 1}), "must be without `a`"),
        (
            json!({"if": {"minimum": 5}, "then": {"maximum": 9}, "else": {"const": 1}}),
            json!(7),
            json!(2),
            "expected `1`, found `2`",
        ),
    ] {
        fits(&of, &good);
        refused(&of, &bad, says);
    }
}

#[test]
fn what_is_inside_is_checked_too() {
    let of = json!({
        "required": ["a"],
        "properties": {"a": {"items": {"$ref": "#/$defs/even"}}, "b": {"prefixItems": [{"type": "string"}]}},
        "patternProperties": {"^x-": {"type": "boolean"}},
        "additionalProperties": false,
        "$defs": {"even": {"multipleOf": 2}},
    });
    assert_eq!(faults(&of, &json!({"a": [2, 4], "b": ["x", 1], "x-y": true})), [""; 0]);
    assert_eq!(
        faults(&of, &json!({"a": [2, 3], "b": [1], "x y": true, "x-y": 1})),
        [
            ".a[1]: expected a multiple of 2, found `3`",
            ".b[0]: expected a text, found `1`",
            "[\"x y\"]: unknown setting `x y`",
            ".x-y: expected `true` or `false`, found `1`",
        ]
    );
    let names = json!({"propertyNames": {"maxLength": 2}});
    assert_eq!(faults(&names, &json!({"abc": 1})), [".abc: expected 0 to 2 characters, found 3"]);
}

#[test]
fn alternatives_say_what_each_of_them_lacks() {
    let of = json!({"oneOf": [
        {"required": ["role"], "not": {"anyOf": [{"required": ["privileges"]}, {"required": ["tables"]}]}},
        {"required": ["privileges", "tables"], "not": {"required": ["role"]}},
    ]});
    assert_eq!(faults(&of, &json!({"role": "r"})), [""; 0]);
    let says = ": fits none of the forms there are: `role` is missing; or `tables` is missing";
    assert_eq!(faults(&of, &json!({"privileges": []})), [says]);
    let says = ": fits none of the forms there are: must be without `privileges` and `tables`; or `tables` is missing";
    assert_eq!(faults(&of, &json!({"role": "r", "privileges": []})), [says]);
    let both = json!({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]});
    let says = ": fits 2 of the forms that exclude each other";
    assert_eq!(faults(&both, &json!({"a": 1, "b": 2})), [says]);
    let any = json!({"anyOf": [{"required": ["a"]}, {"properties": {"b": {"type": "string"}}}]});
    assert_eq!(
        faults(&any, &json!({"b": 1})),
        [": fits none of the forms there are: `a` is missing; or `b` expected a text, found `1`"]
    );
}

/// What a property will be is open; that it is there and of which type is not.
#[test]
fn properties_are_open() {
    let list = PropertyType::List(Box::new(PropertyType::Text));
    let open = |of| Setting::Property(of);
    let mut of = json!({
        "required": ["a"],
        "additionalProperties": false,
        "properties": {
            "a": {"type": "string", "enum": ["x"], "minLength": 9},
            "b": {"type": "integer", "minimum": 7},
            "c": {"items": {"type": "integer"}},
        },
    });
    let settings = Settings::from([("b", open(&PropertyType::Money)), ("elsewhere", open(&list))]);
    assert_eq!(
        told(&of, &settings),
        [
            ": `a` is missing",
            ".b: expected a whole number, found a property of type money",
            ".elsewhere: unknown setting `elsewhere`",
        ]
    );
    let more = json!({
        "oneOf": [{"properties": {"a": {"const": "x"}}}, {"properties": {"a": {"const": "y"}}}],
        "if": {"properties": {"a": {"const": "z"}}},
        "then": {"required": ["c"]},
        "not": {"properties": {"a": {"const": "w"}}},
    });
    of.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings = Settings::from([
        ("a", open(&PropertyType::Money)),
        ("b", open(&PropertyType::Number)),
        ("c", open(&list)),
    ]);
    assert_eq!(told(&of, &settings), [""; 0]);
}

#[test]
fn what_cannot_be_checked_is_refused_when_it_is_read() {
    for (bad, says) in [
        (
            json!({"unevaluatedProperties": false}),
            "at `#`: unknown keyword `unevaluatedProperties`",
        ),
        (
            json!({"properties": {"a": {"mininum": 1}}}),
            "at `#/properties/a`: unknown keyword `mininum`; did you mean `minimum`?",
        ),
        (
            json!({"$ref": "https://example.org/a.json"}),
            "at `#/$ref`: expected a place in the same schema, such as `#/$defs/a`",
        ),
        (
            json!({"$ref": "file:///etc/passwd"}),
            "at `#/$ref`: expected a place in the same schema, such as `#/$defs/a`",
        ),
        (json!({"$ref": "#/$defs/none"}), "`$ref` to `#/$defs/none`, where no schema is"),
        (json!({"$ref": "#/title", "title": "x"}), "`$ref` to `#/title`, where no schema is"),
        (
            json!({"properties": {"a": {"$id": "urn:b"}}}),
            "at `#/properties/a`: unknown keyword `$id`",
        ),
        (
            json!({"pattern": "(?=a)"}),
            "at `#/pattern`: expected a regular expression of linear time, not too large",
        ),
        (
            json!({"pattern": "((a{100}){100}){100}"}),
            "at `#/pattern`: expected a regular expression of linear time, not too large",
        ),
        (json!({"type": "text"}), "at `#/type`: expected a type, such as `string`"),
        (json!({"properties": []}), "at `#/properties`: expected a map of schemas"),
        (json!({"items": [true]}), "at `#/items`: expected a schema"),
        (json!({"minimum": "1"}), "at `#/minimum`: expected a number of at most 28 digits"),
        (json!({"minimum": 1e300}), "at `#/minimum`: expected a number of at most 28 digits"),
        (
            json!({"minLength": -1}),
            "at `#/minLength`: expected a whole number that is not negative",
        ),
        (json!({"multipleOf": 0}), "at `#/multipleOf`: expected a number above 0"),
        (json!({"anyOf": []}), "at `#/anyOf`: expected a list of schemas"),
        (json!({"then": {}}), "at `#`: expected `then` and `else` only beside `if`"),
        (json!({"required": "a"}), "at `#/required`: expected a list of texts"),
    ] {
        assert_eq!(schema(&bad).err().as_deref(), Some(says), "{bad}");
    }
    let many: Map<String, Json> = (0..65).map(|n| (format!("^{n}"), json!({}))).collect();
    let many = schema(&json!({"patternProperties": many})).unwrap_err();
    assert_eq!(many, "at `#/patternProperties`: expected at most 64 patterns in all");
}

/// A schema that leads to itself, or doubles at each turn, ends all the same.
#[test]
fn work_is_bounded() {
    let says = [": cannot be checked: the plugin's schema asks for too much"];
    let circle = json!({"$ref": "#"});
    assert_eq!(faults(&circle, &json!({})), says);
    let mut doubling = Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/{}", n + 1)});
        doubling.insert(n.to_string(), json!({"allOf": [next, next]}));
    }
    doubling.insert("40".to_owned(), json!(true));
    let doubling = json!({"$ref": "#/$defs/0", "$defs": doubling});
    assert_eq!(faults(&doubling, &json!({})), says);
    let tree = json!({"properties": {"a": {"$ref": "#"}}});
    assert_eq!(faults(&tree, &json!({"a": {"a": {"a": 1}}})), [""; 0]);
}
