//! Nothing is claimed that was not looked up.

use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

/// How long something may take to come about.
const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Ends the demo where something is not as it must be.
///
/// # Errors
/// What was expected and what was found.
pub(super) fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<()> {
    ensure!(found == expected, "{what}: expected {expected:?}, found {found:?}");
    Ok(())
}

/// Looks again and again until something is there.
///
/// # Errors
/// It does not come about in time, or looking fails.
pub(super) fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if began.elapsed() > DEADLINE {
            bail!("{what}: still not so after {} s", DEADLINE.as_secs());
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told() {
        assert!(same("rows", &3, &3).is_ok());
        let error = same("rows", &2, &3).unwrap_err().to_string();
        assert_eq!(error, "rows: expected 3, found 2");
    }

    #[test]
    fn what_comes_about_is_found() {
        let mut left = 3;
        let found = until("three looks", || {
            left -= 1;
            Ok((left == 0).then_some("there"))
        });
        assert_eq!(found.unwrap(), "there");
        assert!(until("broken", || -> Result<Option<()>> { bail!("no") }).is_err());
    }
}
