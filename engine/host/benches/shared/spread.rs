//! How far the times of single calls lie apart, which a mean over many does not show.

use std::time::{Duration, Instant};

pub(crate) fn percentiles(name: &str, calls: usize, work: impl Fn()) {
    let mut times: Vec<Duration> = (0..calls)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times[calls * share / 1_000].as_secs_f64() * 1e6;
    println!("{name}: p50 {:.1} µs, p95 {:.1} µs, p99 {:.1} µs", at(500), at(950), at(990));
}
