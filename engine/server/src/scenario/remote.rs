//! A case's world on a server, reached over HTTP as any client reaches it.
//!
//! People act with tokens of their own through the API's endpoints (`remote/wire.rs`); only time,
//! crashes and what is kept go through test control. Over HTTP people are known by their logins, so
//! that these stand wherever the engine itself would have a user's id.

mod server;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine_api::{
    directory::{DirectoryDoc, UserDoc},
    endpoint::Endpoint,
    organization::{ChangeList, NewToken},
    test_control::{Advance, CRASHED, Crash, CrashMoment, Rest, TestEndpoint, World, WorldState},
    view::{ExplanationView, NoticeList, RequestView},
};
use engine_core::{
    ids::{Login, RequestId, UserId},
    rejection::Code,
};
use engine_runtime::Change;
use sdk_client::{Call as Sent, Client, ClientError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

pub(super) use self::server::Server;
use self::server::{NO_TOKEN, said};
use super::{
    act::{Answer, Call, Refusal, code_of},
    broken::Broken,
    crash::CrashPoint,
    notices::NoticeSeen,
    stage::{Answers, Stage, State},
    stub::Method,
};

/// A case's world there.
#[derive(Debug)]
pub(super) struct Remote {
    server: Server,
    world: World,
    owner: Login,
    hidden: Option<Login>,
    people: BTreeSet<Login>,
    clients: Mutex<BTreeMap<Login, Client>>,
    by_owner: Client,
    next: AtomicU64,
    told: Mutex<BTreeSet<(Login, String)>>,
}

/// An answer, or that the engine died before it gave one.
enum Heard {
    Answer(Result<Answer, Refusal>),
    Crashed,
}

impl Remote {
    async fn control<T: DeserializeOwned>(
        &self,
        endpoint: TestEndpoint,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Broken> {
        let done = self.server.call(endpoint, Some(&self.world), body).await;
        done.map_err(|error| said(&error))
    }

    async fn kept(&self) -> Result<WorldState, Broken> {
        self.control(TestEndpoint::State, &()).await
    }

    /// What the owner reads; none for what is not there.
    async fn read<T: DeserializeOwned>(&self, call: Sent) -> Result<Option<T>, Broken> {
        match self.by_owner.call(call).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code() == Some(Code::NotFound.as_str()) => Ok(None),
            Err(error) => Err(said(&error)),
        }
    }

    /// A person's client; of somebody who can have no token, one that is let in nowhere.
    async fn client(&self, login: &Login) -> Result<Client, Broken> {
        if *login == self.owner {
            return Ok(self.by_owner.clone());
        }
        let known = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(login).cloned();
        if let Some(client) = known {
            return Ok(client);
        }
        let (user, name) = (Some(login.to_string()), "scenario".to_owned());
        match self.by_owner.make_token(&NewToken { user, name, expires: None }).await {
            Ok(made) => {
                let client = self.server.client(&self.world, &made.token)?;
                let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
                clients.insert(login.clone(), client.clone());
                Ok(client)
            }
            Err(ClientError::Refused(_)) => self.server.client(&self.world, NO_TOKEN),
            Err(error) => Err(said(&error)),
        }
    }

    async fn admit_all(&self) -> Result<(), Broken> {
        for login in &self.people {
            self.client(login).await?;
        }
        Ok(())
    }

    async fn heard(&self, call: Call) -> Result<Heard, Broken> {
        let client = match call.by() {
            Some(by) => self.client(by.login.as_ref().unwrap_or(&self.owner)).await?,
            None => return self.unasked(call).await,
        };
        let sent = wire::sent(&call)?;
        let answer = match call {
            Call::Explain(..) => client.call(sent).await.map(Answer::Explained),
            Call::Look(_, _, tab) => match client.call::<RequestView>(sent).await {
                Ok(view) => {
                    let seen = view.precondition().map_err(Broken::new)?;
                    Ok(Answer::Seen(tab, seen.into()))
                }
                Err(error) => Err(error),
            },
            Call::Organize(..) | Call::Publish(..) | Call::Settings(..) => {
                client.call::<ChangeList>(sent).await.map(Answer::Changed)
            }
            Call::Submit(..)
            | Call::SaveDraft(..)
            | Call::Resubmit(..)
            | Call::Command(..)
            | Call::Attach(..)
            | Call::Advance(_)
            | Call::Refused(_) => client.call::<Json>(sent).await.map(|_| Answer::Nothing),
        };
        match answer {
            Ok(answer) => Ok(Heard::Answer(Ok(answer))),
            Err(ClientError::Refused(body)) if body.code == CRASHED => Ok(Heard::Crashed),
            Err(ClientError::Refused(body)) => {
                // Whoever is deactivated sees nothing, and is let in nowhere (FIN-13).
                let is_out = body.code == "unauthenticated";
                let code = if is_out { Some(Code::NotFound) } else { code_of(&body.code) };
                Ok(Heard::Answer(Err(Refusal::of(code, &body))))
            }
            Err(error) => Err(said(&error)),
        }
    }

    /// What nobody in particular calls.
    async fn unasked(&self, call: Call) -> Result<Heard, Broken> {
        match call {
            Call::Advance(to) => {
                let rest: Rest = self.control(TestEndpoint::Advance, &Advance { to }).await?;
                if rest.crashed {
                    return Ok(Heard::Crashed);
                }
                Ok(Heard::Answer(Ok(Answer::Nothing)))
            }
            Call::Refused(refusal) => Ok(Heard::Answer(Err(refusal))),
            _ => Err(Broken::new("nobody calls")),
        }
    }
}

#[async_trait]
impl Stage for Remote {
    fn user(&self, login: &Login) -> Result<UserId, Broken> {
        if !self.people.contains(login) {
            return Err(Broken::new(format!("there is no user `{login}` in this scenario")));
        }
        UserId::parse(login.as_str()).map_err(|bad| Broken::new(bad.to_string()))
    }

    fn hidden(&self) -> Option<&Login> {
        self.hidden.as_ref()
    }

    fn next_id(&self) -> Result<String, Broken> {
        Ok(format!("request-{}", self.next.fetch_add(1, Ordering::SeqCst)))
    }

    async fn now(&self) -> Result<DateTime<Utc>, Broken> {
        Ok(self.kept().await?.at)
    }

    async fn settings(&self) -> Result<Json, Broken> {
        let settings = self.read(Sent::new(Endpoint::GetSettings, &[])).await?;
        settings.ok_or_else(|| Broken::new("there are no settings"))
    }

    async fn user_doc(&self, login: &Login) -> Result<UserDoc, Broken> {
        let user = self.read(Sent::new(Endpoint::GetUser, &[login.as_str()])).await?;
        user.ok_or_else(|| Broken::new(format!("there is no user `{login}`")))
    }

    async fn admit(&self, call: &Call) -> Result<(), Broken> {
        if let Call::Organize(_, change) = call
            && matches!(**change, Change::TransferOwnership(_))
        {
            // Whoever was the owner makes no tokens for everybody any more.
            return self.admit_all().await;
        }
        match call.by().and_then(|by| by.login.as_ref()) {
            Some(login) => self.client(login).await.map(drop),
            None => Ok(()),
        }
    }

    async fn act(&mut self, calls: Vec<Call>, may_die: bool) -> Result<Answers, Broken> {
        let heard = futures::future::join_all(calls.into_iter().map(|call| self.heard(call))).await;
        let mut answers = Vec::new();
        let mut crashed = false;
        for heard in heard {
            match heard? {
                Heard::Answer(answer) => answers.push(answer),
                Heard::Crashed => crashed = true,
            }
        }
        if may_die && !crashed {
            let rest: Rest = self.control(TestEndpoint::Settle, &()).await?;
            crashed = rest.crashed;
        }
        Ok((!crashed).then_some(answers))
    }

    async fn settle(&mut self) -> Result<(), Broken> {
        let _: Rest = self.control(TestEndpoint::Settle, &()).await?;
        Ok(())
    }

    async fn arm(&mut self, point: CrashPoint) -> Result<(), Broken> {
        let at = Some(match point {
            CrashPoint::BeforeCommit => CrashMoment::BeforeCommit,
            CrashPoint::AfterCommit => CrashMoment::AfterCommit,
            CrashPoint::AfterEffect => CrashMoment::AfterEffect,
        });
        // What is written to let somebody in is nothing to die of.
        self.admit_all().await?;
        let _: Rest = self.control(TestEndpoint::Crash, &Crash { at }).await?;
        Ok(())
    }

    async fn crash(&mut self) -> Result<(), Broken> {
        let _: Rest = self.control(TestEndpoint::Crash, &Crash::default()).await?;
        Ok(())
    }

    async fn state(&self) -> Result<State, Broken> {
        Ok(self.kept().await?.parts)
    }

    async fn request(&self, request: &RequestId) -> Result<Option<RequestView>, Broken> {
        self.read(Sent::new(Endpoint::GetRequest, &[request.as_str()])).await
    }

    async fn explained(
        &self,
        request: &RequestId,
        person: Option<&Login>,
    ) -> Result<ExplanationView, Broken> {
        let explained = self.read(wire::explain(request, person)).await?;
        explained.ok_or_else(|| Broken::new(format!("there is no request `{request}`")))
    }

    async fn events(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        let call = Sent::new(Endpoint::History, &[request.as_str()]);
        let list: Option<engine_api::view::EventList> = self.read(call).await?;
        let items = list.map(|list| list.items).unwrap_or_default();
        Ok(items.into_iter().map(|event| event.event).collect())
    }

    async fn visible_to(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        let directory: Option<DirectoryDoc> =
            self.read(Sent::new(Endpoint::GetDirectory, &[])).await?;
        let mut seeing = Vec::new();
        for user in directory.into_iter().flat_map(|directory| directory.users) {
            let client = self.client(&user.login).await?;
            match client.request(request.as_str()).await {
                Ok(_) => seeing.push(user.login.to_string()),
                Err(error) if matches!(error.code(), Some("not_found" | "unauthenticated")) => {}
                Err(error) => return Err(said(&error)),
            }
        }
        Ok(seeing)
    }

    async fn new_notices(&self) -> Result<Vec<NoticeSeen>, Broken> {
        let mut new = Vec::new();
        for login in &self.people {
            let client = self.client(login).await?;
            let mut after: Option<String> = None;
            loop {
                let call = Sent::new(Endpoint::ListNotices, &[]).query("limit", "200");
                let call = call.query_if("cursor", after.as_deref());
                let page: NoticeList = match client.call(call).await {
                    Ok(page) => page,
                    Err(error) if error.code() == Some("unauthenticated") => break,
                    Err(error) => return Err(said(&error)),
                };
                for told in page.items {
                    let key = (login.clone(), told.id);
                    let is_new =
                        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                    if is_new && self.hidden.as_ref() != Some(login) {
                        let (to, about, request) = (login.to_string(), told.about, told.request);
                        new.push(NoticeSeen { to, about, request });
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(new)
    }

    async fn calls(&self, name: &str, method: Method) -> Result<u32, Broken> {
        let calls = self.kept().await?.calls;
        let count = calls.get(name).and_then(|methods| methods.get(method.as_str()));
        Ok(count.copied().unwrap_or(0))
    }

    async fn close(&mut self) -> Result<(), Broken> {
        let _: Rest = self.control(TestEndpoint::Close, &()).await?;
        Ok(())
    }
}
