//! `countersign plugin keygen|sign|verify`: signatures in the format of minisign.

use std::{
    env::{self, VarError},
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::Args;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use serde_json::json;

use super::{
    super::output::{Form, say, warn},
    given::{beside, read_component, read_signed},
};
use engine_runtime::Signer;

use crate::{
    config::Config,
    trust::{self, KeyConfig, TrustedKey},
};

/// Where the password of a key comes from, beside the terminal.
const PASSWORD: &str = "COUNTERSIGN_KEY_PASSWORD";

const KEYGEN: &str = "\
Makes NAME.key, which only you keep, and NAME.pub, whose second line goes into the configuration of
the engine:

  [plugins.keys.ops]
  key = \"RW…\"
  tier = \"operator\"

Examples:
  countersign plugin keygen --out ops
  countersign plugin keygen --out ops --no-password";

const SIGN: &str = "\
Writes FILE.minisig beside the component; `countersign plugin install` takes it along. The key is one
of `countersign plugin keygen` or of minisign.

Example:
  countersign plugin sign risk-score.wasm --key ops.key";

const VERIFY: &str = "\
Examples:
  countersign plugin verify risk-score.wasm --key ops.pub
  countersign plugin verify risk-score.wasm --config countersign.toml";

/// Make a pair of keys to sign plugins with.
#[derive(Debug, Args)]
#[command(after_help = KEYGEN)]
pub(crate) struct Keygen {
    /// The files, without what they end in
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
    /// Leave the key without a password: for machines that sign by themselves
    #[arg(long)]
    no_password: bool,
    #[command(flatten)]
    form: Form,
}

/// Sign a plugin, in the format of minisign.
#[derive(Debug, Args)]
#[command(after_help = SIGN)]
pub(crate) struct Sign {
    /// The component
    file: PathBuf,
    /// The secret key; its password is asked for, or taken from COUNTERSIGN_KEY_PASSWORD
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What to say of the component; its name and version where absent
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    form: Form,
}

/// Say whether a plugin is what somebody signed.
#[derive(Debug, Args)]
#[command(after_help = VERIFY)]
pub(crate) struct Verify {
    /// The component, with its signature beside it or at its end
    file: PathBuf,
    /// A public key, or its file
    #[arg(long, value_name = "KEY", required_unless_present = "config")]
    key: Option<String>,
    /// The configuration whose keys are trusted
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    config: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

impl Keygen {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let (secret, public) = (self.out.with_extension("key"), self.out.with_extension("pub"));
        for file in [&secret, &public] {
            if file.exists() {
                bail!("`{}` is there already, and is not overwritten", file.display());
            }
        }
        let pair = if self.no_password {
            KeyPair::generate_unencrypted_keypair()
        } else {
            KeyPair::generate_encrypted_keypair(Some(new_password()?))
        };
        let pair = pair.context("cannot make a pair of keys")?;
        write_new(&secret, &pair.sk.to_box(None)?.to_string(), 0o600)?;
        write_new(&public, &pair.pk.to_box()?.to_string(), 0o644)?;
        let key = pair.pk.to_base64();
        self.form.tell(&json!({ "secret": secret, "public": public, "key": key }), || {
            say(&format!("{}: keep it to yourself", secret.display()));
            say(&format!("{}: goes to those who trust you", public.display()));
            say(&key);
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A file that only its owner can read where `mode` says so, even while it is written.
fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let file = options.open(path);
    let written = file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

impl Sign {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let file = read_component(&self.file)?;
        let (component, _) = engine_host::split_signature(&file);
        let comment = match self.comment {
            Some(comment) if comment.contains(char::is_control) => {
                bail!("`--comment` has one line")
            }
            Some(comment) => comment,
            None => described(component)?,
        };
        let key = secret_key(&self.key)?;
        let public = PublicKey::from_secret_key(&key).context("the key makes no sense")?;
        let signed = minisign::sign(Some(&public), &key, component, Some(&comment), None);
        let signature = signed.context("cannot sign")?.to_string();
        let beside = beside(&self.file);
        fs::write(&beside, signature)
            .with_context(|| format!("cannot write `{}`", beside.display()))?;
        self.form.tell(&json!({ "signature": beside, "comment": comment }), || {
            say(&format!("{}: {comment}", beside.display()));
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Its name and version.
fn described(component: &[u8]) -> anyhow::Result<String> {
    let manifest = engine_host::read_manifest(component)?;
    Ok(format!("{} {}", manifest.name, manifest.version))
}

fn secret_key(path: &Path) -> anyhow::Result<SecretKey> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read `{}`", path.display()))?;
    let wrong = || format!("cannot use the secret key `{}`", path.display());
    let boxed = SecretKeyBox::from_string(&text).with_context(wrong)?;
    if !has_password(&text) {
        return SecretKey::from_unencrypted_box(boxed).with_context(wrong);
    }
    SecretKey::from_box(boxed, Some(password("Password: ")?)).with_context(wrong)
}

/// Whether a key says that its second half is encrypted.
fn has_password(text: &str) -> bool {
    let line = text.lines().nth(1).unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(line.trim()).unwrap_or_default();
    bytes.get(2..4) == Some(b"Sc")
}

/// A password from the environment, or else from the terminal.
fn password(ask: &str) -> anyhow::Result<String> {
    match env::var(PASSWORD) {
        Ok(password) => Ok(password),
        Err(VarError::NotUnicode(_)) => bail!("{PASSWORD} is not text"),
        Err(VarError::NotPresent) => rpassword::prompt_password(ask).with_context(|| {
            format!(
                "a password is needed, and there is no terminal to ask at: {PASSWORD} can say it"
            )
        }),
    }
}

/// The same for a new key: what is typed is typed twice.
fn new_password() -> anyhow::Result<String> {
    let new = password("Password: ")?;
    ensure!(!new.is_empty(), "the password is empty; --no-password says that there is to be none");
    ensure!(password("The same again: ")? == new, "this is another password");
    Ok(new)
}

impl Verify {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let carried = read_signed(&self.file)?;
        let (component, signature) = engine_host::split_signature(&carried);
        let Some(signature) = signature else {
            let beside = beside(&self.file);
            bail!("the component is not signed: there is no `{}`", beside.display());
        };
        match self.judge(component, signature)? {
            Ok(signer) => {
                self.form.tell(&signer, || say(&signed_by(signer.as_ref())))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => {
                warn(&format!("error: {why}"));
                Ok(ExitCode::FAILURE)
            }
        }
    }

    /// What is said of a component that is trusted, or why it is not.
    fn judge(
        &self,
        component: &[u8],
        signature: &str,
    ) -> anyhow::Result<Result<Option<Signer>, trust::Distrust>> {
        let config = match (&self.config, &self.key) {
            (Some(config), _) => Config::read(config)?.plugins,
            (None, Some(key)) => {
                let text = fs::read_to_string(key).unwrap_or_else(|_| key.clone());
                let key: TrustedKey = text.parse().map_err(anyhow::Error::msg)?;
                let tier = trust::KeyTier::Publisher;
                let keys = [(key.id(), KeyConfig { key, tier })].into();
                trust::PluginsConfig { signed_only: true, keys }
            }
            (None, None) => bail!("whose signature is expected? say it with `--key` or `--config`"),
        };
        Ok(config.signer(component, Some(signature)))
    }
}

fn signed_by(signer: Option<&Signer>) -> String {
    match signer {
        Some(Signer { name, key, comment, .. }) => {
            format!("signed by {name} (key {key}): {comment}")
        }
        None => "not signed, and need not be".to_owned(),
    }
}
