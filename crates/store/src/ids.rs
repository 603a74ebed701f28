//! Ids as types of their own, so that a file's id cannot be taken for a settlement's.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A business, whose data no other business sees.
    TenantId;
    /// A person who can sign in.
    PersonId;
    /// A job.
    JobId;
    /// An account at Amazon of a business.
    SellerAccountId;
    /// A file as it was sent; a zip holds several.
    UploadId;
    /// An imported file.
    FileId;
    /// An indirect expense.
    ExpenseId;
    /// A marketplace of a tenant's files, such as `Amazon.in`; 0 is none.
    MarketplaceId;
    /// A product of a tenant by its stock-keeping unit; 0 is none.
    SkuId;
    /// A settlement as one file gave it.
    SettlementKey;
    /// A label of a tenant's files.
    LabelId;
    /// A tenant's own rule of the taxonomy.
    LabelRuleId;
    /// A dated setting of whether GST on fees is claimed back.
    TaxSettingId;
    /// Units that came back, were lost or damaged.
    StockEventId;
    /// A message that was written to somebody.
    MessageId;
    /// A notice of a business for one of its members.
    NoticeId;
    /// A time in which somebody is of the platform's staff in one role.
    StaffId;
    /// The leave of one of the staff to enter a business.
    AssignmentId;
}
