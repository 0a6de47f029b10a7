//! Typed HTTP client of the Countersign API.
