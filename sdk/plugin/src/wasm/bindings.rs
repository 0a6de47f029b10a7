//! What wit-bindgen makes of the contract. The imports are those of the largest world; a component
//! imports only what it uses.
#![expect(
    missing_docs,
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

/// The executor's world, and the imports of all.
pub mod executor {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "executor-plugin",
        pub_export_macro: true,
        generate_all,
    });
}

/// The condition's export, over the same imports.
pub mod condition {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "condition-plugin",
        pub_export_macro: true,
        with: {
            "countersign:plugin/types@1.0.0": super::plugin::types,
            "countersign:plugin/request@1.0.0": super::plugin::request,
            "countersign:plugin/config@1.0.0": super::plugin::config,
            "countersign:plugin/log@1.0.0": super::plugin::log,
            "countersign:plugin/determinism@1.0.0": super::plugin::determinism,
            "countersign:plugin/directory@1.0.0": super::plugin::directory,
            "countersign:plugin/sql-types@1.0.0": super::plugin::sql_types,
            "countersign:plugin/named-statements@1.0.0": super::plugin::named_statements,
            "countersign:plugin/secrets@1.0.0": super::plugin::secrets,
            "countersign:plugin/http-types@1.0.0": super::plugin::http_types,
            "countersign:plugin/http-lookups@1.0.0": super::plugin::http_lookups,
        },
    });
}

/// The approvers' export, over the same imports.
pub mod approvers {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "approvers-plugin",
        pub_export_macro: true,
        with: {
            "countersign:plugin/types@1.0.0": super::plugin::types,
            "countersign:plugin/request@1.0.0": super::plugin::request,
            "countersign:plugin/config@1.0.0": super::plugin::config,
            "countersign:plugin/log@1.0.0": super::plugin::log,
            "countersign:plugin/determinism@1.0.0": super::plugin::determinism,
            "countersign:plugin/directory@1.0.0": super::plugin::directory,
            "countersign:plugin/sql-types@1.0.0": super::plugin::sql_types,
            "countersign:plugin/named-statements@1.0.0": super::plugin::named_statements,
            "countersign:plugin/secrets@1.0.0": super::plugin::secrets,
            "countersign:plugin/http-types@1.0.0": super::plugin::http_types,
            "countersign:plugin/http-lookups@1.0.0": super::plugin::http_lookups,
        },
    });
}

/// The validator's export, over the same imports.
pub mod validator {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "validator-plugin",
        pub_export_macro: true,
        with: {
            "countersign:plugin/types@1.0.0": super::plugin::types,
            "countersign:plugin/request@1.0.0": super::plugin::request,
            "countersign:plugin/config@1.0.0": super::plugin::config,
            "countersign:plugin/log@1.0.0": super::plugin::log,
            "countersign:plugin/determinism@1.0.0": super::plugin::determinism,
            "countersign:plugin/directory@1.0.0": super::plugin::directory,
            "countersign:plugin/sql-types@1.0.0": super::plugin::sql_types,
            "countersign:plugin/named-statements@1.0.0": super::plugin::named_statements,
            "countersign:plugin/secrets@1.0.0": super::plugin::secrets,
            "countersign:plugin/http-types@1.0.0": super::plugin::http_types,
            "countersign:plugin/http-lookups@1.0.0": super::plugin::http_lookups,
        },
    });
}

/// The notifier's world: the same imports, and the notice.
pub mod notifier {
    wit_bindgen::generate!({
        path: "../wit/v1",
        world: "notifier-plugin",
        pub_export_macro: true,
        generate_all,
        with: {
            "countersign:plugin/types@1.0.0": super::plugin::types,
            "countersign:plugin/config@1.0.0": super::plugin::config,
            "countersign:plugin/log@1.0.0": super::plugin::log,
            "countersign:plugin/determinism@1.0.0": super::plugin::determinism,
            "countersign:plugin/directory@1.0.0": super::plugin::directory,
            "countersign:plugin/secrets@1.0.0": super::plugin::secrets,
            "countersign:plugin/http-types@1.0.0": super::plugin::http_types,
            "countersign:plugin/http@1.0.0": super::plugin::http,
        },
    });
}

pub use executor::countersign::plugin;
