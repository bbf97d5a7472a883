//! The certificate that nobody signed: for `receiver.test` and 127.0.0.1, until 2120.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The certificate of every TLS receiver, for tests that trust it.
pub const CERTIFICATE_PEM: &str = include_str!("certificate.pem");
const KEY_PEM: &str = include_str!("key.pem");

pub(super) fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE_PEM.as_bytes()).expect("the fixture is a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY_PEM.as_bytes()).expect("the fixture is a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.expect("the provider has cipher suites").with_no_client_auth();
    let config = builder.with_single_cert(vec![certificate], key).expect("the key fits the certificate");
    TlsAcceptor::from(Arc::new(config))
}
