//! The shapes of what is written in the words of `engine_core`, for the OpenAPI document. None of
//! them is ever made; tests hold them to the types that are.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, RefOr, Schema,
        schema::{KnownFormat, SchemaFormat, SchemaType, Type},
    },
};

use crate::directory::{GroupDoc, RatesDoc, ReplaceBy};

/// What administrators can set; what is absent has its default.
#[derive(Debug, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsShape {
    /// The organization's gate of urgent mode.
    #[schema(default = false, required = false)]
    pub urgent: bool,
    /// The longest time that an approval may be waited for.
    #[schema(default = "14d", required = false)]
    pub approval_expiry_max: String,
    /// Comments of decisions.
    #[schema(required = false)]
    pub comments: CommentsShape,
    /// Title and reason of a request.
    #[schema(required = false)]
    pub reason: LengthShape,
    /// Whether people may let others stand in for them.
    #[schema(default = true, required = false)]
    pub delegation: bool,
    /// IANA name; whose days and hours count where no person's do.
    #[schema(default = "UTC", required = false)]
    pub time_zone: String,
    /// Working days, holidays and hours.
    #[schema(required = false)]
    pub calendar: CalendarShape,
    /// How long before a due date those who have not decided are reminded; `0m` is at the date itself.
    #[schema(required = false)]
    pub reminders: Vec<String>,
    /// How long the approval of an urgent request may be waited for before it is overdue.
    #[schema(default = "3d", required = false)]
    pub urgent_due: String,
    /// So many overdue urgent requests a person may have and still submit another.
    #[schema(default = 1, required = false)]
    pub urgent_overdue_limit: u32,
    /// Files of requests.
    #[schema(required = false)]
    pub attachments: AttachmentsShape,
    /// Files that executions make.
    #[schema(required = false)]
    pub files: FilesShape,
}

/// Files that executions make.
#[derive(Debug, ToSchema)]
#[schema(as = FileSettings)]
pub struct FilesShape {
    /// How long a link can be used.
    #[schema(default = "1h", required = false)]
    pub link_expires_after: String,
    /// How often a link can be used.
    #[schema(default = 3, required = false)]
    pub link_downloads: u32,
    /// How long files are kept after they were made. A change counts for files made from then on.
    #[schema(default = "30d", required = false)]
    pub retention: String,
}

/// Working days, holidays and hours.
#[derive(Debug, ToSchema)]
#[schema(as = CalendarSettings)]
pub struct CalendarShape {
    /// Days of the week on which work is done; Monday to Friday where absent.
    #[schema(required = false)]
    pub working_days: Vec<DayShape>,
    /// Days of the year on which none is, such as `2026-12-25`.
    #[schema(required = false)]
    pub holidays: Vec<String>,
    /// From when to when; a business day is counted from the next working hour then.
    #[schema(required = false)]
    pub hours: HoursShape,
}

/// Working hours of a day.
#[derive(Debug, ToSchema)]
#[schema(as = Hours)]
pub struct HoursShape {
    /// The first minute, such as `09:00`.
    pub from: String,
    /// The minute after the last.
    pub until: String,
}

