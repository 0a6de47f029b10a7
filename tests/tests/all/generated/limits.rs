//! `docs/limits.md`, from the constants and defaults that bind.

use std::fmt::Write;

use engine_core::organization::Settings;
use engine_host::{HostLimits, Limits, ScriptLimits};

use super::{note, source::Source};

const INTRODUCTION: &str = "\
What is larger is refused with a message that names the limit; nothing is cut off in silence.
";

/// A constant of the code: its file, its name, what it bounds, and what it counts.
type Constant = (&'static str, &'static str, &'static str, &'static str);

const DOCUMENTS: &[Constant] = &[
    ("engine/api/src/document.rs", "MAX_BYTES", "Length of a document", "bytes"),
    ("engine/api/src/document.rs", "MAX_DEPTH", "Lists and maps in each other", ""),
    ("engine/server/src/cli/files.rs", "MAX_DEPTH", "Folders in each other, for `apply`", ""),
    ("engine/core/src/ids.rs", "MAX_ID_LENGTH", "Length of an id", "bytes"),
    ("engine/core/src/rule/compile.rs", "MAX_STEPS", "Steps of a rule (STP-1)", ""),
    ("engine/core/src/rule/compile.rs", "MAX_SEATS", "Seats of a step (FIN-25)", ""),
    (
        "engine/core/src/rule/compile/who.rs",
        "MAX_CHAIN",
        "Properties in a chain such as `requester.manager.manager`",
        "",
    ),
    (
        "engine/core/src/rule/compile/condition.rs",
        "MAX_PATTERN",
        "Size of a compiled pattern of `matches`",
        "bytes",
    ),
    ("engine/host/src/limits.rs", "MAX_SCRIPT_BYTES", "Length of a script", "bytes"),
    ("engine/host/src/limits.rs", "MAX_COMPONENT_BYTES", "Size of a component", "bytes"),
];
const VALUES: &[Constant] = &[
    ("engine/core/src/decide/form.rs", "MAX_ITEMS", "Items of a request", ""),
    ("engine/core/src/decide/form.rs", "MAX_TARGETS", "People a request is for (REQ-6)", ""),
    (
        "engine/core/src/decide/attach.rs",
        "MAX_ATTACHMENT",
        "Size of an attachment (REQ-9)",
        "bytes",
    ),
    (
        "engine/core/src/decide/attach.rs",
        "MAX_ATTACHMENT_NAME",
        "Length of an attachment's name",
        "bytes",
    ),
    ("engine/core/src/decide/attach.rs", "MAX_ATTACHMENTS", "Attachments of a request (REQ-9)", ""),
    (
        "engine/core/src/decide/attach.rs",
        "MAX_ATTACHED",
        "Attachments of a request, those that were removed included",
        "",
    ),
    (
        "engine/core/src/request/files.rs",
        "MAX_LINKS",
        "Links of a person to the files of an execution that can still be used; the oldest go first (EXE-7)",
        "",
    ),
    (
        "engine/core/src/expression.rs",
        "MAX_EXPRESSION",
        "Length of an expression (FIN-23)",
        "bytes",
    ),
    (
        "engine/core/src/expression.rs",
        "MAX_EXPRESSION_DEPTH",
        "Parts of an expression in each other",
        "",
    ),
    ("engine/core/src/rule/literal.rs", "MAX_TEXT", "Length of a text", "bytes"),
    ("engine/core/src/rule/literal.rs", "MAX_LIST", "Values of a list", ""),
    ("engine/core/src/value.rs", "MAX_NUMBER", "A number, positive or negative", ""),
    (
        "engine/core/src/money.rs",
        "MAX_INTEGER_DIGITS",
        "Digits of an amount before the point (FIN-15)",
        "",
    ),
    ("engine/core/src/money.rs", "MAX_SCALE", "Decimals of an amount (FIN-15)", ""),
    ("engine/core/src/money.rs", "MAX_RATE_SCALE", "Decimals of a rate (FIN-15)", ""),
];
const CALLS: &[Constant] = &[
    (
        "engine/server/src/http.rs",
        "MAX_BODY",
        "Body of a call, components and attachments aside",
        "bytes",
    ),
    ("engine/server/src/http/lists.rs", "USUAL", "Rows of a page where `limit` is absent", ""),
    (
        "engine/server/src/cli/serve.rs",
        "DRAIN",
        "Time for calls under way after the engine was told to stop",
        "ms",
    ),
];
const EXECUTIONS: &[Constant] = &[
    (
        "engine/core/src/decide/execution.rs",
        "MAX_FAILURES",
        "Failures in a row, after which an execution is not tried again by itself (EXE-4)",
        "",
    ),
    (
        "engine/core/src/decide/execution.rs",
        "MAX_STARTS",
        "Starts of an execution that the engine never sees the end of",
        "",
    ),
    ("engine/core/src/decide/execution.rs", "LONGEST_BACK_OFF", "Wait between two tries", "s"),
    (
        "engine/core/src/decide/grant.rs",
        "LONGEST_REVERT_BACK_OFF",
        "Wait between two tries to take a grant back, which never end",
        "s",
    ),
    ("engine/runtime/src/dispatcher.rs", "AT_ONCE", "Executions at once", ""),
    ("engine/connect/src/classify.rs", "MAX_TEXT", "Length of a statement's text", "bytes"),
    ("engine/connect/src/classify.rs", "MAX_STATEMENTS", "Statements of a text", ""),
    ("engine/host/src/v1/planned.rs", "MAX_PLANNED", "Statements of a plan", ""),
    (
        "engine/host/src/v1/planned.rs",
        "MAX_NAMES",
        "Tables, or functions, of a statement that a plan covers without its text",
        "",
    ),
    ("engine/connect/src/marker.rs", "MAX_RECEIPT", "Length of a receipt", "bytes"),
];

