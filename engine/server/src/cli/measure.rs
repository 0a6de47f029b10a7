//! How long something takes, told from many runs.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// Before anything is measured.
const WARM_UP: u32 = 50;
/// Fewer say nothing about the slowest of them.
const FEWEST: usize = 100;
const BETWEEN_LINES: Duration = Duration::from_millis(200);

/// Of many runs.
#[derive(Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) runs: usize,
    pub(super) median: Duration,
    pub(super) p95: Duration,
    pub(super) per_second: f64,
}

/// Does something again and again for so long, and says what it took.
pub(super) fn repeated(length: Duration, work: impl Fn()) -> Measured {
    measured(&mut times(length, work))
}

/// How long each run took.
fn times(length: Duration, work: impl Fn()) -> Vec<Duration> {
    let mut err = io::stderr();
    let is_watched = err.is_terminal();
    for _ in 0..WARM_UP {
        work();
    }
    let (start, mut told, mut times) = (Instant::now(), Instant::now(), Vec::new());
    while times.len() < FEWEST || start.elapsed() < length {
        let begin = Instant::now();
        work();
        times.push(begin.elapsed());
        if is_watched && told.elapsed() > BETWEEN_LINES {
            told = Instant::now();
            // For somebody who watches: where it cannot be written, nothing is lost.
            let _ = write!(err, "\r{} runs", times.len()).and_then(|()| err.flush());
        }
    }
    if is_watched {
        let _ = write!(err, "\r\x1b[2K").and_then(|()| err.flush());
    }
    times
}

fn measured(times: &mut [Duration]) -> Measured {
    times.sort();
    let at = |share: usize| {
        let place = (times.len().saturating_mul(share) / 100).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or_default()
    };
    let all: Duration = times.iter().sum();
    let per_second = times.len() as f64 / all.as_secs_f64().max(f64::MIN_POSITIVE);
    Measured { runs: times.len(), median: at(50), p95: at(95), per_second }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_twenty_is_above_p95() {
        let mut times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let found = measured(&mut times);
        assert_eq!((found.runs, found.median), (100, Duration::from_millis(51)));
        assert_eq!(found.p95, Duration::from_millis(96));
        assert!((found.per_second - 100.0 / 5.05).abs() < 0.001, "{}", found.per_second);
    }
}
