//! The directory as people write it: in scenario files, in files for `apply`, and over the API.

mod written;

use std::{collections::BTreeMap, fmt};

use chrono::NaiveDate;
use engine_core::{
    directory::{NodeLevel, OrganizationRole, UserKind},
    ids::{GroupId, Login, NodeId, PropertyName, ResourceId},
    money::{Currency, Rates, parse_rate},
    value::PropertyType,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::shape::{LevelShape, RoleShape, UserKindShape};

/// People and places of an organization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryDoc {
    /// Types of the users' properties; what is not declared is what it looks like.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub user_properties: BTreeMap<PropertyName, PropertyType>,
    /// Each an id, or an id with a name.
    pub groups: Vec<GroupDoc>,
    /// People and service accounts.
    pub users: Vec<UserDoc>,
    /// The tree, parents before children or not.
    pub nodes: Vec<NodeDoc>,
    /// What requests can name.
    pub resources: Vec<ResourceDoc>,
}

/// A user (DIR-2). People are named by login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserDoc {
    /// Unique.
    #[schema(value_type = String)]
    pub login: Login,
    /// Shown to people; the login where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where mail goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// IANA name, such as `Europe/Riga`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// A deactivated user can do nothing.
    #[serde(default = "yes")]
    pub active: bool,
    /// A person, or a service account.
    #[serde(default)]
    #[schema(value_type = UserKindShape)]
    pub kind: UserKind,
    /// The one organization role.
    #[serde(default = "plain")]
    #[schema(value_type = RoleShape)]
    pub role: OrganizationRole,
    /// Memberships.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
    /// Such as `manager: bob` or `limit: "5000 EUR"`.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Json>)]
    pub properties: BTreeMap<PropertyName, Json>,
    /// For one who is deactivated: who takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_by: Option<ReplaceBy>,
    /// For one who is deactivated: even where nobody takes over. Never read back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// Who takes over from somebody who leaves: `bob`, or `{capex/unit: bob, r-17/board: cleo}` (DIR-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplaceBy {
    /// One for all places.
    All(Login),
    /// One each, by place: a rule or a request, and a step of it.
    Each(BTreeMap<String, Login>),
}

/// Deactivating a user (DIR-9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deactivation {
    /// Who takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_by: Option<ReplaceBy>,
    /// Even where nobody takes over: requests that nobody can decide then are blocked.
    pub force: bool,
}

/// Handing the owner's role over (DIR-3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The login of the owner to be; whoever hands it over becomes an administrator.
    pub to: String,
}

impl<'de> Deserialize<'de> for ReplaceBy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = ReplaceBy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a login, or one for each place, such as `{capex/unit: bob}`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ReplaceBy, E> {
                Login::parse(text).map(ReplaceBy::All).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ReplaceBy, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(ReplaceBy::Each)
            }
        }
        from.deserialize_any(Reader)
    }
}

impl Serialize for ReplaceBy {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All(login) => login.serialize(to),
            Self::Each(each) => each.serialize(to),
        }
    }
}

/// A group: `finance`, or `{id: finance, name: Finance}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupDoc {
    /// The id that documents use.
    pub id: GroupId,
    /// Shown to people; the id where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A node of the tree (DIR-5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeDoc {
    /// The id that documents use.
    #[schema(value_type = String)]
    pub id: NodeId,
    /// Shown to people; the id where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The node above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<NodeId>,
    /// Given here, inherited downwards.
    #[serde(default)]
    pub permissions: Vec<NodePermissionDoc>,
}

/// A permission at a node: to a user or to a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NodePermissionDoc {
    /// To a user …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub user: Option<Login>,
    /// … or to a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub group: Option<GroupId>,
    /// How much.
    #[schema(value_type = LevelShape)]
    pub level: NodeLevel,
}

/// A resource that requests can name (DIR-6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceDoc {
    /// The id that documents use; also the name of the connection.
    #[schema(value_type = String)]
    pub id: ResourceId,
    /// Shown to people; the id where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub owner: Option<Login>,
}

/// The rate table: `{base: EUR, USD: "0.92", as_of: 2026-03-01}` (DIR-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatesDoc(pub Rates);

impl<'de> Deserialize<'de> for RatesDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RatesDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rates such as `{base: EUR, USD: \"0.92\", as_of: 2026-03-01}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RatesDoc, A::Error> {
                let (mut base, mut as_of) = (None, None);
                let mut rates = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "base" => base = Some(map.next_value::<Currency>()?),
                        "as_of" => as_of = Some(map.next_value::<NaiveDate>()?),
                        code => {
                            let currency = code.parse::<Currency>().map_err(de::Error::custom)?;
                            let rate = parse_rate(&map.next_value::<String>()?);
                            rates.insert(currency, rate.map_err(de::Error::custom)?);
                        }
                    }
                }
                let base = base.ok_or_else(|| de::Error::missing_field("base"))?;
                let as_of = as_of.ok_or_else(|| de::Error::missing_field("as_of"))?;
                Ok(RatesDoc(Rates { base, as_of, rates }))
            }
        }
        from.deserialize_map(Reader)
    }
}

impl Serialize for RatesDoc {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = BTreeMap::from([
            ("base".to_owned(), self.0.base.to_string()),
            ("as_of".to_owned(), self.0.as_of.to_string()),
        ]);
        map.extend(self.0.rates.iter().map(|(code, rate)| (code.to_string(), rate.to_string())));
        map.serialize(to)
    }
}

impl<'de> Deserialize<'de> for GroupDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            id: GroupId,
            name: Option<String>,
        }
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = GroupDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a group's id, or `{id: …, name: …}`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<GroupDoc, E> {
                Ok(GroupDoc { id: GroupId::parse(text).map_err(E::custom)?, name: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GroupDoc, A::Error> {
                let Named { id, name } = Named::deserialize(MapAccessDeserializer::new(map))?;
                Ok(GroupDoc { id, name })
            }
        }
        from.deserialize_any(Reader)
    }
}

fn yes() -> bool {
    true
}

fn plain() -> OrganizationRole {
    OrganizationRole::User
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn the_directory_of_the_format_is_read() {
        let text = "\
groups: [staff, {id: unit-directors, name: Directors}]
users:
  - {login: ann, groups: [staff], properties: {manager: bob}, time_zone: Europe/Riga}
  - {login: cleo, role: administrator}
nodes:
  - {id: production-units, permissions: [{group: staff, level: read}]}
  - {id: paris, parent: production-units}
resources: [{id: orders-db, owner: bob}]
";
        let directory: DirectoryDoc = Document::parse("d.yaml", text).unwrap().read().unwrap();
        assert_eq!(directory.users.len(), 2);
        assert_eq!(directory.groups[1].name.as_deref(), Some("Directors"));
        assert!(directory.users[0].active);
        let rates = "{base: EUR, USD: \"0.92\", as_of: 2026-03-01}";
        let rates: RatesDoc = Document::parse("r.yaml", rates).unwrap().read().unwrap();
        assert_eq!(rates.0.rates.len(), 1);
    }
}
