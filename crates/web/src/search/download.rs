//! All lines that a search finds as a file, in the order of the page, however many there are.

use ecom_documents::Value;
use ecom_store::{LineSearch, LineSort, Search, SearchCursor, Tx};

use super::Order;
use crate::{
    download::Rows,
    fault::{Fault, Page},
    line::download::row,
    seat::{Seat, Viewer},
};

/// Lines that are held at a time: as many as the store gives at once.
const PIECE: usize = 500;

/// The lines of a search, in one snapshot of the books.
pub(super) struct Lines {
    tx: Tx,
    seat: Seat<Viewer>,
    search: LineSearch,
    order: Order,
    after: Option<SearchCursor>,
    over: bool,
}

impl Lines {
    pub(super) fn of(tx: Tx, seat: Seat<Viewer>, search: LineSearch, order: Order) -> Self {
        Self { tx, seat, search, order, after: None, over: false }
    }
}

impl Rows for Lines {
    async fn more(&mut self) -> Page<Vec<Vec<Value>>> {
        if self.over {
            return Ok(Vec::new());
        }
        let mut books = self.seat.books(&mut self.tx).await?;
        let Order { sort, down } = self.order;
        let found = match books.search_lines(&self.search, sort, down, self.after, PIECE).await? {
            Search::Found(found) => found,
            // Too many to be sorted so: they come line by line, as on the page.
            Search::Narrow => {
                self.order = Order::FIRST;
                match books.search_lines(&self.search, LineSort::Line, false, None, PIECE).await? {
                    Search::Found(found) => found,
                    Search::Narrow => return Err(Fault::broken("lines cannot be listed by line")),
                }
            }
        };
        self.after = found.next;
        self.over = found.next.is_none();
        Ok(found.lines.into_iter().map(|line| row(line).to_vec()).collect())
    }
}
