//! A worker with a mail server, and ways for it to die.
#![allow(clippy::unwrap_used, clippy::panic, dead_code, missing_docs, unreachable_pub)]

use std::sync::Arc;

use ecom_ledger::settlement::Options;
use ecom_simulator::SmtpSink;
use ecom_store::{Archive, Importer, MessageId, MessageView, NewJob, NoticeView, PersonId, TenantId, Tx};
use ecom_testkit::World;
use ecom_work::{
    Bell, Live, Stop, Worker,
    mail::{Address, Connection, Draft, Letter, Mail, Parcel, Post, PostFault, Security, Smtp, SmtpSettings},
};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::{Notify, watch};

pub const SITE: &str = "https://books.example.in";

pub fn asha() -> Address {
    Address::new("Asha Rao", "asha@kurta-house.example").unwrap()
}

pub fn settings(port: u16, security: Security) -> SmtpSettings {
    SmtpSettings {
        connection: Connection { host: "127.0.0.1".to_owned(), port, security },
        login: None,
        from: Address::new("Ecom Assistance", "books@example.in").unwrap(),
        authority: None,
    }
}

pub fn smtp(settings: &SmtpSettings) -> Arc<dyn Post> {
    Arc::new(Smtp::new(settings).unwrap())
}

pub fn plain(sink: &SmtpSink) -> Arc<dyn Post> {
    smtp(&settings(sink.port(), Security::Plain))
}

/// A business, and the worker that sends its mail.
pub struct Office {
    pub worker: Worker,
    pub tenant: TenantId,
    pub person: PersonId,
    stop: Stop,
    _keep: watch::Sender<bool>,
}

impl Office {
    pub async fn new(world: &World, post: Option<Arc<dyn Post>>) -> Self {
        let (person, tenant) = world.business("kurta-house").await;
        let keys = world.keys().await;
        keys.create(tenant, world.now()).await.unwrap();
        let archive = Archive::local(&world.folder().join("archive")).unwrap();
        std::fs::create_dir_all(world.folder().join("spool")).unwrap();
        let worker = Worker {
            importer: Importer { db: world.db.clone(), archive, options: Options::new().unwrap() },
            keys,
            spool: world.folder().join("spool"),
            clock: Arc::new(world.clock.clone()),
            bell: Bell::default(),
            live: Live::default(),
            mail: Mail::off(SITE),
        };
        let (keep, stop) = watch::channel(false);
        let mut office = Self { worker, tenant, person, stop, _keep: keep };
        office.set_post(post);
        office
    }

    pub fn set_post(&mut self, post: Option<Arc<dyn Post>>) {
        self.worker.mail = post.map_or_else(|| Mail::off(SITE), |post| Mail::by(post, SITE));
    }

    fn now(&self) -> i64 {
        self.worker.clock.now().as_microsecond()
    }

    /// All jobs that are due now.
    pub async fn work(&self) {
        self.worker.run_due(&self.stop).await.unwrap();
    }

    pub async fn begin_hours(&self) {
        self.worker.begin_hours().await.unwrap();
        self.work().await;
    }

    async fn put(&self, cause: &str, to: &Address, letter: &Letter, tx: &mut Tx) -> Option<MessageId> {
        let token = SecretString::from("the-token".to_owned());
        let (tenant, person) = (Some(self.tenant), Some(self.person));
        let draft = Draft { cause, tenant, person, to, letter, token: Some(&token) };
        draft.write(&mut tx.platform(), self.now()).await.unwrap()
    }

    pub async fn draft(&self, cause: &str, tx: &mut Tx) -> Option<MessageId> {
        let until = self.now() + 24 * 3_600_000_000;
        let letter = Letter::ResetPassword { name: "Asha Rao".into(), page: "/reset/".into(), until };
        self.put(cause, &asha(), &letter, tx).await
    }

    pub async fn write(&self, cause: &str) -> Option<MessageId> {
        self.write_until(cause, self.now() + 24 * 3_600_000_000).await
    }

