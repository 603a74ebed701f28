//! What surrounds a page: title, navigation with counts of what somebody must act on, who is signed in.

use ecom_store::{Duties, MOST_COUNTED, StaffRole};

use crate::{
    money,
    staff::navigation::{DESK, TO_STAFF},
};

/// Where in the navigation a page belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Here {
    /// Nowhere.
    Outside,
    /// The first page.
    Home,
    /// The profit statement, and what explains it.
    Statement,
    /// Products, and what of them changes over time.
    Products,
    /// Settlements.
    Settlements,
    /// Search of lines.
    Search,
    /// Labels and their accounts.
    Labels,
    /// Costs of products.
    Costs,
    /// Indirect expenses.
    Expenses,
    /// Closing months.
    Close,
    /// Books for the accountant.
    Books,
    /// Files: importing and withdrawing.
    Files,
    /// Notices, what was sent, and what one gets.
    Notices,
    /// Who is in the business.
    People,
    /// One's own account: reached by one's name.
    Account,
    /// Settings of the business.
    Settings,
    /// The platform's staff: where they begin.
    Staff,
    /// Businesses one is assigned to.
    StaffBusinesses,
    /// Who may enter which business.
    Assignments,
    /// Who is staff.
    StaffPeople,
    /// The quarterly review.
    Review,
    /// Work of the program.
    Jobs,
    /// The platform's record.
    StaffRecord,
}

/// An entry of the navigation.
pub(crate) struct Item {
    pub(crate) here: Here,
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    /// The path of its icon, drawn in strokes on 24 × 24.
    pub(crate) icon: &'static str,
    /// Whether it is in the bar of a phone: at most four are.
    pub(crate) bar: bool,
}

/// A group of the navigation.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) items: &'static [Item],
}

/// The navigation at the left; the phone's bar takes those marked for it.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        title: "Day to day",
        items: &[
            Item {
                here: Here::Home,
                href: "/",
                label: "Home",
                icon: "M4 11l8-7 8 7M6 10v9h12v-9M10 19v-5h4v5",
                bar: true,
            },
            Item {
                here: Here::Notices,
                href: "/notices",
                label: "Notices",
                icon: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4",
                bar: false,
            },
        ],
    },
    Section {
        title: "Money",
        items: &[
            Item {
                here: Here::Statement,
                href: "/statement",
                label: "Profit",
                icon: "M4 19V5M4 19h16M8 15l4-5 3 3 5-7",
                bar: true,
            },
            Item {
                here: Here::Products,
                href: "/products",
                label: "Products",
                icon: "M4 4h7l9 9-7 7-9-9zM8 8h.01",
                bar: false,
            },
            Item {
                here: Here::Settlements,
                href: "/settlements",
                label: "Settlements",
                icon: "M4 6h16v12H4zM4 10h16M8 14h4",
                bar: true,
            },
            Item {
                here: Here::Search,
                href: "/search",
                label: "Search lines",
                icon: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
                bar: false,
            },
            Item {
                here: Here::Labels,
                href: "/labels",
                label: "Labels",
                icon: "M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01",
                bar: false,
            },
            Item {
                here: Here::Costs,
                href: "/costs",
                label: "Costs",
                icon: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
                bar: false,
            },
            Item {
                here: Here::Expenses,
                href: "/expenses",
                label: "Expenses",
                icon: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
                bar: false,
            },
            Item {
                here: Here::Close,
                href: "/close",
                label: "Month close",
                icon: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4",
                bar: false,
            },
            Item {
                here: Here::Books,
                href: "/books",
                label: "Books",
                icon: "M6 4h13v13H7.5A1.5 1.5 0 0 0 6 18.5zM6 18.5A1.5 1.5 0 0 0 7.5 20H19v-3M10 8h5",
                bar: false,
            },
        ],
    },
    Section {
        title: "Business",
        items: &[
            Item {
                here: Here::Files,
                href: "/uploads",
                label: "Files",
                icon: "M12 4v11M8 11l4 4 4-4M5 20h14",
                bar: true,
            },
            Item {
                here: Here::People,
                href: "/people",
                label: "People",
                icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.5 2.5-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3 2.800 3 5.500",
                bar: false,
            },
            Item {
                here: Here::Settings,
                href: "/settings/tax",
                label: "Settings",
                icon: "M4 7h9M17 7h3M13 5v4M4 12h3M11 12h9M7 10v4M4 17h11M19 17h1M15 15v4",
                bar: false,
            },
        ],
    },
];

