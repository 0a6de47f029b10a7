//! Sees to it that the servers are installed.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::{find, find_postgres, finish, is_root};

/// With it, no service is started by an installation.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// The one command for people who are not root.
const INSTALL: &str = "apt-get install -y --no-install-recommends postgresql mariadb-server";

/// Finds the servers. Where they are missing, root installs Debian's packages.
///
/// # Errors
/// They are missing and this is not root: the command to run. Or the installation fails.
pub(crate) fn ensure_installed() -> Result<()> {
    if are_installed() {
        return Ok(());
    }
    ensure!(is_root()?, "PostgreSQL or MariaDB is missing; run this as root: {INSTALL}");
    eprintln!("PostgreSQL or MariaDB is missing: {INSTALL}");
    let _policy = Policy::forbid_services()?;
    for arguments in ["update -qq", INSTALL.trim_start_matches("apt-get ")] {
        let mut apt = Command::new("apt-get");
        apt.args(arguments.split(' ')).env("DEBIAN_FRONTEND", "noninteractive");
        finish(apt).with_context(|| format!("`apt-get {arguments}` failed"))?;
    }
    ensure!(are_installed(), "the servers are still missing after: {INSTALL}");
    Ok(())
}

fn are_installed() -> bool {
    let programs = ["mariadbd", "mariadb", "mariadb-install-db", "setpriv"];
    find_postgres().is_some() && programs.iter().all(|program| find(program).is_ok())
}

/// Forbids an installation to start services, as long as it lives.
struct Policy {
    ours: bool,
}

impl Policy {
    fn forbid_services() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n")
            .with_context(|| format!("cannot write `{POLICY}`"))?;
        let policy = Self { ours: true };
        let mut executable = Command::new("chmod");
        executable.args(["755", POLICY]);
        finish(executable)?;
        Ok(policy)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}
