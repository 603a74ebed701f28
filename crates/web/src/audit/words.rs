//! What each action of the log is called.

use ecom_store::Action;

/// An action in words, as what somebody did.
pub(super) fn of(action: Action) -> &'static str {
    match action {
        Action::CreateBusiness => "registered the business",
        Action::SignIn => "signed in",
        Action::SignOut => "signed out",
        Action::EndSession => "ended sessions of their own",
        Action::ChangeProfile => "changed their name or phone number",
        Action::ChangePassword => "changed their password",
        Action::AddFactor => "turned codes on",
        Action::RemoveFactor => "turned codes off",
        Action::RenewCodes => "made new recovery codes",
        Action::Invite => "invited somebody",
        Action::RevokeInvitation => "took an invitation back",
        Action::Join => "joined the business",
        Action::ChangeRole => "gave a member another role",
        Action::RemoveMember => "took a member out of the business",
        Action::Leave => "left the business",
        Action::SendFile => "sent a file",
        Action::ImportFile => "read a file into the books",
        Action::WithdrawFile => "took a file out of the books",
        Action::ChooseSettlement => "chose the file of a settlement",
        Action::SaveCost => "changed costs of a product",
        Action::RemoveCost => "removed costs of a product",
        Action::AcceptCosts => "took in a sheet of costs",
        Action::AddExpense => "entered an expense",
        Action::EndExpense => "ended an expense",
        Action::RemoveExpense => "removed an expense",
        Action::SetNotices => "chose what mail they get",
        Action::AddLabelRule => "gave a label an account",
        Action::UndoLabelRule => "undid the account of a label",
        Action::PostAgain => "had lines posted anew again",
        Action::AddTaxSetting => "set whether GST on fees is claimed back",
        Action::UndoTaxSetting => "undid a tax setting",
        Action::AddStock => "entered units that came back or were lost",
        Action::RemoveStock => "removed an entry of units",
        Action::SetBookRules => "chose the form of the books",
        Action::SetLedgers => "named ledgers of the books",
        Action::SetPayouts => "entered UTR and bank dates of pay-outs",
        Action::CloseMonth => "closed a month",
        Action::ReopenMonth => "opened a closed month again",
        Action::AddTile => "put a period on the home page",
        Action::RemoveTile => "took a period from the home page",
    }
}
