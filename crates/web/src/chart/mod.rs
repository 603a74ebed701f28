//! Charts as SVG, drawn by the server: they work without script, under a strict policy, and in print.
//!
//! Widths are shares of the page, so that text keeps its size; heights are pixels. A table with the exact figures
//! stands behind each chart. Integers only: shares are hundredths of a per cent.

mod scale;
mod stack;
mod timeline;
mod waterfall;

pub(crate) use stack::{Column, Stack, StackChart};
pub(crate) use timeline::{Lane, Stretch, TimelineChart, around};
pub(crate) use waterfall::{Step, WaterfallChart};

/// Which colour a shape has: a name of the style sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Series {
    /// Profit; what one earns.
    Profit,
    /// Cost of goods.
    Goods,
    /// Fees.
    Fees,
    /// Advertising.
    Ads,
    /// What is in the balance sheet, not in profit.
    Balance,
    /// A sum.
    Total,
    /// What is lost.
    Loss,
    /// What someone must look at.
    Attention,
}

impl Series {
    /// The class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Profit => "s-profit",
            Self::Goods => "s-goods",
            Self::Fees => "s-fees",
            Self::Ads => "s-ads",
            Self::Balance => "s-balance",
            Self::Total => "s-total",
            Self::Loss => "s-loss",
            Self::Attention => "s-attention",
        }
    }
}
