//! Where things are and how the server behaves: flags, or the environment variables named beside them.

use std::{
    env::VarError,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::bail;
use ecom_vault::RootSource;
use zeroize::Zeroizing;

/// The variable that may hold the root key itself. It is no flag: others could read it in the list of processes.
pub(crate) const ROOT_KEY_VALUE: &str = "ECOM_ROOT_KEY_VALUE";

/// Where the data, the keys and the database are. No `Debug`: addresses of databases hold passwords.
#[derive(clap::Args, Clone)]
pub(crate) struct Place {
    /// Folder for the database, archived files and uploads in progress
    #[arg(long, env = "ECOM_DATA", default_value = "data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// File with the root key; keep it out of the data folder and out of its backups.
    /// Made at first start. Default: beside the data folder, with `.root-key` added to its name.
    /// Without a file: the variable `ECOM_ROOT_KEY_VALUE` may hold the key itself
    #[arg(long, env = "ECOM_ROOT_KEY", value_name = "FILE")]
    root_key: Option<PathBuf>,
    /// Shell command that writes the root key to its standard output, such as the client of a key service
    #[arg(long, env = "ECOM_ROOT_KEY_COMMAND", value_name = "COMMAND", hide_env_values = true)]
    root_key_command: Option<String>,
    /// postgres://… to use PostgreSQL. Default: SQLite in the data folder
    #[arg(long, env = "ECOM_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// postgres://… of the separate key database. Default: keys.db in the data folder
    #[arg(
        long,
        env = "ECOM_KEYS_DATABASE",
        value_name = "URL",
        hide_env_values = true,
        requires = "database"
    )]
    keys_database: Option<String>,
    /// Nothing but what the program itself says counts: the demo's.
    #[arg(skip)]
    own: bool,
}

impl Place {
    /// A place with every default but the folder, whatever the environment says.
    pub(crate) fn at(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            root_key: None,
            root_key_command: None,
            database: None,
            keys_database: None,
            own: true,
        }
    }

    /// The same place with its root key elsewhere.
    pub(crate) fn with_root_key(self, path: &Path) -> Self {
        Self { root_key: Some(path.to_owned()), ..self }
    }

    /// Where the root key comes from: file, variable or command, of which one may be named; else the default file.
    pub(crate) fn root_source(&self) -> anyhow::Result<RootSource> {
        let value = if self.own { None } else { variable(ROOT_KEY_VALUE) };
        match (&self.root_key, value, &self.root_key_command) {
            (_, None, None) => Ok(RootSource::File(self.root_key_file())),
            (None, Some(value), None) => Ok(RootSource::Variable(ROOT_KEY_VALUE, value)),
            (None, None, Some(command)) => Ok(RootSource::Command(command.clone())),
            _ => bail!(
                "the root key has several sources; name one of ECOM_ROOT_KEY (a file), {ROOT_KEY_VALUE} and \
                 ECOM_ROOT_KEY_COMMAND"
            ),
        }
    }

    /// The root key file: beside the data folder unless said otherwise.
    pub(crate) fn root_key_file(&self) -> PathBuf {
        self.root_key.clone().unwrap_or_else(|| {
            let mut name = self.data.file_name().unwrap_or("data".as_ref()).to_owned();
            name.push(".root-key");
            self.data.with_file_name(name)
        })
    }

    /// URL of the database.
    pub(crate) fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| sqlite(&self.data.join("ecom.db")))
    }

    /// URL of the key database.
    pub(crate) fn keys_database(&self) -> String {
        self.keys_database.clone().unwrap_or_else(|| sqlite(&self.data.join("keys.db")))
    }

    /// Folder of archived files.
    pub(crate) fn archive(&self) -> PathBuf {
        self.data.join("archive")
    }

    /// Folder of uploads that are being read.
    pub(crate) fn spool(&self) -> PathBuf {
        self.data.join("spool")
    }
}

/// Whether the log is written as JSON, one object a line.
#[allow(clippy::disallowed_methods, reason = "configuration")]
pub(crate) fn logs_json() -> bool {
    std::env::var("ECOM_LOG_FORMAT").is_ok_and(|format| format == "json")
}

/// What an environment variable holds, wiped when dropped. One that is no text is taken for what it is: no key.
#[allow(clippy::disallowed_methods, reason = "this is the configuration")]
pub(crate) fn variable(name: &str) -> Option<Zeroizing<String>> {
    match std::env::var(name) {
        Ok(value) => Some(Zeroizing::new(value)),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => Some(Zeroizing::new(String::new())),
    }
}

fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Where to listen.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Listen {
    /// Address to listen on; 0.0.0.0 for all
    #[arg(long, env = "ECOM_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one
    #[arg(long, env = "ECOM_PORT", default_value_t = 8080)]
    port: u16,
    /// Address for Prometheus, such as 127.0.0.1:9100; /metrics there needs no sign-in, so keep it to yourself
    #[arg(long, env = "ECOM_METRICS", value_name = "HOST:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
}

impl Listen {
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_key_stands_beside_the_data_folder_not_in_it() {
        assert_eq!(
            Place::at(Path::new("/srv/ecom/data")).root_key_file(),
            Path::new("/srv/ecom/data.root-key")
        );
        assert_eq!(Place::at(Path::new("data")).root_key_file(), Path::new("data.root-key"));
    }
}
