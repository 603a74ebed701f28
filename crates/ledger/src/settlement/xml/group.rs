//! One transaction of the XML, collected until its end tag: its amounts, and what each of them is about.

/// An amount within a transaction.
pub(super) struct Money {
    /// Line of the file, from 1.
    pub(super) line: u64,
    /// Which amount of that line, from 1.
    pub(super) column: u32,
    /// The element that holds the amount, such as `Amount` or `BaseAmount`.
    pub(super) element: String,
    /// The part of the transaction it stands in, such as `ItemFees`; empty for the transaction itself.
    pub(super) part: String,
    /// What it is for, by the `Type` beside it; empty if there is none.
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) currency: String,
    /// Which of the items and posting dates; 0 is that of the transaction itself.
    pub(super) item: usize,
    pub(super) fulfilment: usize,
    /// How deep the element around it stands; 0 is the transaction.
    parent: usize,
}

/// An item of an order, or of another transaction.
#[derive(Default)]
pub(super) struct Item {
    pub(super) sku: String,
    pub(super) quantity: String,
}

/// An open element.
#[derive(Default)]
struct Frame {
    name: String,
    /// The text of its `Type`.
    kind: String,
    /// The amount that it is.
    money: Option<usize>,
    /// Amounts before it.
    before: usize,
}

/// A transaction.
#[derive(Default)]
pub(super) struct Group {
    /// Name of its element, such as `Order`.
    name: String,
    transaction_type: String,
    description: String,
    pub(super) order: String,
    pub(super) marketplace: String,
    pub(super) posted: Vec<String>,
    pub(super) items: Vec<Item>,
    pub(super) money: Vec<Money>,
    frames: Vec<Frame>,
    item: usize,
    fulfilment: usize,
}

/// Elements that wrap a type and an amount, or an item, and say nothing about the kind of money.
const WRAPPERS: [&str; 6] =
    ["Component", "Fee", "Item", "AdjustedItem", "Fulfillment", "OtherTransactionItem"];
const ITEMS: [&str; 3] = ["Item", "AdjustedItem", "OtherTransactionItem"];

