//! Instances of interpreters that are ready before they are asked.
//!
//! To instantiate an interpreter, and to clear away what it touched, takes about as long as what it is
//! asked: there are some fourteen modules, and thousands of functions in their tables. So one thread clears away
//! beside the calls and, when none has ended for a moment, makes another instance of the same plugin. That one is
//! as fresh as any: nothing but its start has run in it, which asked the host for nothing. Fuel and memory count as
//! if the call had made it.

use std::{
    any::Any,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use wasmtime::Store;

use crate::{
    call::{Call, nothing},
    component::{Plugin, Weight, manifest::World},
    host::Host,
    limits::Limits,
    places::{MAX_READY, Place, Places},
    run::arm,
    state::{State, Task},
    v1::{
        ApproversPlugin, ApproversPluginPre, ConditionPlugin, ConditionPluginPre, ValidatorPlugin,
        ValidatorPluginPre,
    },
};

/// What nobody needed for so long is given up.
const UNUSED: Duration = Duration::from_secs(60);
/// With so much to clear away already, calls clear away after themselves.
const MAX_QUEUED: usize = 2;
/// When no call has ended for so long, there is time to make instances: while calls follow each other, both
/// would wait for the same locks of the machine's memory.
const CALM: Duration = Duration::from_millis(1);

type Work = Box<dyn FnOnce() + Send>;

/// What is left to do after a call.
struct Left {
    clear: Work,
    /// When there is time.
    make: Work,
}

/// A component in a world of questions, to be instantiated.
pub(crate) trait Linked: Clone + Send + 'static {
    const WORLD: World;
    type Instance: Send + 'static;

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Self::Instance>;
}

impl Linked for ConditionPluginPre<State> {
    type Instance = ConditionPlugin;

    const WORLD: World = World::Condition;

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<ConditionPlugin> {
        self.instantiate(store)
    }
}

impl Linked for ApproversPluginPre<State> {
    type Instance = ApproversPlugin;

    const WORLD: World = World::Approvers;

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<ApproversPlugin> {
        self.instantiate(store)
    }
}

impl Linked for ValidatorPluginPre<State> {
    type Instance = ValidatorPlugin;

    const WORLD: World = World::Validator;

    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<ValidatorPlugin> {
        self.instantiate(store)
    }
}

/// An instance that nobody has asked.
pub(crate) struct Ready {
    plugin: Plugin,
    world: World,
    store: Store<State>,
    instance: Box<dyn Any + Send>,
    /// What its start took.
    fuel: u64,
}

/// A call that begins: its place, its store, and its instance where one was ready.
pub(crate) struct Begun<L: Linked> {
    pub(crate) place: Place<Ready>,
    pub(crate) store: Store<State>,
    pub(crate) instance: Option<L::Instance>,
}

/// The thread beside the calls; there is none before it is needed.
#[derive(Default)]
pub(crate) struct Beside {
    sender: OnceLock<Option<Sender<Left>>>,
    queued: Arc<AtomicUsize>,
}

impl Beside {
    fn is_busy(&self) -> bool {
        self.queued.load(Ordering::Relaxed) >= MAX_QUEUED
    }

    /// Has a call cleared away, here and now where there is no thread, and another instance made.
    fn hand(
        &self,
        places: &Arc<Places<Ready>>,
        clear: impl FnOnce() + Send + 'static,
        make: impl FnOnce() + Send + 'static,
    ) {
        self.queued.fetch_add(1, Ordering::Relaxed);
        let done = Done(Arc::clone(&self.queued));
        let clear = move || {
            let _done = done;
            clear();
        };
        match self.sender.get_or_init(|| begin(Arc::clone(places))) {
            Some(sender) => {
                let left = Left { clear: Box::new(clear), make: Box::new(make) };
                if let Err(back) = sender.send(left) {
                    (back.0.clear)();
                }
            }
            None => clear(),
        }
    }
}

