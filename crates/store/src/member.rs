//! Who is in which business, in which role. A business always keeps an owner.

use crate::{
    error::{Result, StoreError, expect_one},
    ids::{PersonId, TenantId},
    tx::{Platform, Tx, exec, fetch_all, fetch_one, fetch_optional},
};

/// What a member may do; each may what the smaller ones may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MemberRole {
    /// Looks at the books.
    Viewer,
    /// Works in the books.
    Manager,
    /// Decides who else is in the business, and about its plan.
    Owner,
}

impl MemberRole {
    /// Every role, the smallest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Manager, Self::Owner];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }

    /// As it was stored; a role that this program does not know opens nothing.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A member of a business.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Their role.
    pub role: MemberRole,
    /// Since when.
    pub since: i64,
    /// Whether a second factor is asked of them.
    pub second_factor: bool,
}

/// A business that a person is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnBusiness {
    /// The business.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Their role in it.
    pub role: MemberRole,
}

impl Platform<'_> {
    /// The members of a business, owners first.
    pub async fn members(&mut self, tenant: TenantId) -> Result<Vec<Member>> {
        let rows = fetch_all!(
            (i64, String, String, String, i64, i64),
            self.tx,
            "select p.id, p.name, p.email, m.role, m.created_at,
                    (select count(*) from totp t where t.person = p.id and t.confirmed_at is not null)
                  + (select count(*) from passkey k where k.person = p.id)
             from membership m join person p on p.id = m.person where m.tenant = $1
             order by case m.role when 'owner' then 0 when 'manager' then 1 else 2 end, p.name, p.id",
            tenant.0,
        )?;
        let member = |(person, name, email, role, since, factors): (i64, _, _, String, _, i64)| {
            let role = MemberRole::from_name(&role).ok_or(StoreError::Corrupt("membership"))?;
            Ok(Member { person: PersonId(person), name, email, role, since, second_factor: factors > 0 })
        };
        rows.into_iter().map(member).collect()
    }

    /// The businesses that a person is in, by name.
    pub async fn businesses_of(&mut self, person: PersonId) -> Result<Vec<OwnBusiness>> {
        let rows = fetch_all!(
            (i64, String, String),
            self.tx,
            "select b.id, b.name, m.role from membership m join business b on b.id = m.tenant and b.state = 'active'
             where m.person = $1 order by b.name, b.id",
            person.0,
        )?;
        let own = |(tenant, name, role): (i64, _, String)| {
            let role = MemberRole::from_name(&role).ok_or(StoreError::Corrupt("membership"))?;
            Ok(OwnBusiness { tenant: TenantId(tenant), name, role })
        };
        rows.into_iter().map(own).collect()
    }

    /// Lets a person into a business. Somebody who is in it already keeps the greater of both roles.
    pub async fn add_member(
        &mut self,
        tenant: TenantId,
        person: PersonId,
        role: MemberRole,
        now: i64,
    ) -> Result<()> {
        self.lock_members(tenant).await?;
        let members = self.members(tenant).await?;
        match members.iter().find(|member| member.person == person) {
            Some(member) if member.role >= role => Ok(()),
            Some(_) => self.write_role(tenant, person, role).await,
            None => exec!(
                self.tx,
                "insert into membership (person, tenant, role, created_at) values ($1, $2, $3, $4)",
                person.0,
                tenant.0,
                role.name(),
                now,
            )
            .map(drop),
        }
    }

    /// Takes a turn with the members of a business, until the transaction ends. Who has not at least this role in it, by
    /// now, is `Missing`: what they were allowed when they asked does not outlive it.
    pub async fn hold_role(&mut self, tenant: TenantId, person: PersonId, least: MemberRole) -> Result<()> {
        self.lock_members(tenant).await?;
        let row = fetch_optional!(
            (String,),
            self.tx,
            "select role from membership where tenant = $1 and person = $2",
            tenant.0,
            person.0,
        )?;
        let role = row.and_then(|(role,)| MemberRole::from_name(&role));
        if role.is_some_and(|role| role >= least) { Ok(()) } else { Err(StoreError::Missing("member")) }
    }

    /// Gives a member another role. The last owner stays one: `Conflict`. Invitations that somebody made who is no owner
    /// any more stop working: by one they could come back.
    pub async fn set_member_role(
        &mut self,
        tenant: TenantId,
        person: PersonId,
        role: MemberRole,
    ) -> Result<()> {
        self.lock_members(tenant).await?;
        if role != MemberRole::Owner {
            self.keep_an_owner(tenant, person).await?;
            self.revoke_invitations_by(tenant, person).await?;
        }
        self.write_role(tenant, person, role).await
    }

    /// Takes a person out of a business; their sessions there end, and the invitations they made stop working. The last
    /// owner stays: `Conflict`.
    pub async fn remove_member(&mut self, tenant: TenantId, person: PersonId) -> Result<()> {
        self.lock_members(tenant).await?;
        self.keep_an_owner(tenant, person).await?;
        self.revoke_invitations_by(tenant, person).await?;
        let removed =
            exec!(self.tx, "delete from membership where tenant = $1 and person = $2", tenant.0, person.0)?;
        if removed == 0 {
            return Err(StoreError::Missing("member"));
        }
        exec!(
            self.tx,
            "update session set tenant = null where tenant = $1 and person = $2",
            tenant.0,
            person.0
        )?;
        expect_one("membership", removed)
    }

    async fn write_role(&mut self, tenant: TenantId, person: PersonId, role: MemberRole) -> Result<()> {
        let changed = exec!(
            self.tx,
            "update membership set role = $3 where tenant = $1 and person = $2",
            tenant.0,
            person.0,
            role.name(),
        )?;
        if changed == 0 { Err(StoreError::Missing("member")) } else { expect_one("membership", changed) }
    }

    /// Two owners who leave at the same time would leave none.
    async fn lock_members(&mut self, tenant: TenantId) -> Result<()> {
        if let Tx::Postgres(tx) = self.tx {
            sqlx::query("select 1 from business where id = $1 for no key update")
                .bind(tenant.0)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    async fn keep_an_owner(&mut self, tenant: TenantId, leaving: PersonId) -> Result<()> {
        let (others,) = fetch_one!(
            (i64,),
            self.tx,
            "select count(*) from membership where tenant = $1 and person <> $2 and role = 'owner'",
            tenant.0,
            leaving.0,
        )?;
        if others > 0 {
            return Ok(());
        }
        let members = self.members(tenant).await?;
        let last = members.iter().any(|member| member.person == leaving && member.role == MemberRole::Owner);
        if last { Err(StoreError::Conflict("a business keeps an owner".to_owned())) } else { Ok(()) }
    }
}
