//! The bare machine, with the settings that the host has.

use wasmtime::{
    Config, Enabled, Engine, PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder,
};

/// The settings of `machine.rs`.
pub(crate) fn engine() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(128)
        .total_core_instances(4_096)
        .total_memories(256)
        .total_tables(1_024)
        .total_stacks(128)
        .max_memory_size(64 << 20)
        .table_elements(20_000)
        .max_core_instances_per_component(200)
        .max_tables_per_component(200)
        .max_memories_per_component(16)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .allocation_strategy(pool)
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .max_wasm_stack(512 * 1024);
    Engine::new(&config).unwrap()
}

/// What a call is bound by.
pub(crate) fn store(engine: &Engine) -> Store<StoreLimits> {
    let limits = StoreLimitsBuilder::new().memory_size(16 << 20).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_fuel(20_000_000).unwrap();
    store.set_epoch_deadline(1_000_000);
    store
}
