//! `countersign test`.

use std::{
    io::{self, IsTerminal as _, Write},
    path::PathBuf,
    process::ExitCode,
};

use super::{CaseReport, NO_POSTGRES, Options, StoreKind, run_telling};

const EXAMPLES: &str = "\
Examples:
  countersign test rules/
  countersign test rules/capex.scenario.yaml --filter STP-5
  countersign test rules/ --store redb --json
  countersign test rules/capex.scenario.yaml --update
  countersign test rules/ --server http://127.0.0.1:7300

Exit status:
  0  every case is as it says
  1  a case is not, or a file could not be read
  2  nothing was played: no case has such a name, or there is no such store";

/// Runs scenario files against an engine of their own and says which expectations do not hold.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// Scenario files, or folders with files that end in `.scenario.yaml`.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only cases whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Prints one JSON document instead of lines.
    #[arg(long)]
    json: bool,
    /// Where the data of each case is kept.
    #[arg(long, value_enum, default_value_t)]
    store: StoreKind,
    /// Writes what was found over expectations that do not hold; all else in the files stays.
    #[arg(long)]
    update: bool,
    /// Plays the cases on this server, started with `countersign serve --test-control`.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

/// Runs the command: success if every case is as it says.
///
/// # Errors
/// The output cannot be written.
pub async fn test(args: TestArgs) -> io::Result<ExitCode> {
    if args.store == StoreKind::Postgres {
        return nothing(NO_POSTGRES);
    }
    let TestArgs { paths, filter, json, store, update, server } = args;
    let options = Options { filter, store, server, update };
    let (mut out, err) = (io::stdout(), io::stderr());
    let mut progress = Progress { is_terminal: err.is_terminal(), out: err, played: 0, failed: 0 };
    let mut written = Ok(());
    let report = run_telling(&paths, &options, &mut |case| {
        if written.is_ok() {
            written = tell(case, json, &mut out, &mut progress);
        }
    })
    .await;
    written?;
    progress.clear()?;
    if let (Some(filter), true) = (&options.filter, report.cases.is_empty()) {
        return nothing(&format!("no case has a name that contains `{filter}`"));
    }
    match json {
        true => writeln!(out, "{}", report.to_json())?,
        false => write!(out, "{}", report.closing())?,
    }
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn nothing(message: &str) -> io::Result<ExitCode> {
    writeln!(io::stderr(), "error: {message}")?;
    Ok(ExitCode::from(2))
}

/// One line per case, as soon as it and those before it have been played.
fn tell(
    case: &CaseReport,
    json: bool,
    out: &mut impl Write,
    progress: &mut Progress<impl Write>,
) -> io::Result<()> {
    progress.clear()?;
    if !json {
        writeln!(out, "{case}")?;
        out.flush()?;
    }
    progress.show(case)
}

/// A line that says how far it is, for somebody who watches.
struct Progress<W> {
    is_terminal: bool,
    out: W,
    played: usize,
    failed: usize,
}

impl<W: Write> Progress<W> {
    fn show(&mut self, case: &CaseReport) -> io::Result<()> {
        self.played += 1;
        self.failed += usize::from(!case.failures.is_empty());
        if !self.is_terminal {
            return Ok(());
        }
        let Self { played, failed, .. } = self;
        write!(self.out, "{played} played, {failed} failed, in {}", case.file)?;
        self.out.flush()
    }

    fn clear(&mut self) -> io::Result<()> {
        if !self.is_terminal || self.played == 0 {
            return Ok(());
        }
        write!(self.out, "\r\x1b[2K")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, failures: Vec<super::super::Failure>) -> CaseReport {
        let (file, name) = ("a.scenario.yaml".to_owned(), name.to_owned());
        CaseReport { file, line: 1, name, failures }
    }

    fn shown(is_terminal: bool, json: bool) -> (String, String) {
        let mut out = Vec::new();
        let mut progress = Progress { is_terminal, out: Vec::new(), played: 0, failed: 0 };
        let broken = super::super::Failure::broken(3, "", "gone".to_owned(), Vec::new());
        for case in [case("one", Vec::new()), case("two", vec![broken])] {
            tell(&case, json, &mut out, &mut progress).unwrap();
        }
        progress.clear().unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(progress.out).unwrap())
    }

    #[test]
    fn a_terminal_sees_how_far_it_is_and_a_file_does_not() {
        let (lines, progress) = shown(true, false);
        assert_eq!(lines, "ok    one\nFAIL  two\n      a.scenario.yaml:3\n        gone\n");
        let clear = "\r\x1b[2K";
        assert_eq!(
            progress,
            format!(
                "1 played, 0 failed, in a.scenario.yaml{clear}2 played, 1 failed, in a.scenario.yaml{clear}"
            )
        );
        assert_eq!(shown(false, false), (lines, String::new()));
        assert_eq!(shown(true, true).0, "", "JSON comes at the end, alone");
    }
}
