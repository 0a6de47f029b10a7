//! Every endpoint: one table for the server's router, the client and the OpenAPI document.
//!
//! To add one: a line here; the server's exhaustive match then asks for its handler.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    command::{
        ApproverRequest, CommentRequest, Decide, EditRequest, Force, Reassign, Remark,
        ReturnToReview, SendBack, SubmitRequest, WatchRequest, WithComment, Withdraw,
    },
    directory::{Deactivation, DirectoryDoc, RatesDoc, Transfer, UserDoc},
    openapi::{Anything, Binary, Download, Text, Upload},
    organization::{
        Bundle, CapsuleList, ChangeList, DelegationDoc, GrantDoc, Health, LimitsDoc, Me, NewToken,
        PluginDetail, PluginList, RollBack, RuleGroupList, RuleGroupRules, RuleList, RuleView,
        ScriptList, ScriptView, TokenList, TokenMade,
    },
    shape::SettingsShape,
    view::{
        AttachmentList, CommentList, EventList, ExplanationView, FileLinkView, IncidentList, Left,
        NoticeChoices, NoticeList, RequestPage, RequestView, UnapprovedList,
    },
};

/// The method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or commands.
    Post,
    /// Sets as a whole.
    Put,
    /// Removes.
    Delete,
}

/// What an endpoint is to those who describe or call it.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The method.
    pub method: Method,
    /// With parameters in braces.
    pub path: &'static str,
    /// One line.
    pub about: &'static str,
    /// Names of query parameters.
    pub query: &'static [&'static str],
    /// The body, where there is one.
    pub takes: Option<Shape>,
    /// The answer.
    pub gives: Shape,
}

/// A type, and how its schema is found.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name among the schemas.
    pub name: fn() -> std::borrow::Cow<'static, str>,
    /// Its schema.
    pub schema: fn() -> RefOr<Schema>,
    /// Those it refers to.
    pub others: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    pub(crate) const fn of<T: ToSchema + PartialSchema>() -> Self {
        Self { name: T::name, schema: T::schema, others: T::schemas }
    }
}

macro_rules! takes {
    (-) => {
        None
    };
    ($type:ty) => {
        Some(Shape::of::<$type>())
    };
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident: $method:ident $path:literal $about:literal
        [$($query:literal),*] ($($takes:tt)*) -> $gives:ty;)*) => {
        /// An endpoint.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Endpoint {
            $(#[doc = $about] $name,)*
        }

        impl Endpoint {
            /// Every endpoint.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it is.
            #[must_use]
            pub const fn description(self) -> Description {
                match self {
                    $(Self::$name => Description {
                        method: Method::$method,
                        path: $path,
                        about: $about,
                        query: &[$($query),*],
                        takes: takes!($($takes)*),
                        gives: Shape::of::<$gives>(),
                    },)*
                }
            }
        }
    };
}