const HELPERS: &[Constant] = &[
    ("engine/host/src/script/answer.rs", "MAX_MESSAGE_BYTES", "Bytes of a text for a person.", ""),
    ("engine/host/src/script/problems.rs", "MAX_PROBLEMS", "Problems that a validator finds.", ""),
    ("engine/host/src/script/people.rs", "MAX_CHAIN", "Managers above somebody.", ""),
    ("engine/host/src/script/texts.rs", "MAX_PATTERN", "Bytes of a pattern of `matches`.", ""),
];

pub(super) fn write() -> String {
    let mut text = format!("# Limits and defaults\n\n{}\n{INTRODUCTION}", note());
    constants(&mut text, "Documents, rules, scripts, components", DOCUMENTS);
    constants(&mut text, "Values of a request", VALUES);
    constants(&mut text, "Calls of the API", CALLS);
    constants(&mut text, "Executions", EXECUTIONS);
    settings(&mut text);
    worlds(&mut text);
    scripts(&mut text);
    text
}

fn constants(text: &mut String, title: &str, constants: &[Constant]) {
    write!(text, "\n## {title}\n\n| what | at most |\n|---|---|\n").unwrap();
    for (path, name, what, unit) in constants {
        let value = number(Source::read(path).constant(name));
        let (exact, round) = value.split_once(" (").unwrap_or((&value, ""));
        let round = if round.is_empty() { String::new() } else { format!(" ({round}") };
        let exact = format!("{exact} {unit}");
        writeln!(text, "| {what} | {}{round} |", exact.trim_end()).unwrap();
    }
    if constants.iter().any(|(_, name, ..)| *name == "USUAL") {
        let most = engine_store::Limit::MAX.get();
        writeln!(text, "| Rows of a page | {most} |").unwrap();
    }
}

/// The settings of an organization, each with its default.
fn settings(text: &mut String) {
    let Settings {
        urgent,
        approval_expiry_max,
        comments,
        reason,
        delegation,
        time_zone,
        calendar,
        reminders,
        urgent_due,
        urgent_overdue_limit,
        attachments,
        files,
    } = Settings::default();
    let days = approval_expiry_max.to_string();
    text.push_str(
        "\n## Settings of an organization\n\n| setting | meaning | default |\n|---|---|---|\n",
    );
    let source = Source::read("engine/core/src/organization.rs");
    let of = |name: &str| {
        let found = source.fields("Settings").into_iter().find(|field| field.name == name);
        found.unwrap().about
    };
    let mut row = |name: &str, about: &str, value: &str| {
        writeln!(text, "| `{name}` | {about} | `{value}` |").unwrap();
    };
    row("urgent", &of("urgent"), &urgent.to_string());
    row("approval_expiry_max", &of("approval_expiry_max"), &days);
    for (field, value) in source.fields("CommentSettings").iter().zip([
        comments.min.to_string(),
        comments.max.to_string(),
        comments.required.to_string(),
    ]) {
        let about = format!("Comment of a decision: {}", lower(&field.about));
        row(&format!("comments.{}", field.name), &about, &value);
    }
    for (field, value) in source.fields("LengthSettings").iter().zip([reason.min, reason.max]) {
        let about = format!("Title and reason of a request: {}", lower(&field.about));
        row(&format!("reason.{}", field.name), &about, &value.to_string());
    }
    row("delegation", &of("delegation"), &delegation.to_string());
    row("time_zone", &of("time_zone"), &time_zone);
    let days = serde_json::to_string(&calendar).unwrap();
    row("calendar", &of("calendar"), &days);
    row("reminders", &of("reminders"), &serde_json::to_string(&reminders).unwrap());
    row("urgent_due", &of("urgent_due"), &urgent_due.to_string());
    row("urgent_overdue_limit", &of("urgent_overdue_limit"), &urgent_overdue_limit.to_string());
    for field in source.fields("AttachmentSettings") {
        let refused = serde_json::to_string(&attachments.refused).unwrap();
        row(&format!("attachments.{}", field.name), &field.about, &refused);
    }
    for (field, value) in source.fields("FileSettings").iter().zip([
        files.link_expires_after.to_string(),
        files.link_downloads.to_string(),
        files.retention.to_string(),
    ]) {
        row(&format!("files.{}", field.name), &field.about, &value);
    }
}

