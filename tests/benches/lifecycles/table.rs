//! The numbers of all runs.

use std::fmt;

use super::client::Samples;

/// The numbers of one run. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    per_second: f64,
    submit: (f64, f64),
    decide: (f64, f64),
    syncs: f64,
}

impl Run {
    /// With how often a transaction syncs.
    pub(crate) fn new(samples: Samples, syncs: u64) -> Self {
        let Samples { submit, decide, counted, seconds, transactions, .. } = samples;
        let both = |sorted: &[f64]| (percentile(sorted, 50), percentile(sorted, 99));
        Self {
            per_second: counted as f64 / seconds,
            submit: both(&submit),
            decide: both(&decide),
            syncs: (transactions * syncs) as f64 / counted.max(1) as f64,
        }
    }

    /// For watching while it goes on.
    pub(crate) fn line(&self, row: &str, clients: usize) -> String {
        format!("{row:14} {clients:3} clients: {:7.0} lifecycles/s", self.per_second)
    }
}

/// The smallest value that so many percent are not above, in milliseconds. `sorted` is in seconds.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map_or(f64::NAN, |seconds| seconds * 1_000.0)
}

/// All runs, by row and number of clients in the order in which they came first.
#[derive(Default)]
pub(crate) struct Table(Vec<(&'static str, usize, Vec<Run>)>);

impl Table {
    pub(crate) fn add(&mut self, row: &'static str, clients: usize, run: Run) {
        let found = self.0.iter_mut().find(|(name, count, _)| (*name, *count) == (row, clients));
        match found {
            Some((_, _, runs)) => runs.push(run),
            None => self.0.push((row, clients, vec![run])),
        }
    }

    /// How much of the floor's number of the same round a row reached: the median over the rounds.
    fn ratio(&self, clients: usize, runs: &[Run]) -> Option<f64> {
        let (_, _, floor) =
            self.0.iter().find(|(name, count, _)| (*name, *count) == ("floor", clients))?;
        let ratios = runs.iter().zip(floor).map(|(run, floor)| run.per_second / floor.per_second);
        Some(median(ratios))
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The lower one of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| row | clients | lifecycles/s | of the floor | submit p50 / p99 ms | decide p50 / p99 ms | fsyncs each |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for (row, clients, runs) in &self.0 {
            let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
            let all = sorted(runs.iter().map(|run| run.per_second));
            let (least, most) = (all.first().unwrap_or(&0.0), all.last().unwrap_or(&0.0));
            let ratio = match self.ratio(*clients, runs) {
                Some(ratio) if *row != "bare" => format!("{:.0} %", ratio * 100.0),
                _ => "–".to_owned(),
            };
            writeln!(
                f,
                "| {row} | {clients} | {:.0} ({least:.0}–{most:.0}) | {ratio} | {:.2} / {:.2} | {:.2} / {:.2} | {:.2} |",
                of(|run| run.per_second),
                of(|run| run.submit.0),
                of(|run| run.submit.1),
                of(|run| run.decide.0),
                of(|run| run.decide.1),
                of(|run| run.syncs),
            )?;
        }
        Ok(())
    }
}