endpoints! {
    Submit: Post "/api/v1/requests" "Submit a request" [] (SubmitRequest) -> RequestView;
    ListRequests: Get "/api/v1/requests" "Page through requests"
        ["list", "state", "rule", "order", "limit", "cursor"] (-) -> RequestPage;
    GetRequest: Get "/api/v1/requests/{id}" "Read a request" [] (-) -> RequestView;
    SaveDraft: Post "/api/v1/drafts" "Save a draft, as unfinished as it is"
        [] (SubmitRequest) -> RequestView;
    PutDraft: Put "/api/v1/drafts/{id}" "Write a draft anew" [] (SubmitRequest) -> RequestView;
    DeleteDraft: Delete "/api/v1/drafts/{id}" "Throw a draft away" [] (-) -> RequestView;
    SubmitDraft: Post "/api/v1/drafts/{id}/submit" "Submit a draft, with its last changes" [] (EditRequest) -> RequestView;
    Edit: Post "/api/v1/requests/{id}/edit"
        "Change what is asked for; `If-Match` says what was seen" [] (EditRequest) -> RequestView;
    Resubmit: Post "/api/v1/requests/{id}/resubmit"
        "Make a draft of what an ended request asked for" [] (-) -> RequestView;
    PassReview: Post "/api/v1/requests/{id}/review/pass"
        "Submit a reviewed request to its route; `If-Match` says what was seen" [] (Remark) -> RequestView;
    ReturnToReview: Post "/api/v1/requests/{id}/review/return"
        "Return a request to review; `If-Match` says what was seen" [] (ReturnToReview) -> RequestView;
    Decide: Post "/api/v1/requests/{id}/decisions"
        "Approve or reject; `If-Match` says what was seen" [] (Decide) -> RequestView;
    Cancel: Post "/api/v1/requests/{id}/cancel" "Take a request back" [] (WithComment) -> RequestView;
    Confirm: Post "/api/v1/requests/{id}/confirm"
        "Confirm what was done, as a reviewer of receipts" [] (WithComment) -> RequestView;
    SendBack: Post "/api/v1/requests/{id}/send-back"
        "Have an earlier step decided again; `If-Match` says what was seen" [] (SendBack) -> RequestView;
    Withdraw: Post "/api/v1/requests/{id}/withdraw"
        "Take one's own decision back" [] (Withdraw) -> RequestView;
    Force: Post "/api/v1/requests/{id}/force"
        "Approve or reject the whole request at once" [] (Force) -> RequestView;
    Hold: Post "/api/v1/requests/{id}/hold" "Let nobody decide for a while" [] (WithComment) -> RequestView;
    Release: Post "/api/v1/requests/{id}/release" "Lift the hold" [] (WithComment) -> RequestView;
    Reevaluate: Post "/api/v1/requests/{id}/reevaluate"
        "Ask again what could not be decided" [] (-) -> RequestView;
    Restart: Post "/api/v1/requests/{id}/restart"
        "Begin again under the newest version of its rule" [] (Remark) -> RequestView;
    AddApprover: Post "/api/v1/requests/{id}/approvers"
        "Give somebody a seat in a step" [] (ApproverRequest) -> RequestView;
    RemoveApprover: Post "/api/v1/requests/{id}/approvers/remove"
        "Take somebody out of a step" [] (ApproverRequest) -> RequestView;
    Reassign: Post "/api/v1/requests/{id}/reassign"
        "Pass the right to decide to somebody else" [] (Reassign) -> RequestView;
    Comment: Post "/api/v1/requests/{id}/comments"
        "Say something about a request" [] (CommentRequest) -> RequestView;
    ListComments: Get "/api/v1/requests/{id}/comments" "What was said about a request" [] (-) -> CommentList;
    Attach: Post "/api/v1/requests/{id}/attachments"
        "Attach a file; its bytes are the body" ["name"] (Upload) -> RequestView;
    ListAttachments: Get "/api/v1/requests/{id}/attachments" "The files of a request" [] (-) -> AttachmentList;
    GetAttachment: Get "/api/v1/requests/{id}/attachments/{number}"
        "Download a file that was attached" [] (-) -> Download;
    RemoveAttachment: Delete "/api/v1/requests/{id}/attachments/{number}"
        "Take an attachment away" [] (-) -> RequestView;
    Watch: Post "/api/v1/requests/{id}/watchers" "Make somebody a watcher" [] (WatchRequest) -> RequestView;
    Leave: Post "/api/v1/requests/{id}/leave" "Watch a request no longer" [] (-) -> Left;
    Explain: Get "/api/v1/requests/{id}/explanation"
        "Who decides, and why somebody cannot" ["person", "limit", "cursor"] (-) -> ExplanationView;
    History: Get "/api/v1/requests/{id}/events" "What happened to a request" [] (-) -> EventList;
    Run: Post "/api/v1/requests/{id}/executions/{execution}/run" "Run an execution" [] (-) -> RequestView;
    Retry: Post "/api/v1/requests/{id}/executions/{execution}/retry"
        "Try a failed execution again" [] (-) -> RequestView;
    Use: Post "/api/v1/requests/{id}/executions/{execution}/use"
        "Report that a grant is used for the first time, now" [] (-) -> RequestView;
    Revoke: Post "/api/v1/requests/{id}/executions/{execution}/revoke"
        "Take a grant back" [] (WithComment) -> RequestView;
    RunItem: Post "/api/v1/requests/{id}/executions/{execution}/{item}/run"
        "Run the execution of an item" [] (-) -> RequestView;
    RetryItem: Post "/api/v1/requests/{id}/executions/{execution}/{item}/retry"
        "Try the failed execution of an item again" [] (-) -> RequestView;
    UseItem: Post "/api/v1/requests/{id}/executions/{execution}/{item}/use"
        "Report that the grant of an item is used for the first time, now" [] (-) -> RequestView;
    RevokeItem: Post "/api/v1/requests/{id}/executions/{execution}/{item}/revoke"
        "Take the grant of an item back" [] (WithComment) -> RequestView;
    LinkFile: Post "/api/v1/requests/{id}/executions/{execution}/files/{name}/links"
        "Make a link to a file that an execution made" [] (-) -> FileLinkView;
    LinkItemFile: Post "/api/v1/requests/{id}/executions/{execution}/{item}/files/{name}/links"
        "Make a link to a file that the execution of an item made" [] (-) -> FileLinkView;
    GetFile: Get "/api/v1/requests/{id}/executions/{execution}/files/{name}"
        "Download a file that an execution made" ["link"] (-) -> Download;
    GetItemFile: Get "/api/v1/requests/{id}/executions/{execution}/{item}/files/{name}"
        "Download a file that the execution of an item made" ["link"] (-) -> Download;
    ListNotices: Get "/api/v1/notices" "What the caller was told, newest first"
        ["limit", "cursor"] (-) -> NoticeList;
    GetNoticeChoices: Get "/api/v1/notices/choices"
        "What the caller does not want to be told" [] (-) -> NoticeChoices;
    PutNoticeChoices: Put "/api/v1/notices/choices"
        "Choose what not to be told" ["dry_run"] (NoticeChoices) -> ChangeList;
    ListIncidents: Get "/api/v1/incidents" "Concerns that people approved with"
        ["limit", "cursor"] (-) -> IncidentList;
    ListUnapproved: Get "/api/v1/reports/urgent-without-approval"
        "Urgent requests without their approval" ["limit", "cursor"] (-) -> UnapprovedList;
    GetMe: Get "/api/v1/me" "Who calls" [] (-) -> Me;
    GetDirectory: Get "/api/v1/directory" "Read people and places" [] (-) -> DirectoryDoc;
    PutDirectory: Put "/api/v1/directory" "Set people and places"
        ["dry_run", "prune"] (DirectoryDoc) -> ChangeList;
    Apply: Post "/api/v1/apply" "Set many things in one transaction"
        ["dry_run", "prune"] (Bundle) -> ChangeList;
    GetUser: Get "/api/v1/users/{login}" "Read a user" [] (-) -> UserDoc;
    PutUser: Put "/api/v1/users/{login}" "Add or change a user" ["dry_run"] (UserDoc) -> ChangeList;
    DeleteUser: Delete "/api/v1/users/{login}" "Remove a user" ["dry_run"] (-) -> ChangeList;
    DeactivateUser: Post "/api/v1/users/{login}/deactivate"
        "Deactivate a user, and say who takes over" ["dry_run"] (Deactivation) -> ChangeList;
    TransferOwnership: Post "/api/v1/owner" "Hand the owner's role over" ["dry_run"]
        (Transfer) -> ChangeList;
    GetDelegation: Get "/api/v1/users/{login}/delegation"
        "Who stands in for a user" [] (-) -> DelegationDoc;
    PutDelegation: Put "/api/v1/users/{login}/delegation"
        "Let somebody stand in for a user" ["dry_run"] (DelegationDoc) -> ChangeList;
    DeleteDelegation: Delete "/api/v1/users/{login}/delegation"
        "Let nobody stand in for a user any more" ["dry_run"] (-) -> ChangeList;
    ListRules: Get "/api/v1/rules" "List rules" [] (-) -> RuleList;
    GetRule: Get "/api/v1/rules/{id}" "Read a rule" ["version"] (-) -> RuleView;
    PublishRule: Put "/api/v1/rules/{id}" "Publish a rule, written in YAML or JSON"
        ["dry_run", "comment", "file"] (Text) -> ChangeList;
    DeleteRule: Delete "/api/v1/rules/{id}" "Delete a rule that nothing rests on" ["dry_run"] (-) -> ChangeList;
    RetireRule: Post "/api/v1/rules/{id}/retire" "Let a rule take no new requests" ["dry_run"] (-) -> ChangeList;
    RestartRequests: Post "/api/v1/rules/{id}/restart"
        "Let all open requests of a rule begin again under its newest version"
        ["dry_run"] (Remark) -> ChangeList;
    ListRuleGroups: Get "/api/v1/rule-groups" "List rule groups" [] (-) -> RuleGroupList;
    PutRuleGroup: Put "/api/v1/rule-groups/{id}" "Add or change a rule group"
        ["dry_run"] (RuleGroupRules) -> ChangeList;
    DeleteRuleGroup: Delete "/api/v1/rule-groups/{id}" "Remove a rule group" ["dry_run"] (-) -> ChangeList;
    ListScripts: Get "/api/v1/scripts" "List scripts" [] (-) -> ScriptList;
    GetScript: Get "/api/v1/scripts/{name}" "Read a script" [] (-) -> ScriptView;
    PutScript: Put "/api/v1/scripts/{name}" "Add or change a script" ["dry_run"] (Text) -> ChangeList;
    DeleteScript: Delete "/api/v1/scripts/{name}" "Remove a script" ["dry_run"] (-) -> ChangeList;
    ListPlugins: Get "/api/v1/plugins" "List plugins" [] (-) -> PluginList;
    PutPlugin: Put "/api/v1/plugins/{id}" "Install a component, or replace it"
        ["dry_run"] (Binary) -> ChangeList;
    DeletePlugin: Delete "/api/v1/plugins/{id}" "Remove a plugin" ["dry_run"] (-) -> ChangeList;
    GetPlugin: Get "/api/v1/plugins/{id}"
        "What a plugin is, may do, and has done since the engine started" [] (-) -> PluginDetail;
    GrantPlugin: Put "/api/v1/plugins/{id}/grant" "Say what a plugin may use"
        ["dry_run"] (GrantDoc) -> ChangeList;
    LimitPlugin: Put "/api/v1/plugins/{id}/limits" "Say what a plugin has in place of the usual limits"
        ["dry_run"] (LimitsDoc) -> ChangeList;
    DisablePlugin: Post "/api/v1/plugins/{id}/disable" "Do not call a plugin any more"
        ["dry_run"] (Remark) -> ChangeList;
    EnablePlugin: Post "/api/v1/plugins/{id}/enable" "Call a plugin again"
        ["dry_run"] (-) -> ChangeList;
    RollBackPlugin: Post "/api/v1/plugins/{id}/rollback" "Go back to an earlier version of a plugin"
        ["dry_run"] (RollBack) -> ChangeList;
    ListCapsules: Get "/api/v1/capsules" "What plugins and scripts were asked, to be asked again"
        ["id", "plugin", "request", "since", "limit", "cursor"] (-) -> CapsuleList;
    GetComponent: Get "/api/v1/components/{digest}" "The component of an installed plugin, or of an earlier version"
        [] (-) -> Download;
    GetSettings: Get "/api/v1/settings" "Read the settings" [] (-) -> SettingsShape;
    PutSettings: Put "/api/v1/settings" "Set the settings" ["dry_run"] (SettingsShape) -> ChangeList;
    GetRates: Get "/api/v1/rates" "Read the rate table" [] (-) -> RatesDoc;
    PutRates: Put "/api/v1/rates" "Set the rate table" ["dry_run"] (RatesDoc) -> ChangeList;
    ListTokens: Get "/api/v1/tokens" "List tokens, never their texts" [] (-) -> TokenList;
    MakeToken: Post "/api/v1/tokens" "Make a token; its text is shown once" [] (NewToken) -> TokenMade;
    DeleteToken: Delete "/api/v1/tokens/{id}" "Remove a token" [] (-) -> ChangeList;
    GetSchema: Get "/api/v1/schemas/{kind}"
        "The JSON Schema of the documents `organization`, `rule` or `scenario`" [] (-) -> Anything;
    OpenApi: Get "/api/v1/openapi.json" "This description" [] (-) -> Anything;
    Healthy: Get "/healthz" "Whether the process runs" [] (-) -> Health;
    Ready: Get "/readyz" "Whether requests are served" [] (-) -> Health;
}

