//! The server that cases are played on, and how a world is made there.

use std::{
    collections::BTreeSet,
    sync::{Mutex, atomic::AtomicU64},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use engine_api::{
    endpoint::{Description, Endpoint},
    test_control::{NewWorld, TestControl, TestEndpoint, World, WorldStore},
};
use engine_core::ids::Login;
use sdk_client::{Call as Sent, Client, ClientError};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    super::{StoreKind, beside::Beside, broken::Broken, file::ScenarioFile},
    Remote,
};

/// What somebody who has no token sends.
pub(super) const NO_TOKEN: &str = "csn_none";

/// A server that was started with `--test-control`.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Server {
    url: String,
    control: Client,
}

impl Server {
    /// The server at an address.
    pub(in crate::scenario) async fn find(url: &str) -> Result<Self, Broken> {
        let url = url.trim_end_matches('/').to_owned();
        let control = Client::http(&url, NO_TOKEN).map_err(|error| Broken::of(&error))?;
        let server = Self { url, control };
        match server.call::<TestControl>(TestEndpoint::Look, None, &()).await {
            Ok(_) => Ok(server),
            Err(error) => {
                let reason = Broken::of(&error);
                Err(Broken::new(format!("cannot play on `{}`: {reason}", server.url)))
            }
        }
    }

    /// Makes a file's world.
    pub(in crate::scenario) async fn open(
        &self,
        file: &ScenarioFile,
        beside: &Beside,
        kind: StoreKind,
        at: DateTime<Utc>,
    ) -> Result<Remote, Broken> {
        let store = match kind {
            StoreKind::Memory => WorldStore::Memory,
            StoreKind::Redb => WorldStore::Redb,
            StoreKind::Postgres => return Err(Broken::new(crate::scenario::NO_POSTGRES)),
        };
        let files = beside.all_of(file).into_iter();
        let files = files.map(|(name, bytes)| (name, BASE64_STANDARD.encode(bytes))).collect();
        let (name, text) = (file.document.name().to_owned(), file.text.clone());
        let wanted = NewWorld { file: name, text, files, at, store };
        let world: World =
            self.call(TestEndpoint::Open, None, &wanted).await.map_err(|error| said(&error))?;
        let login = |text: &str| Login::parse(text).map_err(|bad| Broken::new(bad.to_string()));
        let owner = login(&world.owner)?;
        let mut people: BTreeSet<Login> =
            file.world.directory.users.iter().map(|user| user.login.clone()).collect();
        people.insert(owner.clone());
        let by_owner = self.client(&world, &world.token)?;
        Ok(Remote {
            server: self.clone(),
            hidden: world.hidden.then(|| owner.clone()),
            owner,
            people,
            clients: Mutex::default(),
            by_owner,
            next: AtomicU64::new(1),
            told: Mutex::default(),
            world,
        })
    }

    pub(super) fn client(&self, world: &World, token: &str) -> Result<Client, Broken> {
        let client = Client::http(&format!("{}{}", self.url, world.path), token);
        client.map_err(|error| Broken::of(&error))
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        endpoint: TestEndpoint,
        world: Option<&World>,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ClientError> {
        let Description { method, path, .. } = endpoint.description();
        let path = match world {
            Some(world) => path.replace("/test-control/v1/worlds/{world}", &world.path),
            None => path.to_owned(),
        };
        // An endpoint of no table of the API: the call is made of its parts.
        let call = Sent { method, path, ..Sent::new(Endpoint::GetMe, &[]) };
        self.control.call(call.json(body)?).await
    }
}

/// What the server said, or why it said nothing.
pub(super) fn said(error: &ClientError) -> Broken {
    Broken::of(error)
}
