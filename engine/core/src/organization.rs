//! What of an organization a decision may want to know: people, rates, settings (DIR-1).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    calendar::CalendarSettings,
    directory::Directory,
    ids::{OrgId, PropertyName, UserId},
    money::Rates,
    notice::Notice,
    value::{PropertyType, Span},
};

/// An organization, as of now.
#[derive(Clone, Debug)]
pub struct Organization {
    /// The tenant boundary.
    pub id: OrgId,
    /// Its people and places.
    pub directory: Arc<Directory>,
    /// Declared types of the users' properties; the type of an undeclared one is what its value
    /// looks like.
    pub user_properties: BTreeMap<PropertyName, PropertyType>,
    /// Its rate table (DIR-7).
    pub rates: Option<Rates>,
    /// Its settings.
    pub settings: Settings,
    /// What people do not want to be told, in words of [`Notice::OPTIONAL`] (DUE-4).
    pub muted: BTreeMap<UserId, BTreeSet<String>>,
}

impl Organization {
    /// An organization without people.
    #[must_use]
    pub fn new(id: OrgId) -> Self {
        Self {
            id,
            directory: Arc::default(),
            user_properties: BTreeMap::new(),
            rates: None,
            settings: Settings::default(),
            muted: BTreeMap::new(),
        }
    }

    /// Whether a person wants to be told; always, where it is not theirs to choose (DUE-4).
    #[must_use]
    pub fn tells(&self, person: &UserId, notice: &Notice) -> bool {
        let about = notice.about();
        let is_muted = self.muted.get(person).is_some_and(|muted| muted.contains(about));
        !is_muted || !Notice::OPTIONAL.contains(&about)
    }
}

/// What administrators can set, with the defaults of the semantics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The organization's gate of urgent mode (URG-1).
    pub urgent: bool,
    /// The longest time that an approval may be waited for (REQ-2).
    pub approval_expiry_max: Span,
    /// Comments of decisions (DEC-1).
    pub comments: CommentSettings,
    /// Title and reason of a request (REQ-2).
    pub reason: LengthSettings,
    /// Whether people may let others stand in for them (DEC-8).
    pub delegation: bool,
    /// IANA name; whose days and hours count where no person's do (FIN-24).
    pub time_zone: String,
    /// Working days, holidays and hours (DUE-1).
    pub calendar: CalendarSettings,
    /// How long before a due date those who have not decided are reminded; `0m` is at the date itself
    /// (DUE-2).
    pub reminders: Vec<Span>,
    /// How long the approval of an urgent request may be waited for before it is overdue (URG-5a).
    pub urgent_due: Span,
    /// So many overdue urgent requests a person may have and still submit another (URG-5a).
    pub urgent_overdue_limit: u32,
    /// Files of requests (REQ-9).
    pub attachments: AttachmentSettings,
    /// Files that executions make (EXE-7).
    pub files: FileSettings,
}

/// Comments of decisions (DEC-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CommentSettings {
    /// The fewest characters.
    pub min: u32,
    /// The most characters.
    pub max: u32,
    /// Whether an approval needs one.
    pub required: bool,
}

/// Files of requests (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttachmentSettings {
    /// Files that end so are not taken, whatever the case.
    pub refused: Vec<String>,
}

/// Files that executions make (EXE-7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSettings {
    /// How long a link can be used.
    pub link_expires_after: Span,
    /// How often a link can be used.
    pub link_downloads: u32,
    /// How long files are kept after they were made.
    pub retention: Span,
}

/// Bounds of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LengthSettings {
    /// The fewest characters.
    pub min: u32,
    /// The most characters.
    pub max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            urgent: false,
            approval_expiry_max: Span::Seconds(14 * 86_400),
            comments: CommentSettings::default(),
            reason: LengthSettings::default(),
            delegation: true,
            time_zone: "UTC".to_owned(),
            calendar: CalendarSettings::default(),
            reminders: usual_reminders(),
            urgent_due: Span::Seconds(3 * 86_400),
            urgent_overdue_limit: 1,
            attachments: AttachmentSettings::default(),
            files: FileSettings::default(),
        }
    }
}

fn usual_reminders() -> Vec<Span> {
    vec![Span::Seconds(86_400), Span::Seconds(0)]
}

impl Default for CommentSettings {
    fn default() -> Self {
        Self { min: 3, max: 300, required: true }
    }
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        let refused = ["exe", "com", "iso", "dex", "crx", "dmg", "ps1", "msi", "cmd", "bat"];
        Self { refused: refused.map(str::to_owned).into() }
    }
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            link_expires_after: Span::Seconds(3_600),
            link_downloads: 3,
            retention: Span::Seconds(30 * 86_400),
        }
    }
}

impl Default for LengthSettings {
    fn default() -> Self {
        Self { min: 3, max: 1000 }
    }
}