/// What the staff see while they are in a business that is not theirs.
pub(crate) struct VisitBar {
    pub(crate) role: &'static str,
    pub(crate) reason: String,
    pub(crate) until: String,
}

/// Which navigation a page has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Room {
    /// That of a business.
    Business,
    /// That of the staff.
    Desk,
    /// None: a person on pages of their own, in no business.
    Apart,
}

/// Who is signed in, for the foot of the navigation.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: String,
    /// Empty for somebody who is in none.
    pub(crate) business: String,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) here: Here,
    pub(crate) who: Option<Who>,
    /// What waits for somebody.
    pub(crate) duties: Duties,
    /// Notices that are not read yet, up to a limit.
    pub(crate) unread: i64,
    /// Reload after this many seconds where there is no script.
    pub(crate) reload_s: Option<u8>,
    /// Whether the staff's review of this quarter waits.
    review_due: bool,
    /// For the staff in a business that is not theirs.
    pub(crate) visit: Option<VisitBar>,
    room: Room,
    staff: Option<StaffRole>,
}

impl Frame {
    /// The frame of a page that needs nobody to be signed in.
    pub(crate) fn outside(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            here: Here::Outside,
            who: None,
            duties: Duties::default(),
            unread: 0,
            reload_s: None,
            review_due: false,
            visit: None,
            room: Room::Business,
            staff: None,
        }
    }

    /// The frame of a page for somebody.
    pub(crate) fn inside(title: impl Into<String>, here: Here, who: Who, duties: Duties) -> Self {
        Self { here, who: Some(who), duties, ..Self::outside(title) }
    }

    /// The frame of a page of the staff.
    pub(crate) fn desk(title: impl Into<String>, here: Here, name: String, role: StaffRole) -> Self {
        let who = Who { name, business: String::new() };
        Self { here, who: Some(who), room: Room::Desk, staff: Some(role), ..Self::outside(title) }
    }

    /// The frame of a person's own pages, who is in no business.
    pub(crate) fn apart(
        title: impl Into<String>,
        here: Here,
        name: String,
        staff: Option<StaffRole>,
    ) -> Self {
        let room = if staff.is_some() { Room::Desk } else { Room::Apart };
        let who = Who { name, business: String::new() };
        Self { here, who: Some(who), room, staff, ..Self::outside(title) }
    }

    /// Shows the way to the staff's pages, and what waits there.
    pub(crate) fn of_staff(mut self, role: Option<StaffRole>, review_due: bool) -> Self {
        (self.staff, self.review_due) = (role, review_due);
        self
    }

    /// Says for what one of the staff is here.
    pub(crate) fn visiting(mut self, visit: Option<VisitBar>) -> Self {
        self.visit = visit;
        self
    }

    /// The navigation of this page, for this person.
    pub(crate) fn sections(&self) -> Vec<&'static Section> {
        match self.room {
            Room::Business => SECTIONS.iter().chain(self.staff.map(|_| TO_STAFF)).collect(),
            Room::Desk => {
                let may = |least: StaffRole| self.staff.is_some_and(|role| role >= least);
                DESK.iter().filter(|(least, _)| may(*least)).map(|(_, section)| *section).collect()
            }
            Room::Apart => Vec::new(),
        }
    }

    /// Says how many notices are not read yet.
    pub(crate) fn unread(mut self, unread: i64) -> Self {
        self.unread = unread;
        self
    }

    /// Reloads the page by itself where there is no script.
    pub(crate) fn reloading(mut self, seconds: Option<u8>) -> Self {
        self.reload_s = seconds;
        self
    }

    /// How many things wait for somebody on a page of the navigation, in words.
    pub(crate) fn waiting(&self, item: &Item) -> Option<(String, &'static str)> {
        let (count, words) = match item.href {
            "/settlements" => (self.duties.settlements, "to decide"),
            "/labels" => (self.duties.labels, "not understood"),
            "/costs" => (self.duties.products, "without a cost"),
            "/notices" => (self.unread, "unread"),
            "/staff/review" => (i64::from(self.review_due), "due"),
            "/staff" if self.room == Room::Business => (i64::from(self.review_due), "review due"),
            _ => (0, ""),
        };
        let shown = if count < MOST_COUNTED { money::count(count) } else { format!("{}+", MOST_COUNTED - 1) };
        (count > 0).then_some((shown, words))
    }
}
