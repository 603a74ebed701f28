//! The products of the made-up seller.

use crate::chance::Chance;

const KINDS: [(&str, &str, i64, i64); 12] = [
    ("KURTA", "Block-print kurta", 64_900, 500),
    ("TIFFIN", "Steel tiffin, three tier", 59_900, 1200),
    ("BED", "Cotton bedsheet, king, ajrakh", 139_900, 500),
    ("MUG", "Stoneware mug", 34_900, 1200),
    ("LAMP", "Brass table lamp", 189_900, 1800),
    ("CHAI", "Masala chai sampler", 44_900, 500),
    ("DIARY", "Handmade paper diary", 27_900, 1800),
    ("DURRIE", "Cotton durrie, 4 × 6 ft", 219_900, 500),
    ("KADHAI", "Iron kadhai, 26 cm", 99_900, 1200),
    ("CUSHION", "Cushion covers, set of five", 74_900, 500),
    ("BOTTLE", "Copper water bottle, 1 litre", 84_900, 1800),
    ("SAREE", "Chanderi saree", 249_900, 500),
];
const COLOURS: [(&str, &str); 5] = [
    ("BLU", "indigo"),
    ("RED", "madder red"),
    ("GRN", "leaf green"),
    ("YEL", "turmeric"),
    ("NAT", "natural"),
];
const SIZES: [&str; 5] = ["S", "M", "L", "XL", "2"];

/// A product. Money in paise without GST.
#[derive(Clone, Debug)]
pub struct Product {
    /// Seller's stock-keeping unit.
    pub sku: String,
    /// Name for people.
    pub name: String,
    /// Price without GST.
    pub price: i64,
    /// GST on the product in basis points.
    pub gst_bp: i64,
    /// Referral fee in basis points of the price with GST.
    pub referral_bp: i64,
    /// What a unit costs the seller, without GST.
    pub cost: i64,
}

/// The products of a seller, most popular first.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The products.
    pub products: Vec<Product>,
}

impl Catalogue {
    /// `count` products of a seed.
    pub fn new(seed: u64, count: usize) -> Self {
        let mut chance = Chance::new(seed ^ 0xCA7A_1060);
        Self { products: (0..count).map(|index| product(index, &mut chance)).collect() }
    }
}

fn product(index: usize, chance: &mut Chance) -> Product {
    let (code, name, price, gst_bp) = KINDS[index % KINDS.len()];
    let (colour_code, colour) = COLOURS[index / KINDS.len() % COLOURS.len()];
    let round = index / (KINDS.len() * COLOURS.len());
    let size = SIZES[round % SIZES.len()];
    let edition = round / SIZES.len();
    let suffix = if edition == 0 { String::new() } else { format!("-{edition}") };
    // Whole rupees between 70 % and 140 % of the kind's usual price.
    let price = price * chance.between(70, 140) / 100 / 100 * 100;
    Product {
        sku: format!("{code}-{colour_code}-{size}{suffix}"),
        name: format!("{name}, {colour}, {size}{suffix}"),
        price,
        gst_bp,
        referral_bp: chance.between(40, 190) * 10,
        cost: price * chance.between(32, 58) / 100,
    }
}
