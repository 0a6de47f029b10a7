//! Places for calls that block their thread. Some are held by what is ready for a call to come; it gives way
//! to calls that wait.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The most that is ready at once.
pub(crate) const MAX_READY: usize = 4;

/// So many calls at once. `R` is what is ready.
pub(crate) struct Places<R> {
    held: Mutex<Held<R>>,
    freed: Condvar,
}

struct Held<R> {
    free: u32,
    waiting: u32,
    /// Each holds a place. The oldest first.
    ready: VecDeque<(Instant, R)>,
    /// How often something was ready.
    used: u64,
}

/// A place that is free again when this is dropped.
pub(crate) struct Place<R>(Option<Arc<Places<R>>>);

impl<R> Places<R> {
    pub(crate) fn new(places: u32) -> Arc<Self> {
        let held = Held { free: places, waiting: 0, ready: VecDeque::new(), used: 0 };
        Arc::new(Self { held: Mutex::new(held), freed: Condvar::new() })
    }

    /// A place; none where all are taken for so long.
    pub(crate) fn take(self: &Arc<Self>, patience: Duration) -> Option<Place<R>> {
        let until = Instant::now() + patience;
        let mut held = self.lock();
        while held.free == 0 {
            if let Some((_, given_up)) = held.ready.pop_front() {
                let place = Place(Some(Arc::clone(self)));
                drop(held);
                // What it takes of the machine is free before anybody needs it.
                drop(given_up);
                return Some(place);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            held.waiting += 1;
            (held, _) = self.freed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner);
            held.waiting -= 1;
        }
        held.free -= 1;
        Some(Place(Some(Arc::clone(self))))
    }

    /// A place that nobody has and nobody waits for.
    pub(crate) fn take_free(self: &Arc<Self>) -> Option<Place<R>> {
        let mut held = self.lock();
        if held.waiting > 0 {
            return None;
        }
        held.free = held.free.checked_sub(1)?;
        Some(Place(Some(Arc::clone(self))))
    }

    /// The youngest of what is ready and fits, with its place.
    pub(crate) fn take_ready(self: &Arc<Self>, fits: impl Fn(&R) -> bool) -> Option<(R, Place<R>)> {
        let mut held = self.lock();
        let found = held.ready.iter().rposition(|(_, ready)| fits(ready))?;
        let (_, ready) = held.ready.remove(found)?;
        held.used = held.used.saturating_add(1);
        Some((ready, Place(Some(Arc::clone(self)))))
    }

    /// Gives up what nobody needed for so long.
    pub(crate) fn give_up(self: &Arc<Self>, unused: Duration) {
        let mut held = self.lock();
        let old = held.ready.iter().take_while(|(since, _)| since.elapsed() >= unused).count();
        let place = || Place(Some(Arc::clone(self)));
        let given_up: Vec<_> = held.ready.drain(..old).map(|ready| (ready, place())).collect();
        drop(held);
        drop(given_up);
    }

    /// Whether a call that comes now would have to wait, or one waits.
    pub(crate) fn are_wanted(&self) -> bool {
        let held = self.lock();
        held.waiting > 0 || held.free == 0
    }

    fn free(&self) {
        self.lock().free += 1;
        self.freed.notify_one();
    }

    /// How many hold something that is ready, and how often something was taken that was.
    pub(crate) fn ready(&self) -> (usize, u64) {
        let held = self.lock();
        (held.ready.len(), held.used)
    }

    fn lock(&self) -> MutexGuard<'_, Held<R>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Place<R> {
    /// Lets something that is ready hold the place, unless somebody waits for it.
    pub(crate) fn hold(mut self, ready: R) {
        let Some(places) = self.0.take() else { return };
        let mut held = places.lock();
        held.ready.push_back((Instant::now(), ready));
        let is_too_much = held.waiting > 0 || held.ready.len() > MAX_READY;
        let given_up = if is_too_much { held.ready.pop_front() } else { None };
        let place = given_up.is_some().then(|| Self(Some(Arc::clone(&places))));
        drop(held);
        drop(given_up);
        drop(place);
    }
}

impl<R> Drop for Place<R> {
    fn drop(&mut self) {
        if let Some(places) = &self.0 {
            places.free();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn free<R>(places: &Places<R>) -> u32 {
        places.lock().free
    }

    fn ready<R: Copy>(places: &Places<R>) -> Vec<R> {
        places.lock().ready.iter().map(|(_, ready)| *ready).collect()
    }

    #[test]
    fn a_place_is_waited_for_as_long_as_there_is_time() {
        let places = Places::<()>::new(1);
        let first = places.take(Duration::ZERO).unwrap();
        assert!(places.take(Duration::ZERO).is_none());
        assert!(places.take(Duration::from_millis(5)).is_none());
        thread::scope(|scope| {
            let second = scope.spawn(|| places.take(Duration::from_secs(60)).is_some());
            drop(first);
            assert!(second.join().unwrap());
        });
        assert_eq!(free(&places), 1);
        let third = places.take_free().unwrap();
        assert!(places.take_free().is_none());
        third.hold(());
        assert!(places.take_free().is_none(), "what is ready stays");
    }

    #[test]
    fn what_is_ready_holds_a_place_until_it_is_taken() {
        let places = Places::new(6);
        for number in 0..5 {
            places.take(Duration::ZERO).unwrap().hold(number);
        }
        assert_eq!((free(&places), ready(&places)), (2, vec![1, 2, 3, 4]), "the oldest went");
        let (found, place) = places.take_ready(|number| number % 2 == 1).unwrap();
        assert_eq!((found, free(&places)), (3, 2));
        assert!(places.take_ready(|number| *number == 3).is_none());
        drop(place);
        assert_eq!((free(&places), ready(&places)), (3, vec![1, 2, 4]));
        places.give_up(Duration::from_secs(60));
        assert_eq!(ready(&places).len(), 3);
        places.give_up(Duration::ZERO);
        assert_eq!((free(&places), ready(&places)), (6, vec![]));
    }

    #[test]
    fn what_is_ready_gives_way_to_calls() {
        let places = Places::new(2);
        let (first, second) = (places.take(Duration::ZERO), places.take(Duration::ZERO));
        first.unwrap().hold(1);
        let third = places.take(Duration::ZERO).expect("in place of what was ready");
        assert_eq!(ready(&places), [0; 0]);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| places.take(Duration::from_secs(60)).is_some());
            while places.lock().waiting == 0 {
                thread::yield_now();
            }
            second.unwrap().hold(2);
            assert!(waiting.join().unwrap());
        });
        drop(third);
        assert_eq!((free(&places), ready(&places)), (2, vec![]));
    }
}