    pub async fn write_until(&self, cause: &str, until: i64) -> Option<MessageId> {
        let letter = Letter::ResetPassword { name: "Asha Rao".into(), page: "/reset/".into(), until };
        let mut tx = self.worker.importer.db.write().await.unwrap();
        let id = self.put(cause, &asha(), &letter, &mut tx).await;
        tx.commit().await.unwrap();
        id
    }

    /// Writes a letter and sends it.
    pub async fn send(&self, cause: &str, to: &Address, letter: &Letter) {
        let mut tx = self.worker.importer.db.write().await.unwrap();
        self.put(cause, to, letter, &mut tx).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    pub async fn message(&self, id: MessageId) -> MessageView {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().message(id).await.unwrap().unwrap()
    }

    pub async fn messages(&self) -> Vec<MessageView> {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().messages(None, None, 50).await.unwrap()
    }

    pub async fn notices(&self) -> Vec<NoticeView> {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        tx.scoped(self.tenant).await.unwrap().notices(self.person, None, 50).await.unwrap()
    }

    pub async fn failed_jobs(&self) -> i64 {
        self.worker.importer.db.read().await.unwrap().platform().failed_jobs().await.unwrap()
    }

    pub async fn jobs_queued(&self, kind: &str) -> usize {
        let mut tx = self.worker.importer.db.read().await.unwrap();
        let jobs = tx.platform().jobs(self.tenant, kind, 50).await.unwrap();
        jobs.iter().filter(|job| job.state == "queued").count()
    }

    pub async fn enqueue_import(&self) {
        let job = NewJob {
            tenant: Some(self.tenant),
            kind: "import",
            payload: "1",
            dedupe: None,
            run_at: 0,
            most_attempts: 1,
        };
        let mut tx = self.worker.importer.db.write().await.unwrap();
        tx.platform().enqueue(&job, 0).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Claims the next job, as a worker that dies right after.
    pub async fn claim(&self) {
        let mut tx = self.worker.importer.db.write().await.unwrap();
        tx.platform().claim(self.now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Does what the job does up to the commit that says it was sent, as a worker that dies right after.
    pub async fn hand_over(&self, id: MessageId, post: &Arc<dyn Post>) {
        let db = &self.worker.importer.db;
        let mut tx = db.write().await.unwrap();
        let queued = tx.platform().begin_mail(id, "<4@example.in>", self.now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let letter = Letter::from_json(&queued.arguments).unwrap();
        let content = self.worker.mail.render(&letter, queued.secret.as_deref()).unwrap();
        let parcel =
            Parcel { to: asha(), content, message_id: queued.message_id, at: self.worker.clock.now() };
        post.send(&parcel).await.unwrap();
        let mut tx = db.write().await.unwrap();
        tx.platform().mail_sent(id, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// When a worker dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    BeforeSending,
    AfterYes,
}

/// A way out at which the worker dies: what it held is dropped, and nothing after this point happens.
pub struct Dying {
    inner: Arc<dyn Post>,
    when: When,
    dead: Notify,
}

impl Dying {
    pub fn new(inner: Arc<dyn Post>, when: When) -> Arc<Self> {
        Arc::new(Self { inner, when, dead: Notify::new() })
    }

    /// Lets the worker work until it dies.
    pub async fn kill(&self, work: impl Future<Output = ()>) {
        tokio::select! {
            () = work => panic!("the worker lived on"),
            () = self.dead.notified() => {}
        }
    }
}

impl Post for Dying {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<(), PostFault>> {
        Box::pin(async move {
            if self.when == When::AfterYes {
                self.inner.send(parcel).await?;
            }
            self.dead.notify_one();
            std::future::pending().await
        })
    }

    fn domain(&self) -> &str {
        self.inner.domain()
    }
}

/// A way out during which the worker is told to stop: after the yes, before the commit.
pub struct Stopping {
    pub inner: Arc<dyn Post>,
    pub tell: watch::Sender<bool>,
}

impl Post for Stopping {
    fn send<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<(), PostFault>> {
        Box::pin(async move {
            self.inner.send(parcel).await?;
            self.tell.send_replace(true);
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            Ok(())
        })
    }

    fn domain(&self) -> &str {
        self.inner.domain()
    }
}
