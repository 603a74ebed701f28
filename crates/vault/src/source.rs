//! Where the root key comes from: a file, a value that the configuration holds, or a command such as the client of a
//! key management service. Errors say what to do and never what was read.

use std::fmt;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::root::{MOST, RootKey, RootKeyError};

/// How long a command may take for the root key.
pub const COMMAND_WAIT: Duration = Duration::from_secs(30);
/// How often a command that has written its key is asked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where a root key comes from. Printing it shows neither key nor command: a command may hold a password.
#[derive(Clone)]
pub enum RootSource {
    /// A file that its owner alone may read.
    File(PathBuf),
    /// An environment variable: its name, and what it holds.
    Variable(&'static str, Zeroizing<String>),
    /// A command for the shell, which writes the key to its standard output.
    Command(String),
}

impl RootSource {
    /// Reads the key, of 32 raw bytes or 64 hexadecimal digits.
    pub fn load(&self) -> Result<RootKey, RootKeyError> {
        match self {
            Self::File(path) => RootKey::read_file(path),
            Self::Variable(_, value) => RootKey::from_bytes(value.as_bytes()),
            Self::Command(command) => from_command(command, COMMAND_WAIT),
        }
    }
}

impl fmt::Display for RootSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the root key file {}", path.display()),
            Self::Variable(name, _) => write!(f, "the root key in {name}"),
            Self::Command(_) => f.write_str("the command for the root key"),
        }
    }
}

impl fmt::Debug for RootSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootSource({self})")
    }
}

/// Runs a command in a process group of its own, so that all of it can be ended, and reads the key it writes.
///
/// What it says on standard error is thrown away: clients of key services print what they read when asked to be
/// talkative, and our log is no place for it.
fn from_command(command: &str, wait: Duration) -> Result<RootKey, RootKeyError> {
    if command.trim().is_empty() {
        return Err(RootKeyError::NoCommand);
    }
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(RootKeyError::Command)?;
    let answer = answer(&mut child, wait);
    if answer.is_err() {
        end(&mut child);
    }
    let (written, status) = answer?;
    if !status.success() {
        return Err(RootKeyError::Failed(status.to_string()));
    }
    RootKey::from_bytes(&written)
}

/// What a command wrote and how it ended, if both come in time.
fn answer(child: &mut Child, wait: Duration) -> Result<(Zeroizing<Vec<u8>>, ExitStatus), RootKeyError> {
    let deadline = Instant::now() + wait;
    let slow = || RootKeyError::Slow(wait.as_secs());
    let (send, receive) = mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        // On a thread: reading a pipe knows no time limit. It ends with the pipe, whoever has given up by then.
        thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(256));
            let read = pipe.take(MOST + 1).read_to_end(&mut bytes).map(|_| bytes);
            _ = send.send(read);
        });
    }
    let written = receive.recv_timeout(wait).map_err(|_| slow())?.map_err(RootKeyError::Command)?;
    loop {
        match child.try_wait().map_err(RootKeyError::Command)? {
            Some(status) => return Ok((written, status)),
            None if Instant::now() >= deadline => return Err(slow()),
            None => thread::sleep(LOOK_EVERY),
        }
    }
}

/// Ends a command and what it has started. The standard library ends the command alone; the shell knows groups.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    let killed = Command::new("sh").args(["-c", "kill -s KILL -- \"$1\"", "sh", &group]).status();
    if !killed.is_ok_and(|status| status.success()) {
        _ = child.kill();
    }
    _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn run(command: &str) -> Result<RootKey, RootKeyError> {
        from_command(command, Duration::from_secs(20))
    }

    #[test]
    fn all_three_sources_give_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let made = RootKey::create_file(&mut crate::SystemEntropy, &path).unwrap();
        let digits = std::fs::read_to_string(&path).unwrap();
        let variable = RootSource::Variable("ECOM_ROOT_KEY_VALUE", Zeroizing::new(digits));
        let command = RootSource::Command(format!("cat {}", path.display()));
        for source in [RootSource::File(path), variable, command] {
            assert_eq!(source.load().unwrap().id(), made.id(), "{source}");
        }
    }

    #[test]
    fn a_command_may_be_a_pipeline_and_write_raw_bytes() {
        let raw = run("printf 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' | base64 -d").unwrap();
        assert_eq!(raw.id(), RootKey::from_bytes(b"0123456789abcdef0123456789abcdef").unwrap().id());
    }

    #[test]
    fn a_command_that_fails_or_writes_no_key_is_told_without_what_it_wrote() {
        let told = |command: &str| run(command).unwrap_err().to_string();
        assert!(told(&format!("echo {DIGITS}; exit 3")).contains("exit status: 3"));
        assert!(told("definitely-no-such-client --token s3cret").contains("exit status: 127"));
        assert!(told("echo s3cret").contains("64 hexadecimal digits"));
        assert!(told("yes s3cret").contains("exit status") || told("yes s3cret").contains("digits"));
        assert!(told(" ").contains("empty"));
        for command in
            [format!("echo {DIGITS}x"), format!("echo {DIGITS} >&2"), "echo s3cret; false".to_owned()]
        {
            let words = format!("{} {:?}", told(&command), run(&command).unwrap_err());
            assert!(!words.contains("s3cret") && !words.contains(&DIGITS[..8]), "{words}");
        }
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("pid");
        // The inner shell keeps the pipe open, as a client that waits for its server does.
        let command =
            format!("sh -c 'echo $$ > {0}.part; mv {0}.part {0}; sleep 600' & wait", note.display());
        let started = Instant::now();
        let hung = from_command(&command, Duration::from_secs(1)).unwrap_err();
        assert!(
            matches!(hung, RootKeyError::Slow(1)) && started.elapsed() < Duration::from_secs(15),
            "{hung}"
        );
        let inner = std::fs::read_to_string(&note).unwrap();
        let alive = |process: &str| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.trim()));
            status.is_ok_and(|status| !status.contains("State:\tZ"))
        };
        let waited = Instant::now();
        while alive(&inner) && waited.elapsed() < Duration::from_secs(10) {
            thread::sleep(LOOK_EVERY);
        }
        assert!(!alive(&inner), "the client outlived its time");
    }

    #[test]
    fn a_source_prints_neither_value_nor_command() {
        let value = RootSource::Variable("ECOM_ROOT_KEY_VALUE", Zeroizing::new(DIGITS.to_owned()));
        assert_eq!(format!("{value} {value:?}").matches(&DIGITS[..8]).count(), 0);
        let command = RootSource::Command("client --password s3cret".to_owned());
        assert!(!format!("{command} {command:?}").contains("s3cret"));
    }
}
