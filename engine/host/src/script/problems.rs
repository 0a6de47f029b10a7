//! What a validator script finds wrong.

use engine_core::{extension, ids::PropertyName};
use rhai::{Dynamic, Engine};

use super::{answer::message, frame::Native, objects::ItemView, operators::kind};

/// A request with more is not looked at further by anybody.
const MAX_PROBLEMS: usize = 100;

/// A problem that a script has made.
#[derive(Clone, Debug, PartialEq)]
struct Problem(extension::Problem);

/// Registers the type and what makes it.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Problem>("problem")
        .register_fn("problem", |why: &str| problem(None, None, why))
        .register_fn("problem", |property: &str, why: &str| problem(None, Some(property), why))
        .register_fn("problem", |item: ItemView, why: &str| problem(Some(&item), None, why))
        .register_fn("problem", |item: ItemView, field: &str, why: &str| {
            problem(Some(&item), Some(field), why)
        })
        .register_fn("to_string", |problem: &mut Problem| problem.0.why.text.clone())
        .register_fn("to_debug", |problem: &mut Problem| problem.0.why.text.clone());
}

fn problem(item: Option<&ItemView>, property: Option<&str>, why: &str) -> Native<Problem> {
    let property = property.map(PropertyName::parse).transpose();
    let property = property.map_err(|error| error.to_string())?;
    let item = item.map(|item| item.0.resource.clone());
    let why = message(why).map_err(|why| format!("a problem's text has {why}"))?;
    Ok(Problem(extension::Problem { property, item, why }))
}

/// A list of problems; an empty one is none.
pub(super) fn problems(value: Dynamic) -> Result<Vec<extension::Problem>, String> {
    let found = kind(&value);
    let Ok(list) = value.into_array() else {
        return Err(format!(
            "the script ended in {found}: expected a list of problems, `[]` where there is none"
        ));
    };
    if list.len() > MAX_PROBLEMS {
        return Err(format!(
            "the script ended in {} problems: the most are {MAX_PROBLEMS}",
            list.len()
        ));
    }
    let each = |(place, entry): (usize, Dynamic)| {
        let found = kind(&entry);
        let problem = entry.try_cast::<Problem>().map(|problem| problem.0);
        problem.ok_or_else(|| {
            format!(
                "the script's list at [{place}]: expected a problem such as `problem(\"amount\", \"too much\")`, found {found}"
            )
        })
    };
    list.into_iter().enumerate().map(each).collect()
}
