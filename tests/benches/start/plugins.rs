//! Many installed plugins.

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use engine_core::{directory::Directory, extension::ConfigValue, ids::PluginId};
use engine_host::{Call, Plugin, digest};
use engine_runtime::Change;
use engine_server::{config::Config, data, http::AppState};
use serde_json::json;

use crate::{Arguments, countersign, header, memory, owner, row};

/// Calls of one plugin, of which the median is told.
const CALLS: usize = 20_000;

pub(crate) fn bench(folder: &Path, arguments: &Arguments) -> Result<()> {
    let made = countersign()?.args(["init", "--org", "acme", "--data"]).arg(folder).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let runtime = tokio::runtime::Runtime::new()?;
    let (some, all) = (arguments.plugins / 10, arguments.plugins);
    header();
    for (first, last) in [(0, some), (some, all)] {
        runtime.block_on(install(folder, first, last))?;
        row(&format!("{last} plugins more"), folder, arguments.starts)?;
    }
    runtime.block_on(all_ready(folder, all))
}

/// The calendar with a note: another file, which does the same.
fn noted(number: usize) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components/calendar.wasm");
    let calendar = std::fs::read(&path)
        .with_context(|| format!("no plugin at `{}`: run `cargo xtask build`", path.display()))?;
    let note = u32::try_from(number)?.to_be_bytes();
    Ok([&calendar[..], &[0, 6, 1, b'n'], &note].concat())
}

async fn install(folder: &Path, first: usize, last: usize) -> Result<()> {
    let state = data::open(folder, &Config::default()).await?;
    let caller = owner(&state.engine)?;
    let mut changes = Vec::new();
    for number in first..last {
        let component = state.library.add_component(noted(number)?).await?;
        let file = state.library.file(&component, caller.user.clone(), state.engine.now());
        let plugin: PluginId = format!("calendar-{number}").parse()?;
        let file = file.context("the calendar is no plugin")?;
        changes.push(Change::PutPlugin { plugin, file });
        if number % 100 == 99 {
            eprintln!("{} of {last} plugins are installed", number + 1);
        }
    }
    state.engine.organize(&caller, changes, false).await?;
    state.engine.close().await;
    Ok(())
}

/// In this process: every plugin from the cache, as a first call of it finds it.
async fn all_ready(folder: &Path, plugins: usize) -> Result<()> {
    let state = data::open(folder, &Config::default()).await?;
    let before = memory("self")?;
    let first = ready(&state, 0).await?;
    let alone = call(&state, &first)?;
    let start = Instant::now();
    let mut all = vec![first];
    for number in 1..plugins {
        all.push(ready(&state, number).await?);
    }
    let each = start.elapsed().as_secs_f64() * 1e3 / plugins.max(2) as f64;
    let among = call(&state, all.first().context("no plugin")?)?;
    println!(
        "all {plugins} ready to be called: {:.1} MiB more, {each:.2} ms each",
        memory("self")? - before
    );
    println!("a call of one: {alone:.1} µs alone, {among:.1} µs among all");
    state.engine.close().await;
    Ok(())
}

async fn ready(state: &AppState, number: usize) -> Result<Arc<Plugin>> {
    let found = state.library.component(&digest(&noted(number)?)).await?;
    found.context("a plugin is not there")
}

/// The median of many calls, in microseconds.
fn call(state: &AppState, plugin: &Plugin) -> Result<f64> {
    let facts = json!({
        "organization": "acme", "request": "r1", "rule": "change", "rule_version": 1,
        "kind": "change", "step": null, "requester": "u-ann", "target_users": [],
        "urgent": false, "title": "A new press", "reason": "Old", "properties": {}, "items": [],
        "now": "2026-03-02T09:00:00Z",
    });
    let days = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let call = Call {
        config: Arc::new([("days".to_owned(), ConfigValue::Json(days))].into()),
        ..Call::new(Arc::new(serde_json::from_value(facts)?), Arc::new(Directory::default()))
    };
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let start = Instant::now();
        let answer = state.library.host().condition(plugin, black_box(&call));
        times.push(start.elapsed());
        ensure!(answer.result.is_ok(), "{:?}", answer.result);
    }
    times.sort_unstable();
    Ok(times.get(CALLS / 2).context("no calls")?.as_secs_f64() * 1e6)
}
