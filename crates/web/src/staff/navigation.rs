//! The navigation of the staff: each section with the least role that sees it.

use ecom_store::StaffRole;

use crate::frame::{Here, Item, Section};

/// Leads the staff from a business to their own pages.
pub(crate) const TO_STAFF: &Section = &Section {
    title: "Platform",
    items: &[Item {
        here: Here::Staff,
        href: "/staff",
        label: "Staff",
        icon: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
        bar: false,
    }],
};

/// The pages of the staff, each with the least role that sees it.
pub(crate) const DESK: &[(StaffRole, &Section)] = &[
    (
        StaffRole::Support,
        &Section {
            title: "Platform",
            items: &[
                Item {
                    here: Here::Staff,
                    href: "/staff",
                    label: "Staff",
                    icon: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
                    bar: true,
                },
                Item {
                    here: Here::StaffBusinesses,
                    href: "/staff/businesses",
                    label: "Businesses",
                    icon: "M4 20V9l4-5h8l4 5v11M4 9h16M9 20v-6h6v6",
                    bar: true,
                },
            ],
        },
    ),
    (
        StaffRole::SeniorOperations,
        &Section {
            title: "Operations",
            items: &[
                Item {
                    here: Here::Assignments,
                    href: "/staff/assignments",
                    label: "Assignments",
                    icon: "M8 4h8v3H8zM6 5.500H5V20h14V5.500h-1M9 13l2 2 4-4",
                    bar: true,
                },
                Item {
                    here: Here::Jobs,
                    href: "/staff/jobs",
                    label: "Jobs",
                    icon: "M4 7h10M4 12h16M4 17h7M18 5v4M15 15v4",
                    bar: true,
                },
            ],
        },
    ),
    (
        StaffRole::Administrator,
        &Section {
            title: "Administration",
            items: &[
                Item {
                    here: Here::StaffPeople,
                    href: "/staff/people",
                    label: "Who is staff",
                    icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.500 2.500-6 6-6s6 2.500 6 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3 2.800 3 5.500",
                    bar: false,
                },
                Item {
                    here: Here::Review,
                    href: "/staff/review",
                    label: "Access review",
                    icon: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M9 15l2 2 4-4",
                    bar: false,
                },
                Item {
                    here: Here::StaffRecord,
                    href: "/staff/audit",
                    label: "Record",
                    icon: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
                    bar: false,
                },
            ],
        },
    ),
];
