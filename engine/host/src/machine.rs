//! The machine that runs components: one wasmtime engine, one pool, one ticking clock.
//!
//! Every setting that changes what a component computes is pinned here, so that the same call costs
//! the same fuel and gives the same answer everywhere.

use std::{fs, thread, time::Duration};

use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, WasmBacktraceDetails};

/// How often the clock of deadlines ticks.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// The most bytes of one linear memory; no limit of a call can be above it.
pub(crate) const MAX_MEMORY: usize = 64 * 1024 * 1024;
/// The most core instances of one component; interpreters compiled to components need many.
pub(crate) const MAX_CORE_INSTANCES: u32 = 200;
/// The most tables of one component.
pub(crate) const MAX_TABLES: u32 = 200;
/// The most linear memories of one component.
pub(crate) const MAX_MEMORIES: u32 = 16;
/// The most elements of one table.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Places in the pool that the semaphores of calls leave free, for trial instantiations.
const SPARE_PLACES: u32 = 32;
/// Resetting this many bytes of a memory by hand is cheaper than giving them back to the kernel.
const KEEP_RESIDENT: usize = 2 * 1024 * 1024;
const MAX_STACK: usize = 512 * 1024;

/// Starts an engine whose pool has room for so many `calls` at once, and its clock.
///
/// # Errors
/// Where the machine cannot reserve the address space, or cannot start a thread.
pub(crate) fn start(calls: u32) -> wasmtime::Result<Engine> {
    let engine = Engine::new(&config(calls, pagemap_scan()))?;
    let clock = engine.weak();
    thread::Builder::new().name("plugin-clock".into()).spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(engine)
}

fn config(calls: u32, pagemap_scan: Enabled) -> Config {
    let mut config = Config::new();
    config
        .allocation_strategy(pool(calls, pagemap_scan))
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(MAX_STACK)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn pool(calls: u32, pagemap_scan: Enabled) -> PoolingAllocationConfig {
    let places = calls.saturating_add(SPARE_PLACES);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(places)
        .total_core_instances(places.saturating_mul(32))
        .total_memories(places.saturating_mul(2))
        .total_tables(places.saturating_mul(8))
        .total_stacks(places)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_tables_per_component(MAX_TABLES)
        .max_memories_per_component(MAX_MEMORIES)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 * 1024)
        .pagemap_scan(pagemap_scan);
    pool
}

/// Whether the pool may ask the kernel which pages an instance has touched.
///
/// A page that was swapped out is reported as untouched: it would be neither reset nor given back,
/// and the next instance in its place could read it. So only where nothing can be swapped.
fn pagemap_scan() -> Enabled {
    let no_swap = fs::read_to_string("/proc/swaps").is_ok_and(|table| lists_no_swap(&table))
        || fs::read_to_string("/sys/fs/cgroup/memory.swap.max").is_ok_and(|max| max.trim() == "0");
    if no_swap { Enabled::Auto } else { Enabled::No }
}

/// `/proc/swaps` is a heading and one line for each area.
fn lists_no_swap(table: &str) -> bool {
    table.lines().filter(|line| !line.trim().is_empty()).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_is_recognized() {
        let heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert!(lists_no_swap(heading));
        assert!(!lists_no_swap(&format!("{heading}/swapfile file 2097148 0 -2\n")));
        assert!(!lists_no_swap(""));
    }
}
