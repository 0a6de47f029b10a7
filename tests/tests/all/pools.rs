//! The bounds of resident memory that `docs/performance.md` publishes are those of the settings.

use engine_host::{HostLimits, Pool, Weight};

use super::documents::root;

const MIB: u64 = 1 << 20;

/// A number with commas between thousands.
fn grouped(number: u32) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

fn row(name: &str, pool: &Pool) -> String {
    let (places, memories, tables) = (pool.places, pool.memories, grouped(pool.tables));
    let (each, all) = (pool.memory_kept as u64 / MIB, pool.most_kept() / MIB);
    format!("| {name} | {places} | {memories} | {each} MiB | {tables} | {all} MiB |")
}

#[test]
fn the_bounds_of_memory_are_published() {
    let document = std::fs::read_to_string(root().join("docs/performance.md")).unwrap();
    let limits = HostLimits::default();
    for (name, weight) in [("compiled languages", Weight::Light), ("interpreters", Weight::Heavy)] {
        let row = row(name, &Pool::of(weight, &limits));
        assert!(document.lines().any(|line| line == row), "docs/performance.md lacks\n{row}");
    }
    let least = limits.condition.interpreted().memory as u64 / MIB;
    assert!(document.contains(&format!("an interpreter at least {least} MiB")));
}
