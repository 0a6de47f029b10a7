//! The HTTP API: a router over an engine.

mod about;
mod apply;
mod approvers;
mod attachments;
mod back;
mod caller;
mod capsules;
mod decisions;
mod delegations;
mod directory;
mod drafts;
mod edits;
mod executions;
mod extract;
mod files;
mod lists;
mod log;
mod notices;
mod outcome;
mod plugins;
mod refusal;
mod reports;
mod requests;
mod rule_groups;
mod rules;
mod scripts;
mod settings;
mod talk;
mod tokens;
mod users;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{MethodRouter, any, delete, get, post, put},
};
use engine_api::{code::ErrorCode, endpoint::Endpoint, problem::ErrorBody, test_control};
use engine_core::rejection::Code;
use engine_runtime::{Engine, Library};

use crate::{scenario::control, trust::PluginsConfig};
pub(crate) use attachments::settle_all as settle_attachments;
pub use caller::Trusted;
pub(crate) use drafts::stays_under;
pub(crate) use outcome::changes;
pub use plugins::Installing;
use refusal::Refusal;
pub(crate) use requests::{NewId, explanation};

/// The largest body, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// The largest component, in bytes.
pub const MAX_COMPONENT: usize = engine_host::MAX_COMPONENT_BYTES;

/// What handlers work with.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The engine.
    pub engine: Engine,
    /// Its scripts and plugins.
    pub library: Library,
    /// Whose plugins are taken.
    pub trust: Arc<PluginsConfig>,
    /// What is being installed.
    pub installing: Installing,
}

/// The whole API; whoever asks for test control is told that there is none.
pub fn router(state: AppState) -> Router {
    let closed = Router::new()
        .route(test_control::ROOT, any(no_test_control))
        .route(&format!("{}/{{*rest}}", test_control::ROOT), any(no_test_control));
    with(state, closed)
}

/// The whole API and test control beside it, for `countersign serve --test-control` alone.
pub fn test_router(state: AppState) -> Router {
    with(state, control::routes()).layer(Extension(about::HasTestControl))
}

fn with(state: AppState, beside: Router) -> Router {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        router = router.route(endpoint.description().path, handler(*endpoint));
    }
    router
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(state)
        .merge(beside)
        .layer(middleware::from_fn(log::log))
}

fn handler(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::Submit => post(requests::submit),
        Endpoint::ListRequests => get(lists::list),
        Endpoint::GetRequest => get(requests::read),
        Endpoint::SaveDraft | Endpoint::PutDraft | Endpoint::DeleteDraft => draft(endpoint),
        Endpoint::SubmitDraft => post(drafts::submit),
        Endpoint::Edit => post(edits::edit),
        Endpoint::Resubmit => post(drafts::resubmit),
        Endpoint::PassReview | Endpoint::ReturnToReview => review(endpoint),
        Endpoint::Decide | Endpoint::Cancel | Endpoint::Confirm => decision(endpoint),
        Endpoint::SendBack | Endpoint::Withdraw | Endpoint::Force => way_back(endpoint),
        Endpoint::Hold | Endpoint::Release => hold(endpoint),
        Endpoint::Reevaluate => post(decisions::reevaluate),
        Endpoint::Restart => post(back::restart),
        Endpoint::AddApprover | Endpoint::RemoveApprover | Endpoint::Reassign => seat(endpoint),
        Endpoint::Explain => get(requests::explain),
        Endpoint::History => get(requests::history),
        Endpoint::Run | Endpoint::RunItem => post(executions::run),
        Endpoint::Retry | Endpoint::RetryItem => post(executions::retry),
        Endpoint::Use | Endpoint::UseItem => post(executions::report_use),
        Endpoint::Revoke | Endpoint::RevokeItem => post(executions::revoke),
        Endpoint::LinkFile | Endpoint::LinkItemFile => post(files::link),
        Endpoint::GetFile | Endpoint::GetItemFile => get(files::download),
        Endpoint::Comment | Endpoint::ListComments => comments(endpoint),
        Endpoint::Attach
        | Endpoint::ListAttachments
        | Endpoint::GetAttachment
        | Endpoint::RemoveAttachment => attachment(endpoint),
        Endpoint::Watch | Endpoint::Leave => watchers(endpoint),
        Endpoint::ListNotices | Endpoint::GetNoticeChoices | Endpoint::PutNoticeChoices => {
            told(endpoint)
        }
        Endpoint::ListIncidents | Endpoint::ListUnapproved => urgent_reports(endpoint),
        Endpoint::GetMe => get(about::me),
        Endpoint::GetDirectory | Endpoint::PutDirectory => whole_directory(endpoint),
        Endpoint::Apply => post(apply::apply),
        Endpoint::GetUser | Endpoint::PutUser | Endpoint::DeleteUser => user(endpoint),
        Endpoint::DeactivateUser => post(users::deactivate),
        Endpoint::TransferOwnership => post(users::transfer),
        Endpoint::GetDelegation => get(delegations::read),
        Endpoint::PutDelegation => put(delegations::set),
        Endpoint::DeleteDelegation => delete(delegations::end),
        Endpoint::ListRules
        | Endpoint::GetRule
        | Endpoint::PublishRule
        | Endpoint::RetireRule
        | Endpoint::RestartRequests
        | Endpoint::DeleteRule => rule(endpoint),
        Endpoint::ListRuleGroups | Endpoint::PutRuleGroup | Endpoint::DeleteRuleGroup => {
            rule_group(endpoint)
        }
        Endpoint::ListScripts => get(scripts::list),
        Endpoint::GetScript => get(scripts::read),
        Endpoint::PutScript | Endpoint::DeleteScript => script(endpoint),
        Endpoint::ListPlugins | Endpoint::GetPlugin | Endpoint::PutPlugin => plugin(endpoint),
        Endpoint::DeletePlugin | Endpoint::GrantPlugin | Endpoint::LimitPlugin => plugin(endpoint),
        Endpoint::DisablePlugin | Endpoint::EnablePlugin => plugin(endpoint),
        Endpoint::RollBackPlugin => plugin(endpoint),
        Endpoint::ListCapsules | Endpoint::GetComponent => kept(endpoint),
        Endpoint::GetSettings | Endpoint::PutSettings => all_settings(endpoint),
        Endpoint::GetRates | Endpoint::PutRates => rates(endpoint),
        Endpoint::ListTokens | Endpoint::MakeToken | Endpoint::DeleteToken => token(endpoint),
        Endpoint::GetSchema | Endpoint::OpenApi | Endpoint::Healthy | Endpoint::Ready => {
            open(endpoint)
        }
    }
}

