//! `kill -9` at random moments, under load.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::Mutex;

use super::{
    census::{Census, Numbers},
    engine::Engine,
    load::{Load, Told},
    place::Place,
    target::Target,
};

/// How often the engine is killed where `COUNTERSIGN_TORTURE_ROUNDS` does not say.
const ROUNDS: u32 = 50;
/// From an engine's first line, or its first acknowledged decision, to its death, in milliseconds.
const LIFE: std::ops::RangeInclusive<u64> = 20..=400;
const CLIENTS: u64 = 6;
/// How long an engine may take until something is done.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// One at a time: they are about time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// EXE-3: what was acknowledged is there, and every effect happened exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_repeated() {
    let _alone = ALONE.lock().await;
    let mut torture = Torture::begin().await;
    for _ in 0..rounds() {
        torture.kill().await;
        torture.start().await;
    }
    let (told, census, torture) = torture.end().await;
    let wrongs = census.wrongs(&told);
    let numbers = census.numbers(&told, &torture.deaths);
    torture.report(&numbers);
    assert_eq!(wrongs, [""; 0], "{}", torture.log());
    assert!(numbers.decisions > 0 && numbers.effects > 0, "there was no load");
    assert!(numbers.found_done + numbers.run_again > 0, "no kill hit an execution");
}

/// The control: without markers the same test finds effects that happened twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_markers_effects_are_repeated() {
    let _alone = ALONE.lock().await;
    let mut torture = Torture::begin().await;
    let mut kills = 0;
    while torture.repeated().await == 0 {
        assert!(kills < rounds(), "{kills} kills, and no effect happened twice");
        // What runs again must come to its end before the next kill.
        torture.effect().await;
        torture.kill().await;
        for target in &torture.targets {
            target.forget_markers().await;
        }
        torture.start().await;
        kills += 1;
    }
    let (told, census, torture) = torture.end().await;
    let wrongs = census.wrongs(&told);
    println!("without markers: after {kills} kills, {} wrongs", wrongs.len());
    torture.report(&census.numbers(&told, &torture.deaths));
    assert!(!wrongs.is_empty(), "the census does not see what the servers say");
    assert!(wrongs.iter().all(|wrong| wrong.starts_with("effects: ")), "{wrongs:#?}");
}

/// An engine under load.
struct Torture {
    seed: u64,
    place: Place,
    targets: Vec<Target>,
    chance: StdRng,
    load: Option<Load>,
    engine: Option<Engine>,
    /// When each process was certainly dead.
    deaths: Vec<DateTime<Utc>>,
    /// How long each start after a kill took.
    starts: Vec<Duration>,
}

impl Torture {
    async fn begin() -> Self {
        let seed = variable("COUNTERSIGN_TORTURE_SEED").unwrap_or_else(rand::random);
        println!("seed {seed}: COUNTERSIGN_TORTURE_SEED={seed} takes the same chances");
        let targets = Target::all().await;
        let place = Place::far(&targets, seed).await;
        let engine = place.start().await;
        let load = Load::start(CLIENTS, seed, place.people(&engine));
        Self {
            seed,
            place,
            targets,
            chance: StdRng::seed_from_u64(seed),
            load: Some(load),
            engine: Some(engine),
            deaths: Vec::new(),
            starts: Vec::new(),
        }
    }

    async fn kill(&mut self) {
        // Every other engine gets something done first: else none would, where machines are slow.
        if self.deaths.len() % 2 == 1 {
            self.load.as_ref().unwrap().decision().await;
        }
        let life = Duration::from_millis(self.chance.random_range(LIFE));
        tokio::time::sleep(life).await;
        self.engine.take().unwrap().kill().await;
        self.deaths.push(SystemTime::now().into());
    }

    /// The same folder again: whatever the dead process left behind must not be in the way.
    async fn start(&mut self) {
        let engine = self.place.start().await;
        self.starts.push(engine.ready_after);
        self.load.as_ref().unwrap().renew(self.place.people(&engine));
        self.engine = Some(engine);
    }

    /// Waits for the next effect on any server.
    async fn effect(&self) {
        let before = self.effects().await;
        let until = Instant::now() + PATIENCE;
        while self.effects().await == before {
            assert!(Instant::now() < until, "nothing is done any more:\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// How many effects happened so far.
    async fn effects(&self) -> u64 {
        let mut effects = 0;
        for target in &self.targets {
            effects += target.effects().await.values().sum::<u64>();
        }
        effects
    }

    /// How many effects happened more than once so far.
    async fn repeated(&self) -> usize {
        let mut repeated = 0;
        for target in &self.targets {
            repeated += target.effects().await.values().filter(|count| **count > 1).count();
        }
        repeated
    }

    /// Lets the load and the executions end, without kills, and looks at everything.
    async fn end(mut self) -> (Vec<Told>, Census, Self) {
        let told = self.load.take().unwrap().finish().await;
        let engine = self.engine.take().unwrap();
        let census = Census::take(&self.place.people(&engine).owner, &self.targets).await;
        engine.stop().await;
        (told, census, self)
    }

    fn report(&self, numbers: &Numbers) {
        let mut starts = self.starts.clone();
        starts.sort();
        let (median, longest) = (starts.get(starts.len() / 2), starts.last());
        println!(
            "seed {}, {} kills; start after a kill: median {median:?}, longest {longest:?}; {} \
             submissions, {numbers:?}",
            self.seed,
            self.deaths.len(),
            numbers.submissions,
        );
    }

    fn log(&self) -> String {
        super::engine::ending(&self.place.log())
    }
}

fn rounds() -> u32 {
    variable("COUNTERSIGN_TORTURE_ROUNDS").unwrap_or(ROUNDS)
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`{name}` is no number: `{text}`")))
}
