//! Plays the scenarios with one mutant, and says what comes of it.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Which mutant is played, for the program that is built with all of them.
pub(super) const CHOSEN: &str = "COUNTERSIGN_MUTANT";
/// The scenarios, in the copy of the project.
pub(super) const SCENARIOS: &str = "tests/data/scenarios";
/// A case that takes longer than this, and than ten times the longest without a mutant, never ends.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a case may take without a mutant.
const LONGEST: Duration = Duration::from_secs(600);
/// The memory that the program may have, in KiB: a mutant can make a loop that never ends.
const MOST_MEMORY: usize = 4 << 20;

/// What comes of the scenarios with a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Played {
    /// Every case is as it says: nothing was noticed.
    Missed,
    /// A case is not as it says, each time.
    Noticed(String),
    /// A case is not as it says, and is when it is played again: that was not the mutant.
    Unsteady(String),
}

/// How a run of the program went.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Run {
    /// All cases passed, so many.
    Passed(usize),
    /// A case of a file is not as it says.
    Failed { file: String, case: String },
    /// After so many cases none came any more.
    Endless(usize),
    /// The program ended after so many cases, and not by itself.
    Broken(usize, String),
}

/// The program with all mutants, and the scenarios.
pub(super) struct Stage {
    program: PathBuf,
    root: PathBuf,
    /// By their paths, with their texts.
    files: Vec<(String, String)>,
    cases: usize,
    patience: Duration,
}

impl Stage {
    /// A stage on which every case passes without a mutant.
    ///
    /// # Errors
    /// One does not.
    pub(super) fn new(program: PathBuf, root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for entry in fs::read_dir(root.join(SCENARIOS)).context("there are no scenarios")? {
            let entry = entry?;
            let text = fs::read_to_string(entry.path()).context("cannot read a scenario")?;
            files.push((format!("{SCENARIOS}/{}", entry.file_name().to_string_lossy()), text));
        }
        files.sort();
        let root = root.to_owned();
        let mut stage = Self { program, root, files, cases: 0, patience: LONGEST };
        let (run, longest) = stage.run(None, &stage.in_order(&BTreeSet::new()), None)?;
        let Run::Passed(cases) = run else { return Err(not_clean(&run)) };
        ensure!(cases > 0, "no scenario was played");
        (stage.cases, stage.patience) = (cases, PATIENCE.max(longest * 10));
        Ok(stage)
    }

    /// How many cases there are.
    pub(super) fn cases(&self) -> usize {
        self.cases
    }

    /// Without a mutant, every case still passes.
    ///
    /// # Errors
    /// One does not: nothing that was played before counts.
    pub(super) fn ensure_clean(&self) -> Result<()> {
        match self.run(None, &self.in_order(&BTreeSet::new()), None)?.0 {
            Run::Passed(cases) if cases == self.cases => Ok(()),
            other => Err(not_clean(&other)),
        }
    }

    /// Plays everything with this mutant, first what is about the same rules; what is noticed has to be
    /// noticed twice.
    ///
    /// # Errors
    /// The program cannot be started.
    pub(super) fn play(&self, mutant: usize, rules: &BTreeSet<String>) -> Result<Played> {
        let files = self.in_order(rules);
        let first = self.run(Some(mutant), &files, None)?.0;
        let is_noticed = match &first {
            Run::Passed(_) => return Ok(Played::Missed),
            Run::Failed { file, case } => {
                let again = self.run(Some(mutant), std::slice::from_ref(file), Some(case))?.0;
                matches!(again, Run::Failed { .. } | Run::Endless(_))
            }
            Run::Endless(_) => true,
            Run::Broken(..) => {
                let again = self.run(Some(mutant), &files, None)?.0;
                matches!(again, Run::Broken(..) | Run::Endless(_))
            }
        };
        let what = first.describe();
        Ok(if is_noticed { Played::Noticed(what) } else { Played::Unsteady(what) })
    }

    /// The scenarios, first those with the most cases of these rules: they notice soonest.
    fn in_order(&self, rules: &BTreeSet<String>) -> Vec<String> {
        let cites = |text: &str| {
            let names = text.lines().filter(|line| line.trim_start().starts_with("- name:"));
            names.filter(|name| rules_of(name).iter().any(|rule| rules.contains(rule))).count()
        };
        let mut files: Vec<&(String, String)> = self.files.iter().collect();
        files.sort_by_cached_key(|(_, text)| Reverse(cites(text)));
        files.into_iter().map(|(file, _)| file.clone()).collect()
    }

