//! What people are told, and what they do not want to be.

use engine_api::{
    endpoint::Endpoint,
    organization::ChangeList,
    view::{NoticeChoices, NoticeList},
};

use crate::{Call, Client, ClientError};

impl Client {
    /// What the caller was told, newest first (DUE-4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn notices(
        &self,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<NoticeList, ClientError> {
        let call = Call::new(Endpoint::ListNotices, &[]);
        self.call(call.query("limit", &limit.to_string()).query_if("cursor", cursor)).await
    }

    /// What the caller does not want to be told (DUE-4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn notice_choices(&self) -> Result<NoticeChoices, ClientError> {
        self.call(Call::new(Endpoint::GetNoticeChoices, &[])).await
    }

    /// Chooses what the caller is not told from now on (DUE-4).
    ///
    /// # Errors
    /// [`ClientError`]; `invalid` for what is always told.
    pub async fn mute_notices(&self, choices: &NoticeChoices) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutNoticeChoices, &[]).json(choices)?).await
    }
}