/// Counts a piece of work as done, even after a panic.
struct Done(Arc<AtomicUsize>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn begin(places: Arc<Places<Ready>>) -> Option<Sender<Left>> {
    let (sender, receiver) = channel();
    let run = move || beside(&places, &receiver);
    thread::Builder::new().name("plugin-ready".into()).spawn(run).ok().map(|_| sender)
}

/// The work of the thread, until nobody can hand it anything any more.
fn beside(places: &Arc<Places<Ready>>, receiver: &Receiver<Left>) {
    // A mistake in one piece of work is not that of the next.
    let run = |work: Work| drop(catch_unwind(AssertUnwindSafe(work)));
    let mut wanted = VecDeque::new();
    loop {
        let patience = if wanted.is_empty() { UNUSED } else { CALM };
        match receiver.recv_timeout(patience) {
            Ok(Left { clear, make }) => {
                run(clear);
                wanted.push_back(make);
                if wanted.len() > MAX_READY {
                    wanted.pop_front();
                }
            }
            Err(RecvTimeoutError::Timeout) => wanted.pop_front().map_or((), run),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        places.give_up(UNUSED);
    }
}

impl Host {
    /// How many instances of interpreters are ready to be asked, and how often one that was has been.
    #[must_use]
    pub fn instances_ready(&self) -> (usize, u64) {
        self.guests(Weight::Heavy).questions_at_once.ready()
    }

    /// A place, a store with every limit set and, where there is one, an instance; none where all places are
    /// taken until the time is over.
    pub(crate) fn begin<L: Linked>(&self, plugin: &Plugin, call: &Call) -> Option<Begun<L>> {
        let guests = self.guests_of(plugin);
        let defaults = guests.limits(L::WORLD);
        let fits = |ready: &Ready| {
            Arc::ptr_eq(&ready.plugin.inner, &plugin.inner) && ready.world == L::WORLD
        };
        let limits = call.limits.as_ref().unwrap_or(defaults);
        let anew = |place| {
            let store = self.store(plugin, call, Task::Decide, defaults);
            Some(Begun { place, store, instance: None })
        };
        let found = match plugin.weight() {
            Weight::Heavy if starts_alike(limits, defaults) => {
                guests.questions_at_once.take_ready(fits)
            }
            Weight::Heavy | Weight::Light => None,
        };
        let Some((ready, place)) = found else { return anew(guests.place(limits.deadline)?) };
        let Ready { mut store, instance, fuel, .. } = ready;
        match instance.downcast() {
            Ok(instance) if fuel <= limits.fuel => {
                let mut state = self.state(plugin, call, Task::Decide, defaults);
                state.memory = state.memory.after(&store.data().memory);
                *store.data_mut() = state;
                arm(&mut store, fuel);
                Some(Begun { place, store, instance: Some(*instance) })
            }
            Ok(_) | Err(_) => {
                drop(store);
                anew(place)
            }
        }
    }

    /// Clears away what is left of a call.
    pub(crate) fn end<L: Linked>(
        &self,
        plugin: &Plugin,
        linked: &L,
        place: Place<Ready>,
        store: Store<State>,
    ) {
        let guests = self.guests_of(plugin);
        let (places, beside) = (&guests.questions_at_once, &guests.beside);
        // Another is made where the next call could use it, and where there is room for it.
        let is_wanted = plugin.weight() == Weight::Heavy
            && plugin.inner.ahead.load(Ordering::Relaxed)
            && starts_alike(&store.data().limits, guests.limits(L::WORLD))
            && !places.are_wanted()
            && !beside.is_busy();
        if !is_wanted {
            drop(store);
            return;
        }
        let (host, plugin, linked) = (self.clone(), plugin.clone(), linked.clone());
        let all = Arc::clone(places);
        let clear = move || {
            drop(store);
            drop(place);
        };
        beside.hand(places, clear, move || {
            if let Some(place) = all.take_free()
                && let Some(ready) = host.ready(&plugin, &linked)
            {
                place.hold(ready);
            }
        });
    }

    /// Makes an instance for a call to come; none of a plugin whose start asks the host for something, since
    /// that belongs to a call.
    fn ready<L: Linked>(&self, plugin: &Plugin, linked: &L) -> Option<Ready> {
        let limits = self.guests_of(plugin).limits(L::WORLD);
        let mut store = self.store(plugin, &nothing().ok()?, Task::Trial, limits);
        let instance = linked.instantiate(&mut store);
        if instance.is_err() || !store.data().is_untouched() {
            plugin.inner.ahead.store(false, Ordering::Relaxed);
            return None;
        }
        let fuel = limits.fuel.saturating_sub(store.get_fuel().ok()?);
        let (plugin, instance) = (plugin.clone(), Box::new(instance.ok()?));
        Some(Ready { plugin, world: L::WORLD, store, instance, fuel })
    }
}

/// Whether a start under these limits finds what it finds under those, as long as its fuel suffices.
fn starts_alike(these: &Limits, those: &Limits) -> bool {
    (these.memory, these.table_elements) == (those.memory, those.table_elements)
}
