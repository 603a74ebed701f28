//! `ecom serve` with TLS in its process, met from outside.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use crate::support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
    version::{TLS12, TLS13},
};
use support::{Site, said, write_private};

/// A certificate for this machine with its key, as two files beside the data.
struct Tls {
    cert: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

fn written(site: &Site) -> Tls {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let made = params.self_signed(&key).unwrap();
    let folder = site.folder.path();
    let tls = Tls { cert: folder.join("cert.pem"), key: folder.join("key.pem"), der: made.der().clone() };
    fs::write(&tls.cert, made.pem()).unwrap();
    write_private(&tls.key, &key.serialize_pem());
    tls
}

fn command(site: &Site, tls: &Tls) -> Command {
    let mut command = site.command("serve");
    command.args(["--port", "0", "--tls-cert"]).arg(&tls.cert).arg("--tls-key").arg(&tls.key);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut running = Self { child, log, port: 0 };
        let line = running.until("listens on https://127.0.0.1:");
        let port = line.split("127.0.0.1:").nth(1).unwrap();
        running.port = port.split(' ').next().unwrap().parse().unwrap();
        running
    }

    /// Reads the log until something is said.
    fn until(&mut self, words: &str) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.log.read_line(&mut line).unwrap(), 0, "it ended, saying {all}");
            if line.contains(words) {
                return line;
            }
            all += &line;
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// The answer to a request by TLS of this version, from a client that trusts this certificate alone.
    fn ask(
        &self,
        trusted: &CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
    ) -> Option<String> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_protocol_versions(&[version]).unwrap().with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(client, TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        Some(answer)
    }
}

fn plain(port: u16, method: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "{method} /statement?month=2026-09 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn pages_come_by_tls_1_2_and_1_3_and_an_unencrypted_port_only_sends_on() {
    let site = Site::new();
    let tls = written(&site);
    let redirect = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command(&site, &tls);
    command.args(["--http-redirect", &redirect.to_string()]);
    let running = Running::start(command);
    for version in [&TLS12, &TLS13] {
        let answer = running.ask(&tls.der, version).unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 200 ok"), "{answer}");
        assert!(
            answer.contains("\r\nstrict-transport-security: max-age=63072000; includesubdomains\r\n"),
            "{answer}"
        );
    }
    let sent_on = plain(redirect.port(), "GET");
    let to = format!("location: https://127.0.0.1:{}/statement?month=2026-09\r\n", running.port);
    assert!(sent_on.starts_with("HTTP/1.1 308") && sent_on.contains(&to), "{sent_on}");
    assert!(plain(redirect.port(), "POST").starts_with("HTTP/1.1 403"));
    // Who speaks plainly to the encrypted port gets no page.
    let mut stream = TcpStream::connect(("127.0.0.1", running.port)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_never() {
    let site = Site::new();
    let old = written(&site);
    let mut running = Running::start(command(&site, &old));
    assert!(running.ask(&old.der, &TLS13).is_some());
    let new = written(&site);
    running.signal("HUP");
    running.until("the TLS certificate was read again");
    assert!(running.ask(&old.der, &TLS13).is_none());
    assert!(running.ask(&new.der, &TLS13).is_some());
    fs::write(&new.cert, "no certificate").unwrap();
    running.signal("HUP");
    running.until("the old TLS certificate stays");
    assert!(running.ask(&new.der, &TLS13).is_some());
    running.signal("TERM");
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn a_key_of_another_certificate_keeps_the_server_from_starting_and_the_doctor_says_so() {
    let site = Site::new();
    let tls = written(&site);
    write_private(&tls.key, &KeyPair::generate().unwrap().serialize_pem());
    let output = command(&site, &tls).output().unwrap();
    assert!(
        !output.status.success() && said(&output).contains("take both from the same order"),
        "{}",
        said(&output)
    );
    let doctor = |url: &str| {
        let mut command = site.command("doctor");
        command.args(["--public-url", url, "--tls-cert"]).arg(&tls.cert).arg("--tls-key").arg(&tls.key);
        said(&command.output().unwrap())
    };
    assert!(doctor("https://127.0.0.1").contains("LOOK  TLS: the key in"), "{}", doctor("https://127.0.0.1"));
    written(&site);
    assert!(
        doctor("https://127.0.0.1").contains("note  TLS certificate, good for"),
        "{}",
        doctor("https://127.0.0.1")
    );
    assert!(doctor("https://books.example.in").contains("not for books.example.in"));
}

#[test]
fn a_certificate_needs_its_key() {
    let output = Site::new().command("serve").args(["--tls-cert", "cert.pem"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("--tls-key"), "{}", said(&output));
}

#[test]
fn with_tls_the_public_address_is_one_of_tls_and_without_it_there_is_nothing_to_send_on_to() {
    let site = Site::new();
    let output = command(&site, &written(&site)).args(["--public-url", "http://127.0.0.1"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("begins with https://"), "{}", said(&output));
    let output =
        site.command("serve").args(["--port", "0", "--http-redirect", "127.0.0.1:0"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("--tls-cert"), "{}", said(&output));
}
