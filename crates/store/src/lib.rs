//! All SQL: migrations, transactions, tenant handles, rollups, archive, jobs.
//!
//! One SQL text runs on SQLite and PostgreSQL. A tenant's rows are reached only through [`Scoped`].

mod archive;
mod assignment;
mod attention;
mod audit;
mod audit_action;
mod book_rules;
mod bulk;
mod business;
mod chain;
mod changes;
mod close;
mod consent;
mod cost;
mod counted;
mod coverage;
mod crosscheck;
mod cut;
mod db;
mod device;
mod email_change;
mod error;
mod expense;
mod feed;
mod figures;
mod file_page;
mod ids;
mod import;
mod job;
mod job_page;
mod journal;
mod keys;
mod label;
mod label_rule;
mod line;
mod line_sum;
mod login_failure;
mod member;
mod message;
mod migrate;
mod names;
mod notice;
mod passkey;
mod password;
mod person;
mod person_token;
mod product;
mod repost;
mod reseal;
mod roll;
mod rollup;
mod schedule;
mod sealed;
mod search;
mod second_factor;
mod seller_account;
mod session;
mod settlement;
mod settlement_page;
mod shift;
mod shred;
mod source;
mod spans;
mod staff;
mod staff_review;
mod stock;
mod tax_setting;
mod tile;
mod trouble;
mod tx;
mod upload;

pub use archive::{Archive, Replaced, Resealed};
pub use assignment::{
    Assignment, AssignmentFilter, MOST_ASSIGNED_DAYS, MOST_ASSIGNMENTS, MOST_REASON, NewAssignment,
};
pub use attention::{Duties, MOST_COUNTED, UncostedProduct};
pub use audit::{Actor, AuditEntry, AuditFault, AuditFilter, AuditProof, Doer, MOST_AUDIT_PAGE};
pub use audit_action::Action;
pub use business::BusinessProfile;
pub use changes::{ChangedLabel, ChangedLine, Changes};
pub use close::{MonthClose, Reopening};
pub use consent::{Channel, ConsentView, Consenting, MessagePurpose, NewConsent};
pub use cost::SoldProduct;
pub use coverage::{Cover, Coverage};
pub use crosscheck::Crosscheck;
pub use db::{Db, WRITER_WAIT};
pub use email_change::EmailChange;
pub use error::{Result, StoreError};
pub use figures::{Filter, UnclassifiedLabel};
pub use file_page::{FilePage, FileSettlement, FileView};
pub use ids::{
    AssignmentId, ExpenseId, FileId, JobId, LabelId, LabelRuleId, MarketplaceId, MessageId, NoticeId,
    PersonId, SellerAccountId, SettlementKey, SkuId, StaffId, StockEventId, TaxSettingId, TenantId, UploadId,
};
pub use import::{Importer, Incoming, Opener, Progress};
pub use job::{Claim, JobView, LEASE_MICROS, Lane, NewJob};
pub use job_page::{JOB_KINDS, JobCursor, JobFilter, JobRow, JobState, MOST_JOB_PAGE, MOST_JOBS_COUNTED};
pub use journal::MOST_UTR_CHARS;
pub use keys::{KeyGeneration, Keys, PLATFORM, RootFit, RootGeneration, key_generations};
pub use label::{LabelDays, LabelEffect, LabelSums, LargeEffect, MOST_READ, RuleChange};
pub use label_rule::{LabelChoice, LabelRuleView, REPOST_JOB};
pub use line::{LineCursor, LineFilter, LineView};
pub use line_sum::MOST_SUMMED;
pub use member::{Member, MemberRole, OwnBusiness};
pub use message::{
    MAIL_JOB, MAIL_ROUND_JOB, MOST_MESSAGES, MailStanding, MessageState, MessageView, NewMail, QueuedMail,
};
pub use migrate::{
    KEY_MIGRATIONS, MIGRATIONS, PLATFORM_TABLES, check_keys_version, check_role, check_version, migrate,
    migrate_keys, postgres_form,
};
pub use notice::{MOST_NOTICES, MOST_UNREAD, NewNotice, NoticeView};
pub use passkey::{MOST_PASSKEYS, NewChallenge, NewPasskey, Passkey};
pub use password::{PAST_PASSWORDS, PasswordRule, PasswordState};
pub use person::{NewPerson, PersonLogin, Profile, Registration, fold_email, taken_field};
pub use person_token::{LiveToken, NewToken, Purpose};
pub use product::{
    ALL_SKUS, MOST_PAGE, Page, ProductColumn, ProductFilter, ProductHistory, ProductKind, ProductRow, Trend,
    TrendRow, UnitDay, WeekRow, Weeks,
};
pub use reseal::{
    RESEAL_JOB, StaleFile, left_behind, reseal_column, resume_rotations, rotate_key, sealed_columns,
};
pub use roll::{Balances, MOST_SINGLE_DAYS};
pub use schedule::{SWEEP_JOB, Schedule};
pub use sealed::{Owner, PERSON_SECRET, SEALED, SECRET, SealedColumn};
pub use search::{
    LineCount, LineOrder, LinePage, LineSearch, LineSort, MOST_SORTED, Search, SearchCursor, accounts_named,
};
pub use second_factor::{RemovedFactors, Totp};
pub use seller_account::SellerAccount;
pub use session::{
    NewSession, SESSION_IDLE_MICROS, SESSION_MOST_MICROS, SessionPerson, SessionView, Signed, Stage, Visit,
};
pub use settlement::{SettlementState, SettlementView};
pub use settlement_page::SettlementPage;
pub use shift::Shift;
pub use shred::{SHRED_JOB, begin_shredding};
pub use source::SourceFile;
pub use spans::MOST_SPANS;
pub use staff::{StaffMember, StaffRole, Standing};
pub use staff_review::{Answer, Quarter, Review, ReviewAnswer, ReviewItem, Right};
pub use stock::{MOST_STOCK_EVENTS, MOST_UNITS, StockEntry};
pub use tax_setting::{TAX_SETTING_JOB, TaxChoice, TaxSettingView, forecast::GstForecast};
pub use trouble::Trouble;
pub use tx::{Platform, Scoped, Tx};
pub use upload::{IMPORT_JOB, ImportResult, ImportedSettlement, NewUpload, Outcome, UploadState, UploadView};
