//! `countersign plugin`.

mod bench;
mod build;
mod check;
mod dev;
mod facts;
pub(super) mod given;
mod manage;
mod new;
mod profile;
mod replay;
pub(super) mod run;
mod sign;
mod test;
mod tools;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use engine_api::organization::{
    AccessWord, ChangeList, GrantDoc, HttpGrantDoc, HttpMethodWord, InstallationStage,
    InstallationView, PluginView,
};
use sdk_client::{Client, Deed};

use self::given::read_signed;
use super::{
    output::{Form, patiently, say},
    target::Target,
};

/// Of all of `countersign plugin`.
pub(super) const EXAMPLES: &str = "\
Examples:
  countersign plugin new small-amounts --world condition --lang rust
  countersign plugin build small-amounts
  countersign plugin test small-amounts
  countersign plugin check target/components/sql.wasm
  countersign plugin install frugal.wasm
  countersign plugin list";

const INSTALL: &str = "\
Examples:
  countersign plugin install frugal.wasm --dry-run
  countersign plugin install on-call
  countersign plugin install target/examples/frugal.wasm --id small-amounts";

const GRANT: &str = "\
Examples:
  countersign plugin grant sql --connection shop-db=write --connection warehouse-db=write
  countersign plugin grant export --connection shop-db=read --blobs
  countersign plugin grant webhook --http https://chat.example.org=POST --secret chat-token
  countersign plugin grant sql";

/// Make, check, run, install and grant plugins.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Make a project for a plugin from a template
    New(new::New),
    /// Make a component of a plugin's source, and check it in the host that the engine uses
    Build(build::Build),
    /// Ask a plugin its cases, and compare the answers
    Test(test::Test),
    /// Build and test a plugin again whenever its source changes
    Dev(dev::Dev),
    /// Install what makes components of plugins in JavaScript and Python
    Tools(tools::Install),
    /// Say whether a file is a plugin, and what it asks for
    Check(check::Check),
    /// Call a plugin once, in the host that the engine uses
    Run(run::Run),
    /// List the plugins of an organization
    #[command(
        after_help = "Examples:\n  countersign plugin list\n  countersign plugin list --json"
    )]
    List {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        form: Form,
    },
    /// Install a component, or replace it; what it was granted stays
    #[command(after_help = INSTALL)]
    Install {
        #[command(flatten)]
        target: Target,
        /// The component, or the name of one that comes with the program, such as `on-call`
        file: PathBuf,
        /// Its id in rules; the name of the file where absent
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Say what a plugin may use: all of it, what is not named is taken away
    #[command(after_help = GRANT)]
    Grant {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        granted: Granted,
        /// The plugin
        id: String,
        #[command(flatten)]
        form: Form,
    },
    #[command(flatten)]
    Manage(manage::Manage),
    /// Measure what a call of a plugin takes, beside what it may
    Bench(bench::Bench),
    /// Say where the fuel of a call goes
    Profile(profile::Profile),
    /// Ask again what a plugin was asked before, or ask another version of it
    Replay(replay::Replay),
    /// Make a pair of keys to sign plugins with
    Keygen(sign::Keygen),
    /// Sign a plugin, in the format of minisign
    Sign(sign::Sign),
    /// Say whether a plugin is what somebody signed
    Verify(sign::Verify),
}

/// What a plugin may use.
#[derive(Debug, Args)]
pub(super) struct Granted {
    /// A connection and what may be done on it, such as `shop-db=write`
    #[arg(long = "connection", value_name = "NAME=read|write", value_parser = connection)]
    connections: Vec<(String, AccessWord)>,
    /// A look-up, such as `shop-db/owner`
    #[arg(long = "lookup", value_name = "CONNECTION/NAME", value_parser = lookup)]
    lookups: Vec<(String, String)>,
    /// A secret
    #[arg(long = "secret", value_name = "NAME")]
    secrets: Vec<String>,
    /// Calls of another system, such as `https://hr.example.org=GET`; look-ups need GET
    #[arg(long = "http", value_name = "ORIGIN=METHOD,…", value_parser = http)]
    http: Vec<(String, BTreeSet<HttpMethodWord>)>,
    /// One of these systems, where its name leads into a private network or to the engine's machine
    #[arg(long = "private", value_name = "ORIGIN")]
    private: Vec<String>,
    /// Making files
    #[arg(long)]
    blobs: bool,
}

impl Granted {
    fn document(&self) -> anyhow::Result<GrantDoc> {
        let mut http: BTreeMap<String, HttpGrantDoc> = BTreeMap::new();
        for (origin, methods) in &self.http {
            http.entry(origin.clone()).or_default().methods.extend(methods);
        }
        for origin in &self.private {
            let granted = http.get_mut(origin);
            let granted = granted.with_context(|| {
                format!("`--private {origin}` belongs to a `--http {origin}=…`, which is missing")
            })?;
            granted.private_addresses = true;
        }
        let mut lookups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (connection, name) in &self.lookups {
            lookups.entry(connection.clone()).or_default().insert(name.clone());
        }
        Ok(GrantDoc {
            connections: self.connections.iter().cloned().collect(),
            lookups,
            blobs: self.blobs,
            secrets: self.secrets.iter().cloned().collect(),
            http,
        })
    }
}