/// What a component may use, by world.
fn worlds(text: &mut String) {
    let HostLimits {
        condition,
        approvers,
        validator,
        executor,
        notifier,
        concurrent_questions,
        concurrent_effects,
        interpreted_questions,
        interpreted_effects,
        script: _,
        compile_on_all_cores: _,
    } = HostLimits::default();
    let interpreted = condition.interpreted();
    let times = interpreted.fuel / condition.fuel;
    let (least, memory) = (interpreted.deadline.as_millis(), interpreted.memory >> 20);
    text.push_str(
        "\n## One call of a component\n\n| limit | condition | approvers | validator | executor | notifier |\n|---|---|---|---|---|---|\n",
    );
    let fields = Source::read("engine/host/src/limits.rs").fields("Limits");
    let worlds = [condition, approvers, validator, executor, notifier].map(|of| world(&of));
    for (place, field) in fields.iter().enumerate() {
        let values: Vec<&str> = worlds.iter().map(|of| of[place].as_str()).collect();
        writeln!(text, "| {} | {} |", field.about, values.join(" | ")).unwrap();
    }
    writeln!(
        text,
        "\nAt once run at most {concurrent_questions} questions and {concurrent_effects} effects of components; further \
         ones are told that the host is busy.\n\n\
         A component that is an interpreter, as those in JavaScript and Python are, may use {times} times the fuel, and \
         at least {memory} MiB of memory and {least} ms; {interpreted_questions} questions and {interpreted_effects} \
         effects of such run at once, in a pool of their own, and further ones wait for a place until their deadline."
    )
    .unwrap();
}

fn world(limits: &Limits) -> Vec<String> {
    // Taken apart, so that a limit that is added is missing here.
    let Limits {
        fuel,
        deadline,
        memory,
        table_elements,
        host_calls,
        host_call_bytes,
        handles,
        output,
        log_lines,
        log_bytes,
        blob_bytes,
        rows,
        http_calls,
        http_request_bytes,
        http_reply_bytes,
        deadline_with_lookups,
    } = limits;
    let number = |value: usize| number(value as u128);
    vec![
        super::limits::number(u128::from(*fuel)),
        format!("{} ms", super::limits::number(deadline.as_millis())),
        number(*memory),
        number(*table_elements),
        super::limits::number(u128::from(*host_calls)),
        number(*host_call_bytes),
        number(*handles),
        number(*output),
        number(*log_lines),
        number(*log_bytes),
        super::limits::number(u128::from(*blob_bytes)),
        super::limits::number(u128::from(*rows)),
        super::limits::number(u128::from(*http_calls)),
        number(*http_request_bytes),
        number(*http_reply_bytes),
        format!("{} ms", super::limits::number(deadline_with_lookups.as_millis())),
    ]
}

fn scripts(text: &mut String) {
    let ScriptLimits {
        operations,
        deadline,
        call_levels,
        text: longest,
        array,
        map,
        cached_scripts,
    } = ScriptLimits::default();
    let fields = Source::read("engine/host/src/limits.rs").fields("ScriptLimits");
    let values = [
        number(u128::from(operations)),
        format!("{} ms", deadline.as_millis()),
        number(call_levels as u128),
        number(longest as u128),
        number(array as u128),
        number(map as u128),
        number(cached_scripts as u128),
    ];
    text.push_str("\n## One run of a script\n\n| limit | value |\n|---|---|\n");
    for (field, value) in fields.iter().zip(values) {
        writeln!(text, "| {} | {value} |", field.about).unwrap();
    }
    for (path, name, what, _) in HELPERS {
        let value = number(Source::read(path).constant(name));
        writeln!(text, "| {what} | {value} |").unwrap();
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

/// With a comma at every thousand; of round amounts in KiB and MiB these too.
pub(super) fn number(value: u128) -> String {
    let digits = value.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    match value {
        0 => shown,
        _ if value.is_multiple_of(1 << 20) => format!("{shown} ({} MiB)", value >> 20),
        _ if value.is_multiple_of(1 << 10) && value > 1 << 10 => {
            format!("{shown} ({} KiB)", value >> 10)
        }
        _ => shown,
    }
}
