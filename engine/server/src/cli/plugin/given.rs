//! What commands about plugins are given: components, and what they are asked about.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use engine_host::{Call, Plugin, World};
use minisign::SignatureBox;

use crate::{
    first_party,
    http::MAX_COMPONENT,
    workshop::{Workshop, asked_as},
};

/// A component, and what it is asked about.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// The component
    file: PathBuf,
    /// What it is asked about
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,
}

impl Given {
    /// The plugin, the world that it is asked in, and what it is asked there.
    pub(super) async fn read(&self, workshop: &Workshop) -> anyhow::Result<(Plugin, World, Call)> {
        let plugin = load(workshop, &self.file)?;
        let (call, world) = workshop.asked(&self.input).await?;
        let world = asked_as(&plugin, world)?;
        Ok((plugin, world, call))
    }
}

/// A component of a file that the host takes.
pub(super) fn load(workshop: &Workshop, file: &Path) -> anyhow::Result<Plugin> {
    workshop.load(&read_component(file)?)
}

/// The bytes of a component, or of one that comes with the program; unless the engine would refuse them for
/// their number alone.
pub(super) fn read_component(file: &Path) -> anyhow::Result<Vec<u8>> {
    let included = file.to_str().filter(|_| !file.exists()).and_then(first_party::component);
    if let Some(component) = included {
        return Ok(component.to_vec());
    }
    let cannot = || format!("cannot read `{}`", file.display());
    let size = fs::metadata(file).with_context(cannot)?.len();
    if size > MAX_COMPONENT as u64 {
        let file = file.display();
        bail!("`{file}` has {size} bytes, the most that a component may have are {MAX_COMPONENT}");
    }
    fs::read(file).with_context(cannot)
}

/// The same with the signature that lies beside the file, if there is one.
pub(in super::super) fn read_signed(file: &Path) -> anyhow::Result<Vec<u8>> {
    let (component, beside) = (read_component(file)?, beside(file));
    match fs::read_to_string(&beside) {
        Ok(signature) => {
            SignatureBox::from_string(&signature)
                .ok()
                .with_context(|| format!("`{}` is no signature", beside.display()))?;
            Ok(engine_host::with_signature(&component, &signature))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(component),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", beside.display())),
    }
}

/// Where the signature of a file lies: `risk-score.wasm.minisig`.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}