impl Group {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            posted: vec![String::new()],
            items: vec![Item::default()],
            frames: vec![Frame { name: name.to_owned(), ..Frame::default() }],
            ..Self::default()
        }
    }

    pub(super) fn is_order(&self) -> bool {
        self.name == "Order"
    }

    /// Opens an element within the transaction. One with a currency is an amount.
    pub(super) fn open(&mut self, name: &str, currency: Option<String>, line: u64, column: u32) {
        let mut frame = Frame { name: name.to_owned(), before: self.money.len(), ..Frame::default() };
        if ITEMS.contains(&name) {
            self.items.push(Item::default());
            self.item = self.items.len() - 1;
        } else if name == "Fulfillment" {
            self.posted.push(String::new());
            self.fulfilment = self.posted.len() - 1;
        }
        if let Some(currency) = currency {
            let around = self.frames.iter().skip(1).rev().map(|frame| &frame.name);
            let part = around.filter(|name| !WRAPPERS.contains(&name.as_str())).map(Clone::clone).next();
            frame.money = Some(self.money.len());
            self.money.push(Money {
                line,
                column,
                element: name.to_owned(),
                part: part.unwrap_or_default(),
                kind: String::new(),
                text: String::new(),
                currency,
                item: self.item,
                fulfilment: self.fulfilment,
                parent: self.frames.len() - 1,
            });
        }
        self.frames.push(frame);
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self, text: &str) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(money) = frame.money.and_then(|at| self.money.get_mut(at)) {
            text.clone_into(&mut money.text);
            return;
        }
        let depth = self.frames.len();
        for money in self.money[frame.before..].iter_mut().filter(|money| money.parent == depth) {
            money.kind.clone_from(&frame.kind);
        }
        if ITEMS.contains(&frame.name.as_str()) {
            self.item = 0;
        } else if frame.name == "Fulfillment" {
            self.fulfilment = 0;
        }
        self.text(&frame.name, text);
    }

    fn text(&mut self, element: &str, text: &str) {
        let target = match element {
            "TransactionType" => &mut self.transaction_type,
            "AmazonOrderID" => &mut self.order,
            "MarketplaceName" => &mut self.marketplace,
            "CouponDescription" | "DealDescription" | "PaymentReason" => &mut self.description,
            "PostedDate" => &mut self.posted[self.fulfilment],
            "SKU" => &mut self.items[self.item].sku,
            "Quantity" => &mut self.items[self.item].quantity,
            "Type" => match self.frames.last_mut() {
                Some(around) => &mut around.kind,
                None => return,
            },
            _ => return,
        };
        text.clone_into(target);
    }

    /// Which amounts are lines, given all of them in minor units: the parts if they sum to the whole, else the
    /// whole of advertising, else everything, so that check F1 tells.
    pub(super) fn lines(&self, amounts: &[i64]) -> Vec<bool> {
        let advertising = self.name == "AdvertisingTransactionDetails";
        let whole = |money: &Money| {
            if advertising { money.element == "TransactionAmount" } else { money.parent == 0 }
        };
        let sum = |wanted: bool| -> i128 {
            let both = self.money.iter().zip(amounts).filter(|(money, _)| whole(money) == wanted);
            both.map(|(_, &amount)| i128::from(amount)).sum()
        };
        let count = |wanted: bool| self.money.iter().filter(|money| whole(money) == wanted).count();
        if count(true) == 0 || count(false) == 0 {
            return vec![true; self.money.len()];
        }
        let parts_are_lines = sum(true) == sum(false);
        self.money
            .iter()
            .map(|money| if whole(money) { !parts_are_lines } else { parts_are_lines || !advertising })
            .collect()
    }

    /// Label triple of an amount, as V2 writes it.
    pub(super) fn label(&self, money: &Money) -> [String; 3] {
        let own = |text: &str| text.to_owned();
        let transaction = match self.name.as_str() {
            "GuaranteeClaim" => "A-to-z Guarantee Refund",
            "Chargeback" => "Chargeback Refund",
            "Retrocharge" => "Order_Retrocharge",
            "RetrochargeReversal" => "Refund_Retrocharge",
            name => name,
        };
        let part = match money.part.as_str() {
            "ItemPrice" | "ItemPriceAdjustments" => "ItemPrice",
            "ItemFees" | "ItemFeeAdjustments" => "ItemFees",
            "Promotion" | "PromotionAdjustment" => "Promotion",
            "ShipmentFees" | "ShipmentFeeAdjustments" => "Shipment-Fees",
            "OrderFees" | "OrderFeeAdjustments" => "Order-Fees",
            "ItemTaxWithheld" | "ItemTaxWithheldAdjustments" | "TaxWithheldComponents" => "ItemWithheldTax",
            part => part,
        };
        match (self.name.as_str(), money.element.as_str()) {
            ("AdvertisingTransactionDetails", "BaseAmount") => {
                [own(SERVICE), self.advertising(), own("Base amount")]
            }
            ("AdvertisingTransactionDetails", "TaxAmount") => {
                [own(SERVICE), self.advertising(), own("Tax on fee")]
            }
            ("AdvertisingTransactionDetails", _) => {
                [own(SERVICE), self.advertising(), own("TransactionTotalAmount")]
            }
            ("SellerDealPayment", _) => [own(SERVICE), own("Deals"), own("Promotion Fee")],
            ("SellerCouponPayment", _) => {
                [own("CouponRedemptionFee"), own("CouponRedemptionFee"), own(&self.description)]
            }
            ("OtherTransaction", _) if money.kind.is_empty() => {
                [own(OTHER), own(OTHER), own(&self.transaction_type)]
            }
            ("OtherTransaction", _) => [own(OTHER), own(&self.transaction_type), own(&money.kind)],
            _ => {
                let kind = if money.kind.is_empty() { &money.element } else { &money.kind };
                [own(transaction), own(part), own(kind)]
            }
        }
    }

    fn advertising(&self) -> String {
        let refund = self.transaction_type.eq_ignore_ascii_case("Refund");
        if refund { "Refund for Advertiser" } else { "Cost of Advertising" }.to_owned()
    }
}

const SERVICE: &str = "ServiceFee";
const OTHER: &str = "other-transaction";
