//! The machines that run components: a wasmtime engine with a pool for each kind of guest, and one
//! ticking clock.
//!
//! Components in compiled languages have a small memory and a few instances; interpreters that were made
//! components have large memories and many instances. Each kind has a pool of its own, so that neither
//! takes the other's places, and what a place may hold is bounded by the settings here.
//!
//! Every setting that changes what a component computes is pinned here, so that the same call costs
//! the same fuel and gives the same answer everywhere.

use std::{fs, thread, time::Duration};

use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::{component::Weight, limits::HostLimits};

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
/// Resetting this many bytes of a table by hand is cheaper than giving them back to the kernel.
const TABLE_KEPT: usize = 64 * 1024;

/// What a pool has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Components at once.
    pub places: u32,
    /// Core instances, over all places.
    pub instances: u32,
    /// Linear memories, over all places.
    pub memories: u32,
    /// Tables, over all places.
    pub tables: u32,
    /// Bytes of a memory that stay resident in its place when a call is over; what a call used beyond
    /// them goes back to the kernel.
    pub memory_kept: usize,
    /// Bytes of the stack of one call.
    pub stack: usize,
}

impl Pool {
    /// The pool for guests of this weight, where calls have such limits.
    #[must_use]
    pub fn of(weight: Weight, limits: &HostLimits) -> Self {
        // Beside those of calls there are places for trial instantiations.
        let (calls, trials, instances, tables) = match weight {
            Weight::Light => {
                (limits.concurrent_questions.saturating_add(limits.concurrent_effects), 32, 32, 8)
            }
            Weight::Heavy => (
                limits.interpreted_questions.saturating_add(limits.interpreted_effects),
                2,
                128,
                16,
            ),
        };
        let places = calls.saturating_add(trials);
        let (memory_kept, stack) = match weight {
            Weight::Light => (2 << 20, 512 << 10),
            Weight::Heavy => (16 << 20, 1 << 20),
        };
        Self {
            places,
            instances: places.saturating_mul(instances),
            memories: places.saturating_mul(2),
            tables: places.saturating_mul(tables),
            memory_kept,
            stack,
        }
    }

    /// The most bytes that the pool keeps resident while nothing runs: every place used, and every page that
    /// may be kept touched.
    #[must_use]
    pub fn most_kept(&self) -> u64 {
        let memories = u64::from(self.memories) * self.memory_kept as u64;
        memories + u64::from(self.tables) * TABLE_KEPT as u64
    }
}

/// Starts an engine for guests of each weight, and their clock.
///
/// # Errors
/// Where the machine cannot reserve the address space, or cannot start a thread.
pub(crate) fn start(limits: &HostLimits) -> wasmtime::Result<(Engine, Engine)> {
    let start = |weight| Engine::new(&settings(weight, limits));
    let engines = (start(Weight::Light)?, start(Weight::Heavy)?);
    let (light, heavy) = (engines.0.weak(), engines.1.weak());
    thread::Builder::new().name("plugin-clock".into()).spawn(move || {
        while let (Some(light), Some(heavy)) = (light.upgrade(), heavy.upgrade()) {
            light.increment_epoch();
            heavy.increment_epoch();
            drop((light, heavy));
            thread::sleep(TICK);
        }
    })?;
    Ok(engines)
}

/// The settings of the machine for guests of a weight.
pub(crate) fn settings(weight: Weight, limits: &HostLimits) -> Config {
    let pool = Pool::of(weight, limits);
    let mut config = Config::new();
    config
        .allocation_strategy(allocation(&pool, pagemap_scan()))
        // An interpreter takes seconds to compile: on one core, so that the others go on with requests.
        .parallel_compilation(limits.compile_on_all_cores || weight == Weight::Light)
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(pool.stack)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn allocation(sizes: &Pool, pagemap_scan: Enabled) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(sizes.places)
        .total_core_instances(sizes.instances)
        .total_memories(sizes.memories)
        .total_tables(sizes.tables)
        .total_stacks(sizes.places)
        .max_memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_core_instances_per_component(MAX_CORE_INSTANCES)
        .max_tables_per_component(MAX_TABLES)
        .max_memories_per_component(MAX_MEMORIES)
        .linear_memory_keep_resident(sizes.memory_kept)
        .table_keep_resident(TABLE_KEPT)
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
    fn interpreters_have_a_few_places_of_their_own() {
        let heavy = Pool::of(Weight::Heavy, &HostLimits::default());
        assert_eq!(heavy.places, 16);
        assert!(heavy.most_kept() < 1 << 30);
        assert!(Pool::of(Weight::Light, &HostLimits::default()).most_kept() < 1 << 30);
    }

    #[test]
    fn swap_is_recognized() {
        let heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert!(lists_no_swap(heading));
        assert!(!lists_no_swap(&format!("{heading}/swapfile file 2097148 0 -2\n")));
        assert!(!lists_no_swap(""));
    }
}
