//! Whom an encrypted connection trusts.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{HttpError, Origin};

/// Certificates that cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificates of authorities cannot be used: {0}")]
pub struct BadAuthority(String);

/// The authorities of the system and of the operator.
#[derive(Clone, Default)]
pub(super) struct Tls {
    own: Arc<[CertificateDer<'static>]>,
    connector: Arc<OnceLock<TlsConnector>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("own", &self.own.len()).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn with_authorities(pem: &[u8]) -> Result<Self, BadAuthority> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let own = read.map_err(|error| BadAuthority(error.to_string()))?;
        if own.is_empty() {
            return Err(BadAuthority("there is no certificate in PEM format".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for certificate in &own {
            store.add(certificate.clone()).map_err(|error| BadAuthority(error.to_string()))?;
        }
        Ok(Self { own: own.into(), connector: Arc::default() })
    }

    /// Speaks TLS on a connection.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        origin: &Origin,
    ) -> Result<TlsStream<TcpStream>, HttpError> {
        let failed = |reason: String| HttpError::Tls { origin: origin.clone(), reason };
        let host = origin.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
        let connector = self.connector().map_err(|error| failed(error.to_string()))?;
        connector.connect(name, stream).await.map_err(|error| failed(error.to_string()))
    }

    fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector.clone());
        }
        let made = connector(&self.own)?;
        Ok(self.connector.get_or_init(|| made).clone())
    }
}

fn connector(own: &[CertificateDer<'static>]) -> Result<TlsConnector, rustls::Error> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a certificate of the system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system.certs.into_iter().chain(own.iter().cloned()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
