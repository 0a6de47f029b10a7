//! The real program as a process, on real database servers, and what is done to it: killed at random
//! moments under load, started twice, given a folder of another version, locked out
//! of a database, asked for the same right twice.
//!
//! The program is `COUNTERSIGN_BIN`, or the `countersign` beside the folder of this test; `cargo xtask
//! build` makes it. `cargo xtask test` starts the servers.

#[cfg(test)]
mod torture {
    mod census;
    mod engine;
    mod folders;
    mod grants;
    mod kills;
    mod load;
    mod place;
    mod proxy;
    mod target;
}