/// A day of the week.
#[derive(Debug, ToSchema)]
#[schema(as = Day, rename_all = "snake_case")]
pub enum DayShape {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// Comments of decisions.
#[derive(Debug, ToSchema)]
#[schema(as = CommentSettings)]
pub struct CommentsShape {
    /// The fewest characters.
    #[schema(default = 3, required = false)]
    pub min: u32,
    /// The most characters.
    #[schema(default = 300, required = false)]
    pub max: u32,
    /// Whether an approval needs one.
    #[schema(default = true, required = false)]
    pub required: bool,
}

/// Files of requests.
#[derive(Debug, ToSchema)]
#[schema(as = AttachmentSettings)]
pub struct AttachmentsShape {
    /// Files that end so are not taken, whatever the case.
    #[schema(default = json!(["exe", "com", "iso", "dex", "crx", "dmg", "ps1", "msi", "cmd", "bat"]), required = false)]
    pub refused: Vec<String>,
}

/// Bounds of a text.
#[derive(Debug, ToSchema)]
#[schema(as = LengthSettings)]
pub struct LengthShape {
    /// The fewest characters.
    #[schema(default = 3, required = false)]
    pub min: u32,
    /// The most characters.
    #[schema(default = 1000, required = false)]
    pub max: u32,
}

/// The one organization role of a user.
#[derive(Debug, ToSchema)]
#[schema(as = OrganizationRole, rename_all = "snake_case")]
pub enum RoleShape {
    /// Exactly one.
    Owner,
    /// Manages everything but their own rights.
    Administrator,
    /// Publishes rules.
    WorkflowManager,
    /// Sees everything, changes nothing.
    Auditor,
    /// Everybody else.
    User,
}

/// A person, or a program that submits and never decides.
#[derive(Debug, ToSchema)]
#[schema(as = UserKind, rename_all = "snake_case")]
pub enum UserKindShape {
    /// A person.
    Person,
    /// A service account.
    Service,
}

/// A level of permission at a node; each includes those before it.
#[derive(Debug, ToSchema)]
#[schema(as = NodeLevel, rename_all = "snake_case")]
pub enum LevelShape {
    /// See requests of the node.
    Read,
    /// Change them.
    Edit,
    /// Submit them.
    Create,
}

fn text(about: &str) -> ObjectBuilder {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    text.description(Some(about))
}

impl PartialSchema for GroupDoc {
    fn schema() -> RefOr<Schema> {
        let named = ObjectBuilder::new()
            .property("id", text("The id that documents use."))
            .required("id")
            .property("name", text("Shown to people; the id where absent."));
        let either = OneOfBuilder::new().item(text("The id of a group.")).item(named);
        either.description(Some("A group.")).into()
    }
}

impl ToSchema for GroupDoc {}

impl PartialSchema for ReplaceBy {
    fn schema() -> RefOr<Schema> {
        let each = ObjectBuilder::new()
            .description(Some("By place, such as `capex/unit`: a login."))
            .additional_properties(Some(text("The login of who takes over there.")));
        let either = OneOfBuilder::new().item(text("The login of who takes over.")).item(each);
        either.description(Some("Who takes over from somebody who leaves.")).into()
    }
}

impl ToSchema for ReplaceBy {}

impl PartialSchema for RatesDoc {
    fn schema() -> RefOr<Schema> {
        let day = text("The day of the rates.")
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
        ObjectBuilder::new()
            .description(Some("The rate table: by currency, the value of one unit in the base."))
            .property("base", text("The base currency, such as `EUR`."))
            .required("base")
            .property("as_of", day)
            .required("as_of")
            .additional_properties(Some(text("An exact decimal, such as `0.92`.")))
            .build()
            .into()
    }
}

impl ToSchema for RatesDoc {}

#[cfg(test)]
mod tests {
    use engine_core::{
        calendar::{CalendarSettings, Day},
        directory::{NodeLevel, OrganizationRole, UserKind},
        organization::Settings,
    };
    use serde::Serialize;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::directory::{DirectoryDoc, NodeDoc, NodePermissionDoc, ResourceDoc, UserDoc};

    fn of<T: PartialSchema>() -> Json {
        serde_json::to_value(T::schema()).unwrap()
    }

    /// That the shape has the keys of a value that has all of them, and no other.
    #[track_caller]
    fn same_keys<T: PartialSchema>(value: &impl Serialize) {
        let keys = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let (mut shape, mut value) =
            (keys(&of::<T>()["properties"]), keys(&serde_json::to_value(value).unwrap()));
        shape.sort();
        value.sort();
        assert_eq!(shape, value);
    }

