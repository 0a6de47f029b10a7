//! What a script ends in, beside what it is used as.

use rhai::{AST, Expr, Position, Stmt};

use super::{
    ScriptRole,
    types::{Names, Type},
};

/// The ends of a script that are none of an answer, and why.
pub(super) fn check(ast: &AST, names: &Names<'_>, role: ScriptRole) -> Vec<(Position, String)> {
    let mut ends = Vec::new();
    last(ast.statements(), &mut ends);
    let told =
        |end: &Expr| wrong(end, &names.type_of(end), role).map(|why| (end.start_position(), why));
    ends.into_iter().filter_map(told).collect()
}

/// The expressions that the last statement of a block can be.
fn last<'a>(block: &'a [Stmt], ends: &mut Vec<&'a Expr>) {
    match block.last() {
        Some(Stmt::Expr(end)) => in_expression(end, ends),
        Some(Stmt::Return(Some(end), ..)) => ends.push(end),
        Some(Stmt::If(flow, _)) => {
            last(flow.body.statements(), ends);
            last(flow.branch.statements(), ends);
        }
        Some(Stmt::Block(block)) => last(block.statements(), ends),
        Some(_) | None => {}
    }
}

fn in_expression<'a>(end: &'a Expr, ends: &mut Vec<&'a Expr>) {
    match end {
        Expr::Stmt(block) => last(block.statements(), ends),
        end => ends.push(end),
    }
}

fn wrong(end: &Expr, of: &Type, role: ScriptRole) -> Option<String> {
    let kind = of.kind()?;
    let fits = match role {
        ScriptRole::Condition => {
            if matches!(end, Expr::BoolConstant(false, _)) {
                return Some(
                    "a condition does not end in `false`: end in a text that tells the person why not"
                        .to_owned(),
                );
            }
            matches!(kind, "true or false" | "a text")
        }
        ScriptRole::Approvers | ScriptRole::Validator => kind == "a list",
    };
    let wanted = match role {
        ScriptRole::Condition => {
            "a condition ends in `true`, or in a text that tells the person why not"
        }
        ScriptRole::Approvers => "approvers are a list of logins or users",
        ScriptRole::Validator => "a validator ends in a list of problems",
    };
    if !fits {
        return Some(format!("{wanted}; this is {kind}"));
    }
    // What stands in a list is known only where it is written there.
    match (role, of) {
        (ScriptRole::Approvers, Type::List(each)) => {
            let kind = each.kind().filter(|kind| !matches!(*kind, "a text" | "a user"))?;
            Some(format!("{wanted}; this is a list with {kind}"))
        }
        (ScriptRole::Validator, Type::List(each)) => {
            let kind = each.kind().filter(|kind| *kind != "a problem")?;
            Some(format!("{wanted}; this is a list with {kind}"))
        }
        _ => None,
    }
}