fn draft(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::SaveDraft => post(drafts::save),
        Endpoint::PutDraft => put(drafts::replace),
        _ => delete(drafts::delete),
    }
}

fn user(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::GetUser => get(users::read),
        Endpoint::PutUser => put(users::set),
        _ => delete(users::remove),
    }
}

fn kept(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListCapsules => get(capsules::list),
        _ => get(capsules::component),
    }
}

fn plugin(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListPlugins => get(plugins::list),
        Endpoint::GetPlugin => get(plugins::read),
        Endpoint::PutPlugin => put(plugins::install).layer(DefaultBodyLimit::max(MAX_COMPONENT)),
        Endpoint::DeletePlugin => delete(plugins::remove),
        Endpoint::GrantPlugin => put(plugins::grant),
        Endpoint::LimitPlugin => put(plugins::limit),
        Endpoint::DisablePlugin => post(plugins::disable),
        Endpoint::EnablePlugin => post(plugins::enable),
        _ => post(plugins::roll_back),
    }
}

fn hold(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::Hold => post(back::hold),
        _ => post(back::release),
    }
}

fn decision(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::Decide => post(decisions::decide),
        Endpoint::Cancel => post(decisions::cancel),
        _ => post(decisions::confirm),
    }
}

fn seat(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::AddApprover => post(approvers::add),
        Endpoint::RemoveApprover => post(approvers::remove),
        _ => post(approvers::reassign),
    }
}

fn way_back(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::SendBack => post(back::send_back),
        Endpoint::Force => post(back::force),
        _ => post(back::withdraw),
    }
}

fn review(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::PassReview => post(edits::pass),
        _ => post(edits::give_back),
    }
}

fn whole_directory(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::GetDirectory => get(directory::read),
        _ => put(directory::replace),
    }
}

fn all_settings(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::GetSettings => get(settings::read),
        _ => put(settings::set),
    }
}

fn comments(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::Comment => post(talk::comment),
        _ => get(talk::comments),
    }
}

fn attachment(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        // Taken as it comes, up to a limit of its own.
        Endpoint::Attach => post(attachments::attach).layer(DefaultBodyLimit::disable()),
        Endpoint::ListAttachments => get(attachments::list),
        Endpoint::GetAttachment => get(attachments::download),
        _ => delete(attachments::remove),
    }
}

fn told(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListNotices => get(notices::list),
        Endpoint::GetNoticeChoices => get(notices::choices),
        _ => put(notices::choose),
    }
}

fn watchers(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::Watch => post(talk::watch),
        _ => post(talk::leave),
    }
}

fn urgent_reports(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListIncidents => get(reports::incidents),
        _ => get(reports::unapproved),
    }
}

fn token(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListTokens => get(tokens::list),
        Endpoint::MakeToken => post(tokens::make),
        _ => delete(tokens::remove),
    }
}

fn rule(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListRules => get(rules::list),
        Endpoint::GetRule => get(rules::read),
        Endpoint::PublishRule => put(rules::publish),
        Endpoint::RetireRule => post(rules::retire),
        Endpoint::RestartRequests => post(rules::restart),
        _ => delete(rules::remove),
    }
}

fn open(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::GetSchema => get(about::schema),
        Endpoint::OpenApi => get(about::openapi),
        Endpoint::Healthy => get(about::healthy),
        _ => get(about::ready),
    }
}

fn rule_group(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::ListRuleGroups => get(rule_groups::list),
        Endpoint::PutRuleGroup => put(rule_groups::set),
        _ => delete(rule_groups::remove),
    }
}

fn script(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::PutScript => put(scripts::set),
        _ => delete(scripts::remove),
    }
}

fn rates(endpoint: Endpoint) -> MethodRouter<AppState> {
    match endpoint {
        Endpoint::GetRates => get(settings::read_rates),
        _ => put(settings::set_rates),
    }
}

async fn unknown() -> Refusal {
    let message = "There is no such path. `/api/v1/openapi.json` lists those there are.";
    ErrorBody::new(ErrorCode::Rejected(Code::NotFound), message).into()
}

async fn no_test_control() -> Refusal {
    refusal::forbidden("This server was not started with `--test-control`.")
}

async fn wrong_method() -> Refusal {
    let message =
        "This path does not take this method. `/api/v1/openapi.json` says which it takes.";
    ErrorBody::new(ErrorCode::MethodNotAllowed, message).into()
}
