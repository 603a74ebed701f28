//! A certificate from a real ACME server on this machine (Debian's package `pebble`), and after a restart from the data
//! folder.
#![cfg(feature = "acme")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use support::Site;

const NAME: &str = "books.example.test";

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Running {
    fn quiet(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Reads the log until something is said.
    fn until(&mut self, words: &str) {
        let mut all = String::new();
        for line in BufReader::new(self.0.stderr.as_mut().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains(words) {
                return;
            }
            all += &(line + "\n");
        }
        panic!("it ended, saying {all}");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn get(port: u16, name: &str, path: &str, trusted: &CertificateDer<'static>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let client = ClientConnection::new(Arc::new(config.with_no_client_auth()), name).unwrap();
    let stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(_) => std::thread::yield_now(),
        }
    };
    let mut stream = StreamOwned::new(client, stream);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Pebble and its name server, for our port; its own certificate, and the port where it tells its root.
fn authority(folder: &Path, tls_port: u16) -> (Vec<Running>, CertificateDer<'static>, u16, u16) {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (cert_file, key_file, config) =
        (folder.join("acme.pem"), folder.join("acme.key"), folder.join("acme.json"));
    fs::write(&cert_file, own.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    let (port, told, names, names_told) = (free_port(), free_port(), free_port(), free_port());
    let text = format!(
        r#"{{"pebble": {{"listenAddress": "127.0.0.1:{port}", "managementListenAddress": "127.0.0.1:{told}",
            "certificate": "{}", "privateKey": "{}", "httpPort": 1, "tlsPort": {tls_port}}}}}"#,
        cert_file.display(),
        key_file.display()
    );
    fs::write(&config, text).unwrap();
    let names_at = format!("127.0.0.1:{names}");
    let mut name_server = Command::new("pebble-challtestsrv");
    name_server.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", &names_at]);
    name_server.args(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
    name_server.args(["-management", &format!("127.0.0.1:{names_told}")]);
    let mut pebble = Command::new("pebble");
    pebble.arg("-config").arg(&config).args(["-dnsserver", &names_at]);
    pebble.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
    (vec![Running::quiet(&mut name_server), Running::quiet(&mut pebble)], own.der().clone(), port, told)
}

fn serve(site: &Site, port: u16, directory: u16) -> Running {
    let mut command = site.command("serve");
    command.args(["--port", &port.to_string(), "--public-url", &format!("https://{NAME}:{port}"), "--acme"]);
    command.args(["--acme-contact", "books@example.org"]);
    command.args(["--acme-directory", &format!("https://127.0.0.1:{directory}/dir")]);
    command.arg("--acme-authority").arg(site.folder.path().join("acme.pem"));
    Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_certificate_is_ordered_shown_and_kept_for_the_next_start() {
    if Command::new("pebble").arg("-version").output().is_err() {
        eprintln!("test skipped: pebble is not installed");
        return;
    }
    let site = Site::new();
    let port = free_port();
    let (authority, own, directory, told) = authority(site.folder.path(), port);
    let root = get(told, "127.0.0.1", "/roots/0", &own);
    let root = CertificateDer::from_pem_slice(root.as_bytes()).unwrap();
    let mut server = serve(&site, port, directory);
    server.until("DeployedNewCert");
    let answer = get(port, NAME, "/sign-in", &root);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop((server, authority));
    let mut server = serve(&site, port, directory);
    server.until("DeployedCachedCert");
    let answer = get(port, NAME, "/sign-in", &root);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
