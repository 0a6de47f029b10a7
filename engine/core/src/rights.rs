//! Rights that grants give, and who lays claim to them (EXE-6c).
//!
//! A plan names in the field `grants` of its binding what it gives: texts, each one right of one
//! account. Grants of the same right by the same plugin overlap, of one request or of several. What an
//! execution claims follows from its state alone, so that the claims of all requests can be kept beside
//! them, by right, in the same commit.

mod claims;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use claims::{Claimant, Claims, Ending};

use crate::{
    extension::{Plan, Receipt},
    request::{Execution, ExecutionState},
};

/// The field of a plan's binding that lists the rights it gives.
const GRANTS: &str = "grants";
/// The field of a receipt that lists those of them that were there before.
const KEPT: &str = "kept";
/// The field of the receipt given to `revert` that lists rights to be left alone.
const STILL_HELD: &str = "still_held";
/// The field of the receipt given to `revert` that lists rights that an earlier grant gave, and that
/// are to be taken back with this one.
const GIVEN_BEFORE: &str = "given_before";

/// What an execution has to do with a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// It is giving it, or nobody knows yet whether it did.
    Giving,
    /// The right is to stay for it.
    Held {
        /// Whether it gave the right, or may have; otherwise the right was there before.
        gave: bool,
    },
    /// It may have given it, and nobody knows (EXE-3).
    Doubtful,
    /// It is taking it back.
    TakingBack,
}

impl Claim {
    /// Whether no other execution may give the right or take it back meanwhile.
    #[must_use]
    pub fn is_exclusive(self) -> bool {
        match self {
            Self::Giving | Self::TakingBack => true,
            Self::Held { .. } | Self::Doubtful => false,
        }
    }
}

/// What is known of an ending grant's rights that others have to do with too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedRights {
    /// Those that stay for other grants.
    pub passed_on: BTreeSet<String>,
    /// Those that a grant gave which ended before, and left to this one.
    pub given_before: BTreeSet<String>,
}

impl Plan {
    /// The rights that it gives, by the field `grants` of its binding; none without one.
    #[must_use]
    pub fn rights(&self) -> BTreeSet<String> {
        texts(self.binding.get(GRANTS))
    }
}

impl Execution {
    /// The rights that this grant gives.
    #[must_use]
    pub fn rights(&self) -> BTreeSet<String> {
        let plan = self.plan.as_ref().filter(|_| self.is_grant);
        plan.map(Plan::rights).unwrap_or_default()
    }

    /// What it has to do with each of its rights; nothing before it starts and after it is over.
    #[must_use]
    pub fn claims(&self) -> BTreeMap<String, Claim> {
        let held = |receipt: Option<&Receipt>| {
            let kept = receipt.map(|receipt| texts(receipt.fields.get(KEPT))).unwrap_or_default();
            move |right: &String| Claim::Held { gave: !kept.contains(right) }
        };
        match &self.state {
            ExecutionState::Running { .. } => self.each(&BTreeSet::new(), |_| Claim::Giving),
            ExecutionState::Active { receipt, .. } => {
                self.each(&BTreeSet::new(), held(Some(receipt)))
            }
            ExecutionState::Failed { may_have_happened: true, .. } => {
                self.each(&BTreeSet::new(), |_| Claim::Doubtful)
            }
            ExecutionState::Revoking { under_way: true, passed_on, .. } => {
                self.each(passed_on, |_| Claim::TakingBack)
            }
            ExecutionState::Revoking { receipt, passed_on, .. } => {
                self.each(passed_on, held(receipt.as_ref()))
            }
            ExecutionState::Waiting
            | ExecutionState::Scheduled { .. }
            | ExecutionState::Succeeded { .. }
            | ExecutionState::Failed { may_have_happened: false, .. }
            | ExecutionState::Cancelled { .. }
            | ExecutionState::Expired { .. }
            | ExecutionState::Revoked { .. }
            | ExecutionState::Lapsed { .. } => BTreeMap::new(),
        }
    }

    fn each(
        &self,
        without: &BTreeSet<String>,
        claim: impl Fn(&String) -> Claim,
    ) -> BTreeMap<String, Claim> {
        let rights = self.rights().into_iter().filter(|right| !without.contains(right));
        rights.map(|right| (right.clone(), claim(&right))).collect()
    }
}

/// The receipt as `revert` is given it: with what is to be left alone, and what is to be taken back
/// besides.
pub(crate) fn told(
    receipt: Receipt,
    still_held: &BTreeSet<String>,
    given_before: &BTreeSet<String>,
) -> Receipt {
    let mut told = receipt;
    for (field, rights) in [(STILL_HELD, still_held), (GIVEN_BEFORE, given_before)] {
        told.fields.remove(field);
        if !rights.is_empty() {
            let rights = rights.iter().cloned().map(Json::String).collect();
            told.fields.insert(field.to_owned(), Json::Array(rights));
        }
    }
    told
}

fn texts(list: Option<&Json>) -> BTreeSet<String> {
    let entries = list.and_then(Json::as_array).into_iter().flatten();
    entries.filter_map(Json::as_str).map(str::to_owned).collect()
}
