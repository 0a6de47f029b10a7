//! `docs/api.md`, from the table of endpoints.

use std::fmt::Write;

use engine_api::endpoint::{Endpoint, Method, Shape};

use super::{note, source::Source};

const INTRODUCTION: &str = "\
Every endpoint of the HTTP API. A running engine describes it to programs, in OpenAPI, at
`/api/v1/openapi.json`; how to call it stands in [integrators.md](integrators.md), and what it answers where it refuses
in [errors.md](errors.md).

| endpoint | what it does | query | body | answer |
|---|---|---|---|---|
";

pub(super) fn write() -> String {
    let mut text = format!("# The HTTP API\n\n{}\n{INTRODUCTION}", note());
    for endpoint in Endpoint::ALL {
        let it = endpoint.description();
        let method = match it.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let query: Vec<String> = it.query.iter().map(|name| format!("`{name}`")).collect();
        let name = |shape: Shape| match &*(shape.name)() {
            "Anything" => "JSON".to_owned(),
            "Text" => "text".to_owned(),
            "Binary" => "a component".to_owned(),
            named => format!("`{named}`"),
        };
        let (query, body, answer) =
            (query.join(", "), it.takes.map(name).unwrap_or_default(), name(it.gives));
        let open = if endpoint.is_open() { " *(without a token)*" } else { "" };
        let about = it.about;
        let row =
            format!("| `{method} {}` | {about}{open} | {query} | {body} | {answer} |", it.path);
        writeln!(text, "{}", row.replace("|  |", "| |").replace("|  |", "| |")).unwrap();
    }
    for (title, path, name) in [
        ("## What a submission says", "engine/api/src/command.rs", "SubmitRequest"),
        ("## What a decision says", "engine/api/src/command.rs", "Decide"),
        ("## What a request looks like", "engine/api/src/view/request.rs", "RequestView"),
        ("## What a step of it looks like", "engine/api/src/view/step.rs", "StepView"),
        ("## What an explanation says", "engine/api/src/view/explanation.rs", "ExplanationView"),
        ("## What it says about a person", "engine/api/src/view/explanation.rs", "PersonView"),
        ("## What a refusal says", "engine/api/src/problem.rs", "ErrorBody"),
    ] {
        write!(text, "\n{title}\n\n| field of `{name}` | meaning |\n|---|---|\n").unwrap();
        for field in Source::read(path).fields(name) {
            writeln!(text, "| `{}` | {} |", field.name, field.about).unwrap();
        }
    }
    text
}
