//! What the audit log can tell of: one list, from which names and their reading follow.

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// Something that was done.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the log. It stays as it is: entries hold it for good.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The action of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

actions! {
    /// A business came to be.
    CreateBusiness = "business.create";
    /// Name, State or GSTIN of the business were changed.
    ChangeBusiness = "business.save";
    /// Somebody signed in.
    SignIn = "session.create";
    /// Somebody signed out.
    SignOut = "session.delete";
    /// Somebody ended sessions of theirs.
    EndSession = "session.end";
    /// Somebody changed their name or phone number.
    ChangeProfile = "account.save";
    /// Somebody changed their password.
    ChangePassword = "account.password";
    /// Somebody who forgot their password chose a new one, or the operator gave them one.
    ResetPassword = "account.reset_password";
    /// Somebody showed that their address is theirs.
    VerifyEmail = "account.verify_email";
    /// Somebody asked for another address.
    AskEmail = "account.ask_email";
    /// A change of somebody's address was stopped.
    StopEmail = "account.stop_email";
    /// Somebody's address changed, or the operator changed it.
    ChangeEmail = "account.email";
    /// Somebody turned codes on.
    AddFactor = "account.add_factor";
    /// Somebody turned codes off.
    RemoveFactor = "account.remove_factor";
    /// The operator took codes and passkeys from somebody who has lost theirs.
    ResetFactors = "account.reset_factors";
    /// Somebody added a passkey.
    AddPasskey = "account.add_passkey";
    /// Somebody removed a passkey.
    RemovePasskey = "account.remove_passkey";
    /// Somebody made new recovery codes.
    RenewCodes = "account.renew_codes";
    /// Somebody was invited.
    Invite = "member.invite";
    /// An invitation was taken back.
    RevokeInvitation = "member.revoke";
    /// Somebody joined the business.
    Join = "member.create";
    /// A member got another role.
    ChangeRole = "member.role";
    /// Somebody gave ownership to another member.
    GiveOwnership = "member.ownership";
    /// A member was taken out of the business.
    RemoveMember = "member.remove";
    /// Somebody left the business.
    Leave = "member.leave";
    /// A file was sent.
    SendFile = "upload.create";
    /// A file was read into the books.
    ImportFile = "file.create";
    /// A file was taken out of the books.
    WithdrawFile = "file.withdraw";
    /// One of several files was chosen for a settlement.
    ChooseSettlement = "settlement.choose";
    /// Costs of a product were changed.
    SaveCost = "cost.save";
    /// Costs of a product were removed.
    RemoveCost = "cost.remove";
    /// A sheet of costs was taken in.
    AcceptCosts = "cost.accept_sheet";
    /// An expense was entered.
    AddExpense = "expense.create";
    /// An expense got a last day.
    EndExpense = "expense.end";
    /// An expense was removed.
    RemoveExpense = "expense.remove";
    /// A person chose what mail they get.
    SetNotices = "consent.save";
    /// A label got an account.
    AddLabelRule = "label.create_rule";
    /// The account of a label was undone.
    UndoLabelRule = "label.undo_rule";
    /// Lines were posted anew once more.
    PostAgain = "label.post_again";
    /// It was set whether GST on fees is claimed back.
    AddTaxSetting = "tax_setting.create";
    /// A tax setting was undone.
    UndoTaxSetting = "tax_setting.undo";
    /// Units that came back or were lost were entered.
    AddStock = "stock.create";
    /// An entry of units was removed.
    RemoveStock = "stock.remove";
    /// The form of the books was chosen.
    SetBookRules = "books.rules";
    /// Ledgers of the books were named.
    SetLedgers = "books.ledgers";
    /// UTR and bank date of pay-outs were entered.
    SetPayouts = "books.payouts";
    /// A month was closed.
    CloseMonth = "close.create";
    /// A closed month was opened again.
    ReopenMonth = "close.reopen";
    /// A period was put on the home page.
    AddTile = "tile.create";
    /// A period was taken from the home page.
    RemoveTile = "tile.remove";
    /// Somebody became one of the platform's staff.
    AddStaff = "staff.create";
    /// One of the staff got another role.
    ChangeStaffRole = "staff.role";
    /// Somebody is no longer one of the staff.
    EndStaff = "staff.end";
    /// Somebody was invited to be one of the staff.
    InviteStaff = "staff.invite";
    /// An invitation to be one of the staff was taken back.
    RevokeStaffInvitation = "staff.revoke";
    /// One of the staff may enter the business.
    Assign = "assignment.create";
    /// One of the staff may enter the business no more.
    EndAssignment = "assignment.end";
    /// One of the staff looked at the books, for the first time of a day.
    UseAssignment = "assignment.use";
    /// A right of one of the staff was looked at and kept.
    KeepRight = "review.keep";
    /// A right of one of the staff was looked at and ended.
    EndRight = "review.end";
    /// The review of all rights of the staff was finished.
    FinishReview = "review.finish";
    /// A job that had failed was queued again.
    RetryJob = "job.retry";
    /// A job was cancelled.
    CancelJob = "job.cancel";
}

impl Action {
    /// Whether the platform's own log tells of it.
    pub fn is_of_platform(self) -> bool {
        let kinds = ["staff", "assignment", "review", "job", "account", "session"];
        kinds.contains(&self.kind())
    }

    /// Whether the log of a business tells of it.
    pub fn is_of_business(self) -> bool {
        !["staff", "review"].contains(&self.kind())
    }

    /// What it is about.
    fn kind(self) -> &'static str {
        self.name().split('.').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_fits_the_log() {
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(*action));
            assert!(action.name().bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)));
        }
        assert_eq!(Action::from_name("close"), None);
    }
}
