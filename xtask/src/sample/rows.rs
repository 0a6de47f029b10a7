//! What stands in the sample database.

use super::{DEFECT_PRODUCT, DEFECT_SINCE, dice::Dice};

const CUSTOMERS: u32 = 600;
const PRODUCTS: u32 = 120;
const ORDERS: u32 = 3_000;
const MOST_LINES: u32 = 5;

/// The rows of all tables, by id from 1.
pub(super) struct Shop {
    pub(super) customers: Vec<Customer>,
    pub(super) products: Vec<Product>,
    pub(super) orders: Vec<Order>,
}

pub(super) struct Customer {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) city: &'static str,
    pub(super) country: &'static str,
}

pub(super) struct Product {
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) cents: u32,
    pub(super) stock: u32,
}

pub(super) struct Order {
    pub(super) customer: u32,
    /// `2026-03-02`.
    pub(super) day: String,
    pub(super) status: &'static str,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) product: u32,
    pub(super) quantity: u32,
    pub(super) cents: u32,
}

const SYLLABLES: [&str; 16] = [
    "ka", "li", "no", "ra", "mi", "sol", "ver", "ten", "da", "rin", "os", "el", "ban", "tor", "is",
    "um",
];
const PLACES: [(&str, &str); 10] = [
    ("Riga", "LV"),
    ("Tallinn", "EE"),
    ("Vilnius", "LT"),
    ("Helsinki", "FI"),
    ("Berlin", "DE"),
    ("Vienna", "AT"),
    ("Lyon", "FR"),
    ("Porto", "PT"),
    ("Ghent", "BE"),
    ("Turin", "IT"),
];
const CATEGORIES: [&str; 6] = ["beverages", "bread", "cheese", "fruit", "sweets", "tools"];
const STATUSES: [&str; 4] = ["open", "packed", "sent", "paid"];

/// Everything, from a seed.
pub(super) fn make(seed: u64) -> Shop {
    let mut dice = Dice::new(seed);
    let customers = (1..=CUSTOMERS).map(|id| customer(&mut dice, id)).collect();
    let products: Vec<Product> = (1..=PRODUCTS).map(|_| product(&mut dice)).collect();
    let orders = (1..=ORDERS).map(|id| order(&mut dice, id, &products)).collect();
    Shop { customers, products, orders }
}

fn customer(dice: &mut Dice, id: u32) -> Customer {
    let (first, last) = (word(dice, 2), word(dice, 3));
    let (city, country) = dice.one_of(&PLACES);
    let email = format!("{}.{}{id}@example.com", first.to_lowercase(), last.to_lowercase());
    Customer { name: format!("{first} {last}"), email, city, country }
}

fn product(dice: &mut Dice) -> Product {
    Product {
        name: format!("{} {}", word(dice, 2), word(dice, 2).to_lowercase()),
        category: dice.one_of(&CATEGORIES),
        cents: dice.between(95, 24_900),
        stock: dice.between(0, 900),
    }
}

/// Orders are spread evenly from 2025-04 to 2026-03, in the order of their ids.
fn order(dice: &mut Dice, id: u32, products: &[Product]) -> Order {
    let month = (id - 1) * 12 / ORDERS;
    let (year, month) = if month < 9 { (2025, month + 4) } else { (2026, month - 8) };
    let day = format!("{year}-{month:02}-{:02}", dice.between(1, 28));
    let wanted = dice.between(2, MOST_LINES);
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..wanted {
        let line = line(dice, &day, products);
        if lines.iter().all(|other| other.product != line.product) {
            lines.push(line);
        }
    }
    let status = if year == 2025 { "paid" } else { dice.one_of(&STATUSES) };
    Order { customer: dice.between(1, CUSTOMERS), day, status, lines }
}

fn line(dice: &mut Dice, day: &str, products: &[Product]) -> Line {
    // Every twelfth line is about the product that sells best.
    let best = dice.between(1, 12) == 1;
    let product = if best { DEFECT_PRODUCT } else { dice.between(1, PRODUCTS) };
    let cents = products.get(product as usize - 1).map_or(0, |product| product.cents);
    let wrong = product == DEFECT_PRODUCT && day >= DEFECT_SINCE;
    Line { product, quantity: dice.between(1, 12), cents: if wrong { cents * 100 } else { cents } }
}

/// A word with a capital letter.
fn word(dice: &mut Dice, syllables: u32) -> String {
    let word: String = (0..syllables).map(|_| dice.one_of(&SYLLABLES)).collect();
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
