//! Named connections to target databases, SQL classification, sinks.
