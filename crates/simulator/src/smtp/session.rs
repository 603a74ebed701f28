//! One conversation with a client.

use std::{io, net::TcpStream};

use super::{
    Shared, SmtpFault, SmtpStage, TakenMail, decode, held,
    wire::{Start, Wire},
};

/// Longest mail in bytes.
const MOST_BYTES: usize = 10 * 1024 * 1024;

struct Session<'a> {
    wire: Wire,
    shared: &'a Shared,
    fault: Option<SmtpFault>,
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// Talks until one side ends it.
pub(crate) fn serve(connection: TcpStream, shared: &Shared, fault: Option<SmtpFault>) -> io::Result<()> {
    if fault == Some(SmtpFault::HangUp) {
        return Ok(());
    }
    let wire = Wire::accept(connection, &shared.tls)?;
    let mut session = Session { wire, shared, fault, user: None, from: None, to: Vec::new() };
    if !session.answer(SmtpStage::Greeting, "220 sink.example ESMTP")? {
        return Ok(());
    }
    while let Some(line) = session.wire.line()? {
        let (word, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        if !session.command(&word.to_ascii_uppercase(), rest)? {
            break;
        }
    }
    Ok(())
}

impl Session<'_> {
    /// Says yes, or what was planned for this stage. False if it said no.
    fn answer(&mut self, stage: SmtpStage, yes: &str) -> io::Result<bool> {
        if let Some(SmtpFault::Answer(at, code, text)) = self.fault
            && at == stage
        {
            self.wire.say(&format!("{code} {text}"))?;
            return Ok(false);
        }
        self.wire.say(yes)?;
        Ok(true)
    }

    /// One command; false ends the conversation.
    fn command(&mut self, word: &str, rest: &str) -> io::Result<bool> {
        match word {
            "EHLO" => self.hello()?,
            "HELO" => self.wire.say("250 sink.example")?,
            "STARTTLS" if self.wire.start() == Start::Offered => self.start_tls()?,
            "AUTH" => self.sign_in(rest)?,
            "MAIL" if self.lacks_tls() => self.wire.say("530 5.7.0 Must issue a STARTTLS command first")?,
            "MAIL" if self.shared.login.is_some() && self.user.is_none() => {
                self.wire.say("530 5.7.0 Authentication required")?;
            }
            "MAIL" => {
                self.to.clear();
                self.from = if self.answer(SmtpStage::Sender, "250 2.1.0 Ok")? { path(rest) } else { None };
            }
            "RCPT" if self.from.is_none() => self.wire.say("503 5.5.1 Need MAIL first")?,
            "RCPT" => {
                if self.answer(SmtpStage::Recipient, "250 2.1.5 Ok")? {
                    self.to.extend(path(rest));
                }
            }
            "DATA" if self.to.is_empty() => self.wire.say("503 5.5.1 Need RCPT first")?,
            "DATA" => return self.mail(),
            "RSET" => {
                (self.from, self.to) = (None, Vec::new());
                self.wire.say("250 2.0.0 Ok")?;
            }
            "NOOP" => self.wire.say("250 2.0.0 Ok")?,
            "QUIT" => {
                self.wire.say("221 2.0.0 Bye")?;
                return Ok(false);
            }
            _ => self.wire.say("500 5.5.2 Unknown command")?,
        }
        Ok(true)
    }

    fn lacks_tls(&self) -> bool {
        self.wire.start() == Start::Offered
    }

    fn hello(&mut self) -> io::Result<()> {
        self.wire.say("250-sink.example")?;
        self.wire.say("250-8BITMIME")?;
        if self.lacks_tls() {
            self.wire.say("250-STARTTLS")?;
        }
        if self.shared.login.is_some() {
            self.wire.say("250-AUTH PLAIN LOGIN")?;
        }
        self.wire.say("250 ENHANCEDSTATUSCODES")
    }

    fn start_tls(&mut self) -> io::Result<()> {
        self.wire.say("220 2.0.0 Ready to start TLS")?;
        // Everything said before TLS counts for nothing (RFC 3207, 4.2).
        (self.user, self.from, self.to) = (None, None, Vec::new());
        self.wire.upgrade(&self.shared.tls)
    }

    fn sign_in(&mut self, rest: &str) -> io::Result<()> {
        let (kind, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = match kind.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let text = if first.is_empty() { self.ask("334 ")? } else { first.to_owned() };
                let bytes = decode::base64(&text);
                let mut parts = bytes
                    .split(|byte| *byte == 0)
                    .skip(1)
                    .map(|part| String::from_utf8_lossy(part).into_owned());
                parts.next().zip(parts.next())
            }
            "LOGIN" => {
                let user = if first.is_empty() { self.ask("334 VXNlcm5hbWU6")? } else { first.to_owned() };
                let password = self.ask("334 UGFzc3dvcmQ6")?;
                let text = |text: &str| String::from_utf8_lossy(&decode::base64(text)).into_owned();
                Some((text(&user), text(&password)))
            }
            _ => None,
        };
        if given.is_some() && given == self.shared.login {
            if self.answer(SmtpStage::Auth, "235 2.7.0 Authentication successful")? {
                self.user = given.map(|(user, _)| user);
            }
            return Ok(());
        }
        self.wire.say("535 5.7.8 Authentication credentials invalid")
    }

    fn ask(&mut self, words: &str) -> io::Result<String> {
        self.wire.say(words)?;
        Ok(self.wire.line()?.unwrap_or_default())
    }

    /// The mail itself, up to the line with a single dot; false ends the conversation.
    fn mail(&mut self) -> io::Result<bool> {
        if !self.answer(SmtpStage::Data, "354 End data with <CR><LF>.<CR><LF>")? {
            return Ok(true);
        }
        let mut data = Vec::new();
        loop {
            let Some(line) = self.wire.raw_line()? else { return Ok(false) };
            if self.fault == Some(SmtpFault::CutInMail) || data.len() > MOST_BYTES {
                return Ok(false);
            }
            if line == b"." {
                break;
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            data.extend_from_slice(b"\r\n");
        }
        if let Some(SmtpFault::Answer(SmtpStage::End, code, text)) = self.fault {
            self.wire.say(&format!("{code} {text}"))?;
            return Ok(true);
        }
        let taken = TakenMail {
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            user: self.user.clone(),
            tls: self.wire.start() == Start::Done,
            data,
        };
        held(&self.shared.mails).push(taken);
        match self.fault {
            Some(SmtpFault::CutBeforeYes) => Ok(false),
            Some(SmtpFault::HoldYes) => {
                while self.wire.raw_line()?.is_some() {}
                Ok(false)
            }
            _ => self.wire.say("250 2.0.0 Ok: queued").map(|()| true),
        }
    }
}

/// The address in `FROM:<a@b>` or `TO:<a@b>`.
fn path(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}