    #[track_caller]
    fn same_words<T: PartialSchema>(words: &impl Serialize) {
        assert_eq!(of::<T>()["enum"], serde_json::to_value(words).unwrap());
    }

    #[test]
    fn settings_have_their_keys_and_defaults() {
        let settings = Settings::default();
        same_keys::<SettingsShape>(&settings);
        same_keys::<CommentsShape>(&settings.comments);
        same_keys::<LengthShape>(&settings.reason);
        same_keys::<AttachmentsShape>(&settings.attachments);
        same_keys::<FilesShape>(&settings.files);
        let calendar: CalendarSettings = serde_json::from_value(json!({
            "holidays": ["2026-12-25"], "hours": {"from": "09:00", "until": "17:00"},
        }))
        .unwrap();
        same_keys::<CalendarShape>(&calendar);
        same_keys::<HoursShape>(&calendar.hours);
        let now = serde_json::to_value(&settings).unwrap();
        let of_settings = of::<SettingsShape>();
        assert_eq!(of_settings.get("required"), None);
        for key in ["urgent", "delegation", "time_zone", "urgent_due", "urgent_overdue_limit"] {
            assert_eq!(of_settings["properties"][key]["default"], now[key], "{key}");
        }
        let said = of_settings["properties"]["approval_expiry_max"]["default"].clone();
        let said: Settings = serde_json::from_value(json!({"approval_expiry_max": said})).unwrap();
        assert_eq!(said, settings);
        let refused = &of::<AttachmentsShape>()["properties"]["refused"]["default"];
        assert_eq!(*refused, now["attachments"]["refused"]);
        for key in ["link_expires_after", "link_downloads", "retention"] {
            let default = &of::<FilesShape>()["properties"][key]["default"];
            assert_eq!(*default, now["files"][key], "{key}");
        }
        for key in ["min", "max", "required"] {
            let default = &of::<CommentsShape>()["properties"][key]["default"];
            assert_eq!(*default, now["comments"][key], "{key}");
        }
        for key in ["min", "max"] {
            assert_eq!(of::<LengthShape>()["properties"][key]["default"], now["reason"][key]);
        }
    }

    #[test]
    fn words_are_those_of_the_core() {
        use OrganizationRole as Role;
        same_words::<RoleShape>(&[
            Role::Owner,
            Role::Administrator,
            Role::WorkflowManager,
            Role::Auditor,
            Role::User,
        ]);
        same_words::<UserKindShape>(&[UserKind::Person, UserKind::Service]);
        use Day::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        same_words::<DayShape>(&[Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]);
        same_words::<LevelShape>(&[NodeLevel::Read, NodeLevel::Edit, NodeLevel::Create]);
    }

    #[test]
    fn the_directory_has_its_keys() {
        let directory: DirectoryDoc = serde_json::from_value(json!({
            "user_properties": {"manager": "user"},
            "groups": ["staff"],
            "users": [{"login": "ann", "name": "Ann", "email": "a@b", "time_zone": "UTC",
                "replace_by": "bob", "force": true}],
            "nodes": [{"id": "a", "name": "A", "parent": "b",
                "permissions": [{"user": "ann", "group": "staff", "level": "read"}]}],
            "resources": [{"id": "db", "name": "Db", "owner": "ann"}],
        }))
        .unwrap();
        same_keys::<DirectoryDoc>(&directory);
        same_keys::<UserDoc>(&directory.users[0]);
        same_keys::<NodeDoc>(&directory.nodes[0]);
        same_keys::<NodePermissionDoc>(&directory.nodes[0].permissions[0]);
        same_keys::<ResourceDoc>(&directory.resources[0]);
        assert_eq!(of::<UserDoc>()["required"], json!(["login"]));
        assert_eq!(of::<RatesDoc>()["required"], json!(["base", "as_of"]));
        assert_eq!(of::<RatesDoc>()["additionalProperties"]["type"], "string");
    }
}
