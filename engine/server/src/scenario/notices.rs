//! What people were told, and what they are called, as a scenario sees it.

use std::sync::PoisonError;

use engine_core::ids::UserId;
use engine_runtime::{Caller, NoticeTold};
use engine_store::Limit;

use super::{bench::Bench, broken::Broken};

/// A notice as a scenario sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NoticeSeen {
    /// The login of who was told.
    pub(super) to: String,
    /// What it is about, in a word.
    pub(super) about: String,
    /// Which request it is about.
    pub(super) request: String,
}

impl Bench {
    /// What people were told since the last time that this was asked.
    pub(super) async fn untold(&self) -> Result<Vec<NoticeSeen>, Broken> {
        let state = self.state()?;
        let mut new = Vec::new();
        for user in state.organization.directory.users().filter(|user| user.active) {
            for told in self.notices_of(&user.id).await? {
                let key = (user.id.clone(), told.record.id.clone());
                let is_new = self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                if is_new && self.hidden.as_ref() != Some(&user.login) {
                    new.push(NoticeSeen {
                        to: user.login.to_string(),
                        about: told.record.notice.about().to_owned(),
                        request: told.record.request.to_string(),
                    });
                }
            }
        }
        Ok(new)
    }

    async fn notices_of(&self, user: &UserId) -> Result<Vec<NoticeTold>, Broken> {
        let caller = Caller::new(self.org.clone(), user.clone(), "scenario");
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.engine()?.notices(&caller, after.as_deref(), Limit::MAX.get()).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}