impl PluginCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(new) => new.run(),
            Self::Build(build) => build.run(),
            Self::Test(test) => test.run().await,
            Self::Dev(dev) => dev.run().await,
            Self::Tools(tools) => tools.run(),
            Self::Check(check) => check.run(),
            Self::Run(run) => run.run().await,
            Self::Manage(manage) => manage.run().await,
            Self::Bench(bench) => bench.run().await,
            Self::Profile(profile) => profile.run().await,
            Self::Replay(replay) => replay.run().await,
            Self::Keygen(keygen) => keygen.run(),
            Self::Sign(sign) => sign.run(),
            Self::Verify(verify) => verify.run(),
            Self::List { ref target, .. }
            | Self::Install { ref target, .. }
            | Self::Grant { ref target, .. } => {
                let spoken = target.reach().await?;
                let done = self.with(&spoken.client).await;
                spoken.close().await;
                done.map(|()| ExitCode::SUCCESS)
            }
        }
    }

    async fn with(&self, client: &Client) -> anyhow::Result<()> {
        match self {
            Self::New(_)
            | Self::Build(_)
            | Self::Test(_)
            | Self::Dev(_)
            | Self::Tools(_)
            | Self::Check(_)
            | Self::Run(_)
            | Self::Manage(_)
            | Self::Bench(_)
            | Self::Profile(_)
            | Self::Replay(_)
            | Self::Keygen(_)
            | Self::Sign(_)
            | Self::Verify(_) => {}
            Self::List { form, .. } => {
                let plugins = client.plugins().await?;
                form.tell(&plugins, || {
                    plugins.items.iter().for_each(|plugin| say(&line(plugin)));
                    for found in &plugins.installing {
                        say(&format!("{}  is being installed: {}", found.plugin, how_far(found)));
                    }
                })?;
            }
            Self::Install { file, id, dry_run, form, .. } => {
                let deed = if *dry_run { Deed::DryRun } else { Deed::Do };
                form.changes(&install(client, file, id.as_deref(), deed).await?)?;
            }
            Self::Grant { granted, id, form, .. } => {
                form.changes(&client.grant(id, &granted.document()?).await?)?;
            }
        }
        Ok(())
    }
}

/// An interpreter is compiled meanwhile, for seconds: whoever waits is told how far it is.
async fn install(
    client: &Client,
    file: &Path,
    id: Option<&str>,
    deed: Deed,
) -> anyhow::Result<ChangeList> {
    let component = read_signed(file)?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let id = id.unwrap_or(&name);
    let stage = async || {
        let all = client.plugins().await.ok()?.installing;
        all.iter().find(|found| found.plugin == id).map(how_far)
    };
    Ok(patiently(client.install(id, component, deed), stage).await?)
}

fn line(plugin: &PluginView) -> String {
    let PluginView { id, current, grant, disabled, .. } = plugin;
    let worlds: Vec<&str> = current.worlds.iter().map(|world| world.as_str()).collect();
    let (version, worlds, digest) = (&current.version, worlds.join("+"), short(&current.digest));
    let disabled = if disabled.is_some() { "  DISABLED" } else { "" };
    format!("{id}  {version}  {worlds}  {digest}  may use {}{disabled}", told(grant))
}

fn how_far(installation: &InstallationView) -> String {
    let stage = match installation.stage {
        InstallationStage::Checking => "the file is checked",
        InstallationStage::Waiting => "another one is compiled before it",
        InstallationStage::Compiling => "it is compiled",
        InstallationStage::Starting => "it is started once",
        InstallationStage::Proving => "it is asked its own cases",
    };
    let (by, since) = (&installation.by, installation.since.format("%H:%M:%S UTC"));
    format!("{stage} ({by}, since {since})")
}

/// As much of a digest as tells it from others.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn told(grant: &GrantDoc) -> String {
    let access = |access: &AccessWord| match access {
        AccessWord::Read => "read",
        AccessWord::Write => "write",
    };
    let mut all: Vec<String> =
        grant.connections.iter().map(|(name, a)| format!("{name}={}", access(a))).collect();
    for (connection, names) in &grant.lookups {
        all.extend(names.iter().map(|name| format!("{connection}/{name}")));
    }
    all.extend(grant.secrets.iter().map(|name| format!("secret {name}")));
    for (origin, HttpGrantDoc { methods, private_addresses }) in &grant.http {
        let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
        let private = if *private_addresses { " (private)" } else { "" };
        all.push(format!("{origin}={}{private}", methods.join(",")));
    }
    all.extend(grant.blobs.then(|| "files".to_owned()));
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}

fn connection(text: &str) -> Result<(String, AccessWord), String> {
    match text.split_once('=') {
        Some((name, "read")) => Ok((name.to_owned(), AccessWord::Read)),
        Some((name, "write")) => Ok((name.to_owned(), AccessWord::Write)),
        Some(_) | None => Err("expected such as `shop-db=read` or `shop-db=write`".to_owned()),
    }
}

fn lookup(text: &str) -> Result<(String, String), String> {
    let (connection, name) = text.split_once('/').ok_or("expected such as `shop-db/owner`")?;
    Ok((connection.to_owned(), name.to_owned()))
}

fn http(text: &str) -> Result<(String, BTreeSet<HttpMethodWord>), String> {
    let expected = "expected such as `https://hr.example.org=GET` or `https://a.example=GET,POST`";
    let (origin, methods) = text.rsplit_once('=').ok_or(expected)?;
    let origin: engine_host::Origin = origin.parse().map_err(|_| expected)?;
    let known = |method: &str| HttpMethodWord::ALL.into_iter().find(|w| w.as_str() == method);
    let methods: Option<BTreeSet<_>> = methods.split(',').map(known).collect();
    Ok((origin.to_string(), methods.ok_or(expected)?))
}