    /// Plays files up to the first case that is not as it says; and how long the longest wait for a case
    /// was.
    fn run(
        &self,
        mutant: Option<usize>,
        files: &[String],
        filter: Option<&str>,
    ) -> Result<(Run, Duration)> {
        let log = self.root.join("target/played.log");
        let errors = File::create(&log).context("cannot write what the program says")?;
        let mut command = limited(&self.program);
        command.arg("test").args(files).args(["--store", "memory"]);
        command.args(filter.iter().flat_map(|filter| ["--filter", filter]));
        if let Some(number) = mutant {
            command.env(CHOSEN, number.to_string());
        }
        command.current_dir(&self.root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().context("cannot start the program")?;
        let lines = lines_of(&mut child)?;
        let heard = listen(&lines, self.patience);
        if !matches!(heard.end, End::Closed) {
            // One that has ended already cannot be killed.
            let _ = child.kill();
        }
        let status = child.wait()?;
        let said = fs::read_to_string(&log).unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let run = match heard.end {
            End::Failed { file, case } => Run::Failed { file, case },
            End::Silent => Run::Endless(heard.passed),
            End::Closed if status.success() && heard.closing => Run::Passed(heard.passed),
            End::Closed => Run::Broken(heard.passed, format!("{status}: {last}")),
        };
        Ok((run, heard.longest))
    }
}

impl Run {
    fn describe(&self) -> String {
        match self {
            Self::Passed(cases) => format!("only {cases} cases were played"),
            Self::Failed { file, case } => {
                let file = file.rsplit('/').next().unwrap_or(file);
                format!("{file}, `{case}`")
            }
            Self::Endless(cases) => format!("it does not end after {cases} cases"),
            Self::Broken(cases, why) => format!("it breaks off after {cases} cases, {why}"),
        }
    }
}

fn not_clean(run: &Run) -> anyhow::Error {
    anyhow::anyhow!("the scenarios fail without any mutant: {}", run.describe())
}

/// The rules that a text cites.
pub(super) fn rules_of(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_rule = |word: &&str| {
        word.split_once('-').is_some_and(|(family, number)| {
            family.len() == 3
                && family.bytes().all(|b| b.is_ascii_uppercase())
                && number.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    words.filter(is_rule).map(str::to_owned).collect()
}

/// The program within its memory, where the shell can see to that.
fn limited(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -d {MOST_MEMORY} 2>/dev/null; exec \"$0\" \"$@\""));
    command.arg(program);
    command
}

fn lines_of(child: &mut Child) -> Result<Receiver<String>> {
    let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let (send, receive) = mpsc::channel();
    // Ends with the program's output, or when nobody listens any more.
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
    Ok(receive)
}

/// What was heard of a run.
struct Heard {
    passed: usize,
    longest: Duration,
    /// Whether the line with the two counts came.
    closing: bool,
    end: End,
}

enum End {
    Failed { file: String, case: String },
    Silent,
    Closed,
}

/// Listens up to the first case that fails; the line after its name begins with its file.
fn listen(lines: &Receiver<String>, patience: Duration) -> Heard {
    let mut heard = Heard { passed: 0, longest: Duration::ZERO, closing: false, end: End::Closed };
    let mut failed: Option<String> = None;
    loop {
        let since = Instant::now();
        let line = match lines.recv_timeout(patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                heard.end = End::Silent;
                return heard;
            }
            Err(RecvTimeoutError::Disconnected) => return heard,
        };
        heard.longest = heard.longest.max(since.elapsed());
        if let Some(case) = failed {
            let file = line.trim().split(':').next().unwrap_or_default().to_owned();
            heard.end = End::Failed { file, case };
            return heard;
        }
        failed = line.strip_prefix("FAIL  ").map(str::to_owned);
        heard.passed += usize::from(line.starts_with("ok  "));
        heard.closing |= line.ends_with(" passed, 0 failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Heard {
        let (send, receive) = mpsc::channel();
        lines.iter().for_each(|line| send.send((*line).to_owned()).unwrap());
        drop(send);
        listen(&receive, Duration::from_secs(5))
    }

    #[test]
    fn a_run_is_heard_up_to_the_first_case_that_fails() {
        let heard =
            heard(&["ok    one", "FAIL  STP-1: two", "      a/b.scenario.yaml:7 approve", "x"]);
        assert_eq!(heard.passed, 1);
        let End::Failed { file, case } = heard.end else { panic!("nothing failed") };
        assert_eq!((file.as_str(), case.as_str()), ("a/b.scenario.yaml", "STP-1: two"));
    }

    #[test]
    fn a_program_that_breaks_off_has_not_passed() {
        assert!(!heard(&["ok    one"]).closing);
        assert!(heard(&["ok    one", "1 passed, 0 failed"]).closing);
    }

    #[test]
    fn what_is_about_the_same_rules_is_played_first() {
        let rules = rules_of("/// Asked again (STP-5, FIN-6a). Not `UTF-8 STP-x`, nor step-5.");
        assert_eq!(rules.iter().collect::<Vec<_>>(), ["FIN-6a", "STP-5", "UTF-8"]);
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = vec![
            file("a", "STP-5\n  - name: \"STP-51: x\"\n"),
            file("b", "  - name: \"DUE-1, STP-5: x\"\n"),
        ];
        let (program, root, patience) = (PathBuf::new(), PathBuf::new(), PATIENCE);
        let stage = Stage { program, root, files, cases: 2, patience };
        assert_eq!(stage.in_order(&rules), ["b", "a"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_played_is_no_play_that_passes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(SCENARIOS)).unwrap();
        fs::create_dir_all(folder.path().join("target")).unwrap();
        for program in ["true", "false", "/nowhere"] {
            let error = Stage::new(program.into(), folder.path()).err().unwrap().to_string();
            assert!(error.starts_with("the scenarios fail without any mutant"), "{error}");
        }
    }
}
