//! Where things are and how the server behaves: flags, or the environment variables named beside them.

use std::{
    env::VarError,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use ecom_vault::RootSource;
use ecom_work::mail::{Address, Connection, Mail, Smtp, SmtpSettings};
use secrecy::SecretString;
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
pub(crate) fn logs_json() -> bool {
    variable("ECOM_LOG_FORMAT").is_some_and(|format| *format == "json")
}

/// What an environment variable holds, wiped when dropped. One that is no text is taken for what it is: no key.
#[allow(clippy::disallowed_methods, reason = "the one place where the environment is read")]
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

/// How mail leaves. Without a server the product works, and mail waits.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct MailArgs {
    #[arg(
        long,
        env = "ECOM_SMTP",
        value_name = "URL",
        help = "The mail server: smtp://HOST (STARTTLS, port 587), smtps://HOST (TLS, port 465) or, on this machine \
                only, smtp-plain://127.0.0.1. Default: none, and mail waits"
    )]
    smtp: Option<String>,
    /// Name to sign in with
    #[arg(long, env = "ECOM_SMTP_USER", value_name = "NAME", requires = "smtp")]
    smtp_user: Option<String>,
    #[arg(
        long,
        env = "ECOM_SMTP_PASSWORD_FILE",
        value_name = "FILE",
        requires = "smtp",
        help = "File with the password to sign in with; or put it into the variable ECOM_SMTP_PASSWORD"
    )]
    smtp_password_file: Option<PathBuf>,
    /// File with the certificate (PEM) of an authority to trust beside the public ones
    #[arg(long, env = "ECOM_SMTP_AUTHORITY", value_name = "FILE", requires = "smtp")]
    smtp_authority: Option<PathBuf>,
    /// Whom mail comes from, such as "Kurta House Books <books@example.in>"
    #[arg(long, env = "ECOM_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
}

impl MailArgs {
    /// Mail by a server of this machine that asks no questions.
    pub(crate) fn plain(port: u16) -> Self {
        Self {
            smtp: Some(format!("smtp-plain://127.0.0.1:{port}")),
            mail_from: Some("Ecom Assistance <books@example.org>".to_owned()),
            ..Self::default()
        }
    }

    /// How mail leaves; links in it lead to `public_url`.
    pub(crate) fn mail(&self, public_url: &str) -> anyhow::Result<Mail> {
        Ok(match self.smtp()? {
            Some(smtp) => Mail::by(Arc::new(smtp), public_url),
            None => Mail::off(public_url),
        })
    }

    /// The sender, if there is a mail server.
    pub(crate) fn smtp(&self) -> anyhow::Result<Option<Smtp>> {
        let settings = self.settings(password_variable())?;
        settings.map(|settings| Smtp::new(&settings).context("the mail server")).transpose()
    }

    /// Where the mail server is, in words.
    pub(crate) fn server(&self) -> Option<String> {
        Some(Connection::read(self.smtp.as_deref()?).ok()?.to_string())
    }

    fn settings(&self, password: Option<SecretString>) -> anyhow::Result<Option<SmtpSettings>> {
        let Some(url) = &self.smtp else { return Ok(None) };
        let connection = Connection::read(url)?;
        let from = self.mail_from.as_deref().context(
            "whom does mail come from? Say so with --mail-from (ECOM_MAIL_FROM), such as \"Books <books@example.in>\"",
        )?;
        let from = Address::read(from).with_context(|| format!("--mail-from {from}"))?;
        let password = match &self.smtp_password_file {
            Some(path) => Some(first_line(path)?),
            None => password,
        };
        let login = match (self.smtp_user.clone(), password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(_), None) => anyhow::bail!(
                "--smtp-user needs a password: a file (--smtp-password-file), or the variable ECOM_SMTP_PASSWORD"
            ),
            (None, Some(_)) => anyhow::bail!("there is a password for the mail server, but no --smtp-user"),
        };
        let authority = self
            .smtp_authority
            .as_ref()
            .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())))
            .transpose()?;
        Ok(Some(SmtpSettings { connection, login, from, authority }))
    }
}

/// Not a flag: other people of this machine can read those.
fn password_variable() -> Option<SecretString> {
    let password = variable("ECOM_SMTP_PASSWORD").filter(|password| !password.is_empty())?;
    Some(SecretString::from(password.as_str()))
}

fn first_line(path: &Path) -> anyhow::Result<SecretString> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    anyhow::ensure!(!line.is_empty(), "{} has no password in its first line", path.display());
    Ok(SecretString::from(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str) -> MailArgs {
        MailArgs { smtp: Some(url.to_owned()), ..MailArgs::plain(25) }
    }

    fn refused(args: &MailArgs, password: Option<&str>) -> String {
        let password = password.map(|text| SecretString::from(text.to_owned()));
        format!("{:#}", args.settings(password).unwrap_err())
    }

    #[test]
    fn without_a_mail_server_nothing_is_asked_for() {
        assert!(MailArgs::default().settings(None).unwrap().is_none());
        assert!(!MailArgs::default().mail("https://books.example.in").unwrap().is_on());
    }

    #[test]
    fn what_is_missing_or_unsafe_is_named() {
        let good = args("smtps://mail.example.in");
        assert!(good.settings(None).unwrap().unwrap().login.is_none());
        assert!(refused(&MailArgs { mail_from: None, ..good.clone() }, None).contains("--mail-from"));
        assert!(
            refused(&MailArgs { mail_from: Some("x".into()), ..good.clone() }, None)
                .contains("asha@example.in")
        );
        let named = MailArgs { smtp_user: Some("books".into()), ..good.clone() };
        assert!(refused(&named, None).contains("ECOM_SMTP_PASSWORD"));
        assert!(refused(&good, Some("secret")).contains("--smtp-user"));
        assert!(named.settings(Some("secret".to_owned().into())).unwrap().unwrap().login.is_some());
        assert!(refused(&args("smtp-plain://mail.example.in"), None).contains("unencrypted"));
        assert!(refused(&args("mail.example.in"), None).contains("smtp://"));
    }

    #[test]
    fn a_password_comes_from_the_first_line_of_its_file_and_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "very secret\n").unwrap();
        let args = MailArgs {
            smtp_user: Some("books".into()),
            smtp_password_file: Some(path.clone()),
            ..args("smtps://mail.example.in")
        };
        let settings = args.settings(None).unwrap().unwrap();
        assert!(settings.login.is_some() && !format!("{settings:?}{args:?}").contains("very secret"));
        std::fs::write(&path, "\n").unwrap();
        assert!(refused(&args, None).contains("first line"));
    }

    #[test]
    fn the_root_key_stands_beside_the_data_folder_not_in_it() {
        assert_eq!(
            Place::at(Path::new("/srv/ecom/data")).root_key_file(),
            Path::new("/srv/ecom/data.root-key")
        );
        assert_eq!(Place::at(Path::new("data")).root_key_file(), Path::new("data.root-key"));
    }
}
