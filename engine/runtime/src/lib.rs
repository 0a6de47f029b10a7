//! The Engine handle: load, decide, commit; outbox and timers.
