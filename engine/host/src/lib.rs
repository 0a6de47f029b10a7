//! The plugin host: WebAssembly components and Rhai scripts.
