//! What changes inputs and keeps those that are worth it.

use std::{
    collections::BTreeSet,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// The longest input.
const LONGEST: usize = 4096;
/// The most changes of one input at once.
const CHANGES: u32 = 6;

/// Runs a target until its time is over. It answers in a few words what came of an input, the same for
/// inputs that are alike; it panics where something is wrong.
pub(crate) fn run(name: &str, words: &[&str], mut target: impl FnMut(&[u8]) -> String) {
    let number = |name| env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    let seconds = number("COUNTERSIGN_FUZZ_SECONDS").unwrap_or(30);
    let seed = number("COUNTERSIGN_FUZZ_SEED").unwrap_or_else(rand::random);
    println!("{name}: seed {seed}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut dice = StdRng::seed_from_u64(seed);
    let (mut known, mut seen) = (Vec::new(), BTreeSet::new());
    let corpus = sorted(&folder).into_iter().map(|path| fs::read(path).unwrap());
    let corpus: Vec<Vec<u8>> = corpus.collect();
    assert!(!corpus.is_empty(), "no corpus in `{}`", folder.display());
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut waiting = corpus.into_iter();
    let mut runs = 0_u64;
    loop {
        let (input, is_new) = match waiting.next() {
            Some(input) => (input, false),
            None if Instant::now() > end => break,
            None => (changed(&known, words, &mut dice), true),
        };
        let told = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let told = told.unwrap_or_else(|panic| {
            let path = kept(&folder, &input);
            println!("{name}: broken by `{}` (seed {seed})", path.display());
            resume_unwind(panic)
        });
        runs += 1;
        if seen.insert(told) || !is_new {
            if is_new && env::var_os("COUNTERSIGN_FUZZ_KEEP").is_some() {
                kept(&folder, &input);
            }
            known.push(input);
        }
    }
    println!("{name}: {runs} runs, {} answers, {} inputs", seen.len(), known.len());
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Writes an input into the corpus.
fn kept(folder: &Path, input: &[u8]) -> PathBuf {
    let path = folder.join(&engine_host::digest(input)[..16]);
    fs::write(&path, input).unwrap();
    path
}

/// One of the inputs, changed in a few places.
fn changed(known: &[Vec<u8>], words: &[&str], dice: &mut StdRng) -> Vec<u8> {
    let any = |dice: &mut StdRng| known[dice.random_range(0..known.len())].clone();
    let mut input = any(dice);
    for _ in 0..dice.random_range(1..=CHANGES) {
        let at = dice.random_range(0..=input.len());
        let to = dice.random_range(at..=input.len().min(at + 32));
        match dice.random_range(0..8) {
            0 if at < input.len() => input[at] ^= 1 << dice.random_range(0..8),
            1 if at < input.len() => input[at] = dice.random(),
            2 => drop(input.drain(at..to)),
            3 => {
                let again = input[at..to].to_vec();
                input.splice(at..at, again);
            }
            4 => {
                let some: Vec<u8> = (0..dice.random_range(1..16)).map(|_| dice.random()).collect();
                input.splice(at..at, some);
            }
            5 if !words.is_empty() => {
                let word = words[dice.random_range(0..words.len())];
                input.splice(at..to, word.bytes());
            }
            6 => {
                let other = any(dice);
                let from = dice.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.push(dice.random()),
        }
    }
    input.truncate(LONGEST);
    input
}

/// How a sentence begins and how it ends (backwards), without what stands between and without numbers.
pub(crate) fn outline(sentence: &str) -> String {
    let (quote, kept) = (['`', '"'], |c: &char| c.is_ascii_alphabetic() || *c == ' ');
    let begins = sentence.split(quote).next().unwrap_or_default();
    let ends = sentence.rsplit(quote).next().unwrap_or_default();
    begins.chars().take(34).chain(ends.chars().rev().take(24)).filter(kept).collect()
}
