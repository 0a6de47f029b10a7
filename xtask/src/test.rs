//! `cargo xtask test`: every check that a change must pass.
//!
//! Each check prints a line when it begins and a line when it ends; what a check prints itself goes
//! to `target/xtask/`, and its end is shown where it fails. The last line adds everything up.

use std::{process::Command, time::Instant};

use anyhow::Result;

use crate::{
    build, gates, languages,
    process::{run as run_logged, say, seconds},
    servers::{self, Servers},
    tally::Tally,
    tidy, toolchain,
    workspace::Workspace,
};

/// Runs everything; `quick` leaves out what needs database servers. True if all is well.
///
/// # Errors
/// Something could not be run; what ran and failed is `false`.
pub(crate) fn run(workspace: &Workspace, quick: bool) -> Result<bool> {
    let started = Instant::now();
    toolchain::ensure(workspace)?;
    let mut suite = Suite::new(workspace);
    suite.style()?;
    // The server's tests run the real plugins, so these come before everything that is compiled.
    if suite.plugins()? {
        suite.engine(quick)?;
    }
    Ok(suite.close(started))
}

/// The house style and the dependency graph alone. True if all is well.
///
/// # Errors
/// As [`run`].
pub(crate) fn tidy_only(workspace: &Workspace) -> Result<bool> {
    let started = Instant::now();
    let mut suite = Suite::new(workspace);
    suite.tidy()?;
    Ok(suite.close(started))
}

struct Suite<'a> {
    workspace: &'a Workspace,
    tally: Tally,
}

