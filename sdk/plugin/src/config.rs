//! The settings of this use of the plugin.

use serde::de::DeserializeOwned;

use crate::{Error, Result, backend};

/// The settings as a type. Plugins get them as an argument and need not ask.
///
/// # Errors
/// Permanent where they do not fit, which the manifest's schema should have found.
pub fn read<T: DeserializeOwned>() -> Result<T> {
    serde_json::from_str(&backend::config_json()).map_err(|error| {
        Error::permanent("bad_config", format!("the configuration does not fit: {error}"))
    })
}
