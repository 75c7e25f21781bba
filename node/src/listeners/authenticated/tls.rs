//! The certificate of the authenticated RPC listener.

use std::{path::Path, sync::Arc};
use tokio_rustls::{
	rustls::{
		crypto::ring,
		pki_types::{pem::PemObject as _, CertificateDer, PrivateKeyDer},
		ServerConfig,
	},
	TlsAcceptor,
};

/// Accepts TLS 1.2 and 1.3 with the certificates and the key of these PEM files. The server's own certificate comes
/// first.
///
/// # Errors
/// Which file can't be read or used, or that the key does not belong to the certificate.
pub fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, String> {
	let named = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
	let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
		.and_then(Iterator::collect)
		.map_err(|error| named(certificates, &error))?;
	if chain.is_empty() {
		return Err(named(certificates, &"the file has no certificate"));
	}
	let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| named(key, &error))?;
	let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
		.with_safe_default_protocol_versions()
		.and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
		.map_err(|error| named(key, &error))?;
	config.alpn_protocols = vec![b"http/1.1".to_vec()];
	Ok(TlsAcceptor::from(Arc::new(config)))
}