impl<'a> Suite<'a> {
    fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, tally: Tally::default() }
    }

    fn style(&mut self) -> Result<()> {
        self.command("format", cargo(self.workspace, &["fmt", "--all", "--check"]))?;
        let mut format = cargo(self.workspace, &["fmt", "--check", "--manifest-path"]);
        format.arg(self.workspace.plugins_manifest());
        // Not `--all`, which goes on to the kit and from there to the engine.
        for package in build::plugin_packages(self.workspace)? {
            format.args(["--package", &package]);
        }
        self.command("format of the plugins", format)?;
        self.tidy()
    }

    fn tidy(&mut self) -> Result<()> {
        self.check("tidy", tidy::check)?;
        self.check("dependency graph", gates::check)
    }

    /// Builds, lints and tests the plugins; false if there are no components to go on with.
    fn plugins(&mut self) -> Result<bool> {
        say("plugins as components");
        let built = build::plugins(self.workspace);
        self.tally += Tally::one(built.is_ok());
        if let Err(error) = &built {
            say(&format!("    FAILED: {error:#}"));
            return Ok(false);
        }
        let lint = ["clippy", "--all-targets", "--workspace"];
        self.command("clippy of the plugins", self.of_plugins(&lint, &["--", "-D", "warnings"]))?;
        self.tests("tests of the plugins", self.of_plugins(&["test", "--workspace"], &[]))?;
        Ok(true)
    }

    fn engine(&mut self, quick: bool) -> Result<()> {
        let servers = if quick { None } else { self.databases() };
        // Without servers there is nothing that these tests could say.
        let features: &[&str] = if servers.is_some() { &["--features", "databases"] } else { &[] };
        let mut clippy = cargo(self.workspace, &["clippy", "--workspace", "--all-targets"]);
        clippy.args(features).args(["--", "-D", "warnings"]);
        self.command("clippy", clippy)?;
        if !self.languages(features)? {
            return Ok(());
        }
        // Tests of the documentation are among these.
        let mut tests = cargo(self.workspace, &["test", "--workspace", "--no-fail-fast"]);
        tests.args(features);
        // What commands compile is kept there, and not among what the person at this machine has.
        tests.env("XDG_CACHE_HOME", self.workspace.target.join("caches"));
        if let Some(servers) = &servers {
            tests.envs(servers.environment());
        }
        self.tests("tests", tests)?;
        let mut docs = cargo(self.workspace, &["doc", "--workspace", "--no-deps"]);
        // Where examples are wanted, though there are none, packages have the features of tests: what clippy
        // has checked is not checked again.
        docs.args(["--lib", "--bins", "--examples"]).args(features);
        // The readers of this documentation have the source: a link to a private item leads somewhere.
        let flags = "-D warnings -A rustdoc::private-intra-doc-links";
        docs.arg("--document-private-items").env("RUSTDOCFLAGS", flags);
        self.command("links of the documentation", docs)
    }

    /// Builds the program, and has it install what builds plugins in JavaScript and Python; false where the
    /// tests could not run. It is built with the tests: by itself it would have other features of many
    /// packages, and those would be compiled twice.
    fn languages(&mut self, features: &[&str]) -> Result<bool> {
        let mut build = cargo(self.workspace, &["test", "--workspace", "--no-run"]);
        build.args(features);
        let failed = self.tally.failed;
        self.command("the program and the tests", build)?;
        if self.tally.failed > failed {
            return Ok(false);
        }
        let program = self.workspace.target.join("debug/countersign");
        let installed = languages::install(self.workspace, &program);
        self.tally += Tally::one(installed.is_ok());
        if let Err(error) = &installed {
            say(&format!("    FAILED: {error:#}"));
        }
        Ok(installed.is_ok())
    }

    /// Starts the database servers; a failure to is a failed check.
    fn databases(&mut self) -> Option<Servers> {
        let started = Instant::now();
        say("PostgreSQL and MariaDB");
        let servers = servers::ensure_installed().and_then(|()| Servers::start());
        self.tally += Tally::one(servers.is_ok());
        if let Err(error) = &servers {
            say(&format!("    {error:#}"));
        }
        verdict(servers.is_ok(), started);
        servers.ok()
    }

    fn of_plugins(&self, arguments: &[&str], rest: &[&str]) -> Command {
        let mut cargo = cargo(self.workspace, arguments);
        cargo.arg("--manifest-path").arg(self.workspace.plugins_manifest());
        cargo.arg("--target-dir").arg(self.workspace.plugins_target()).args(rest);
        cargo
    }

    /// A check of our own.
    fn check(&mut self, name: &str, check: fn(&Workspace) -> Result<Vec<String>>) -> Result<()> {
        let started = Instant::now();
        say(name);
        let problems = check(self.workspace)?;
        self.tally += Tally::one(problems.is_empty());
        for problem in &problems {
            say(&format!("    {problem}"));
        }
        verdict(problems.is_empty(), started);
        Ok(())
    }

    /// A program that is one check.
    fn command(&mut self, name: &str, command: Command) -> Result<()> {
        self.program(name, command, |_, success| Tally::one(success))
    }

    /// A program that runs tests.
    fn tests(&mut self, name: &str, command: Command) -> Result<()> {
        self.program(name, command, Tally::of)
    }

    fn program(
        &mut self,
        name: &str,
        command: Command,
        count: fn(&str, bool) -> Tally,
    ) -> Result<()> {
        let started = Instant::now();
        say(name);
        let outcome = run_logged(self.workspace, name, command)?;
        let tally = count(&outcome.output, outcome.success);
        self.tally += tally;
        if tally.failed > 0 {
            say(&outcome.ending());
            say(&format!("    all of it: {}", outcome.log.display()));
        }
        verdict(tally.failed == 0, started);
        Ok(())
    }

    fn close(self, started: Instant) -> bool {
        let Tally { passed, failed } = self.tally;
        say(&format!("all of it took {}", seconds(started.elapsed())));
        say(&format!("{passed} passed, {failed} failed"));
        failed == 0
    }
}

fn verdict(passed: bool, started: Instant) {
    let word = if passed { "ok" } else { "FAILED" };
    say(&format!("    {word} ({})", seconds(started.elapsed())));
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(arguments);
    cargo
}
