//! The OpenAPI 3.1 document, made from [`Endpoint`] and the wire types.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi,
        OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{SchemaType, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    endpoint::{Description, Endpoint, Method, Shape},
    problem::{ErrorBody, PROBLEM_JSON},
    test_control::TestEndpoint,
};

const TOKEN: &str = "token";
/// `text/csv` for tables, this for all else.
const DOWNLOAD: &str = "application/octet-stream";

/// A document whose form is told elsewhere: the OpenAPI document itself.
#[derive(Debug)]
pub struct Anything;

/// A document or script as text.
#[derive(Debug)]
pub struct Text;

/// The bytes of a file.
#[derive(Debug)]
pub struct Binary;

/// The bytes of a file to be attached.
#[derive(Debug)]
pub struct Upload;

/// The bytes of a file that a plugin made, or that was attached.
#[derive(Debug)]
pub struct Download;

impl PartialSchema for Anything {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().description(Some("An OpenAPI document.")).build().into()
    }
}

impl ToSchema for Anything {}

impl PartialSchema for Text {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build().into()
    }
}

impl ToSchema for Text {}

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .content_media_type("application/wasm")
            .build()
            .into()
    }
}

impl ToSchema for Binary {}

impl PartialSchema for Upload {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .content_media_type(DOWNLOAD)
            .build()
            .into()
    }
}

impl ToSchema for Upload {}

impl PartialSchema for Download {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .description(Some("`Content-Digest` has its SHA-256 (RFC 9530)."))
            .content_media_type(DOWNLOAD)
            .build()
            .into()
    }
}

impl ToSchema for Download {}

/// What an operation is made of.
struct Operation {
    name: String,
    description: Description,
    is_open: bool,
    takes_key: bool,
    needs_match: bool,
}

impl From<Endpoint> for Operation {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            name: format!("{endpoint:?}"),
            description: endpoint.description(),
            is_open: endpoint.is_open(),
            takes_key: endpoint.takes_key(),
            needs_match: endpoint.needs_precondition(),
        }
    }
}

impl From<TestEndpoint> for Operation {
    fn from(endpoint: TestEndpoint) -> Self {
        Self {
            name: format!("TestControl{endpoint:?}"),
            description: endpoint.description(),
            is_open: true,
            takes_key: false,
            needs_match: false,
        }
    }
}

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    describe(Endpoint::ALL.iter().copied().map(Operation::from).collect())
}

/// The document of a server that was started with `--test-control`.
#[must_use]
pub fn document_with_test_control() -> OpenApi {
    let all = Endpoint::ALL.iter().copied().map(Operation::from);
    describe(all.chain(TestEndpoint::ALL.iter().copied().map(Operation::from)).collect())
}

fn describe(operations: Vec<Operation>) -> OpenApi {
    let mut components = ComponentsBuilder::new().security_scheme(
        TOKEN,
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
    );
    let mut paths = PathsBuilder::new();
    for it in operations {
        let description = &it.description;
        for shape in description.takes.iter().chain([&description.gives]) {
            components = register(components, shape);
        }
        let item = PathItem::new(method(description.method), operation(&it));
        paths = paths.path(description.path, item);
    }
    let errors =
        Shape { name: ErrorBody::name, schema: ErrorBody::schema, others: ErrorBody::schemas };
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Countersign").version(env!("CARGO_PKG_VERSION")))
        .paths(paths)
        .components(Some(register(components, &errors).build()))
        .build()
}

fn register(mut components: ComponentsBuilder, shape: &Shape) -> ComponentsBuilder {
    let mut others = Vec::new();
    (shape.others)(&mut others);
    for (name, schema) in others {
        components = components.schema(name, schema);
    }
    components.schema((shape.name)(), (shape.schema)())
}

fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(it: &Operation) -> OperationBuilder {
    let description = &it.description;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(it.name.clone()))
        .summary(Some(description.about))
        .response(
            "200",
            ResponseBuilder::new().description("Done").content(
                media_type(&description.gives),
                ContentBuilder::new().schema(Some(reference(&description.gives))).build(),
            ),
        )
        .response(
            "default",
            ResponseBuilder::new().description("Refused or failed").content(
                PROBLEM_JSON,
                ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build(),
            ),
        );
    for parameter in parameters(it) {
        operation = operation.parameter(parameter);
    }
    if let Some(body) = &description.takes {
        let content = ContentBuilder::new().schema(Some(reference(body))).build();
        operation = operation.request_body(Some(
            RequestBodyBuilder::new()
                .content(media_type(body), content)
                .required(Some(Required::True))
                .build(),
        ));
    }
    if !it.is_open {
        operation = operation.security(SecurityRequirement::new(TOKEN, Vec::<String>::new()));
    }
    operation
}

fn parameters(it: &Operation) -> Vec<Parameter> {
    let description = &it.description;
    let named = |name: &str, place: ParameterIn, required: Required| {
        let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .schema(Some(text))
            .build()
    };
    let in_path = description
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
    let mut all: Vec<Parameter> =
        in_path.map(|name| named(name, ParameterIn::Path, Required::True)).collect();
    all.extend(
        description.query.iter().map(|name| named(name, ParameterIn::Query, Required::False)),
    );
    if it.needs_match {
        all.push(named("If-Match", ParameterIn::Header, Required::True));
    }
    if it.takes_key {
        all.push(named("Idempotency-Key", ParameterIn::Header, Required::False));
    }
    all
}

fn reference(shape: &Shape) -> Ref {
    Ref::from_schema_name((shape.name)())
}

fn media_type(shape: &Shape) -> &'static str {
    match (shape.name)().as_ref() {
        "Binary" => "application/wasm",
        "Download" | "Upload" => DOWNLOAD,
        "Text" => "text/plain",
        _ => "application/json",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value as Json;

    use super::*;

    /// Every `$ref` of a JSON value.
    fn references<'a>(json: &'a Json, found: &mut BTreeSet<&'a str>) {
        match json {
            Json::Object(fields) => {
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("$ref", Json::String(target)) => drop(found.insert(target)),
                        (_, value) => references(value, found),
                    }
                }
            }
            Json::Array(values) => values.iter().for_each(|value| references(value, found)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    #[test]
    fn every_endpoint_is_described_and_every_reference_leads_somewhere() {
        let json = serde_json::to_value(document()).unwrap();
        assert_eq!(json["openapi"], "3.1.0");
        for endpoint in Endpoint::ALL {
            let Description { method, path, about, .. } = endpoint.description();
            let method = format!("{method:?}").to_lowercase();
            assert_eq!(json["paths"][path][method]["summary"], about, "{endpoint:?}");
        }
        let mut found = BTreeSet::new();
        references(&json, &mut found);
        assert!(found.contains("#/components/schemas/RequestView"));
        for target in found {
            assert!(json.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
    }
}