impl Endpoint {
    /// Whether it answers without a token.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::GetSchema | Self::OpenApi | Self::Healthy | Self::Ready)
    }

    /// Whether `If-Match` has to say what the caller saw (DEC-8a).
    #[must_use]
    pub fn needs_precondition(self) -> bool {
        matches!(self, Self::Decide | Self::Edit | Self::PassReview | Self::ReturnToReview)
    }

    /// Whether a repeat with the same `Idempotency-Key` gets the first answer (REQ-11).
    #[must_use]
    pub fn takes_key(self) -> bool {
        matches!(
            self,
            Self::Submit
                | Self::SaveDraft
                | Self::PutDraft
                | Self::DeleteDraft
                | Self::SubmitDraft
                | Self::Edit
                | Self::Resubmit
                | Self::PassReview
                | Self::ReturnToReview
                | Self::Decide
                | Self::Cancel
                | Self::Confirm
                | Self::SendBack
                | Self::Withdraw
                | Self::Force
                | Self::Hold
                | Self::Release
                | Self::Reevaluate
                | Self::Restart
                | Self::AddApprover
                | Self::RemoveApprover
                | Self::Reassign
                | Self::Comment
                | Self::Attach
                | Self::RemoveAttachment
                | Self::Watch
                | Self::Leave
                | Self::Run
                | Self::Retry
                | Self::Use
                | Self::Revoke
                | Self::RunItem
                | Self::RetryItem
                | Self::UseItem
                | Self::RevokeItem
        )
    }
}
