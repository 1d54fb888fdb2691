//! What a product of the drawn catalogue is, and how chance chooses it.

use super::dice::Dice;
use super::palette::Colour;
use super::pattern::Pattern;

/// The kind of a garment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Article {
    Tshirt,
    Shirt,
    Jacket,
    Dress,
    Skirt,
    Trousers,
    Shorts,
    Shoes,
    Socks,
    Handbag,
    Backpack,
    Cap,
    Watch,
    Tie,
}

/// Whom a garment is cut for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gender {
    Men,
    Women,
}

/// One product: all that its picture and its texts speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: u32,
    pub(crate) article: Article,
    pub(crate) gender: Gender,
    pub(crate) colour: Colour,
    pub(crate) pattern: Pattern,
    pub(crate) brand: &'static str,
    pub(crate) season: &'static str,
    pub(crate) year: u16,
    pub(crate) usage: &'static str,
}

/// Ids of five digits, as in the dump.
const FIRST_ID: u32 = 10_000;

/// Made up, and none a word that describes a garment.
const BRANDS: [&str; 24] = [
    "Larkfield",
    "Ostrova",
    "Tamsin Vale",
    "Brindleby",
    "Kestrow",
    "Norvane",
    "Halden Rue",
    "Pellamy",
    "Quillon",
    "Sorrento Lane",
    "Wexmoor",
    "Ardenne",
    "Calluna",
    "Dovetree",
    "Estrella Bay",
    "Fenwicke",
    "Garrow",
    "Illyria",
    "Juniper Row",
    "Marlowe",
    "Thistledon",
    "Upwell",
    "Verity Cove",
    "Yarrowby",
];

impl Product {
    /// The product at `index` of the catalogue `seed`. Article, colour and pattern are drawn evenly and
    /// independently; so is the gender, where the article is worn by both.
    pub(crate) fn draw(seed: u64, index: u32) -> Self {
        let mut dice = Dice::new(seed, index, "choice");
        let article = dice.pick(&Article::ALL);
        Self {
            id: FIRST_ID + index,
            article,
            gender: dice.pick(article.genders()),
            colour: dice.pick(&Colour::ALL),
            pattern: dice.pick(&Pattern::ALL),
            brand: dice.pick(&BRANDS),
            season: dice.pick(&["Spring", "Summer", "Fall", "Winter"]),
            year: dice.pick(&[2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024]),
            usage: dice.pick(article.usages()),
        }
    }
}

impl Gender {
    /// The value of the dump's `gender`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Men => "Men",
            Self::Women => "Women",
        }
    }
}

impl Article {
    pub(crate) const ALL: [Self; 14] = [
        Self::Tshirt,
        Self::Shirt,
        Self::Jacket,
        Self::Dress,
        Self::Skirt,
        Self::Trousers,
        Self::Shorts,
        Self::Shoes,
        Self::Socks,
        Self::Handbag,
        Self::Backpack,
        Self::Cap,
        Self::Watch,
        Self::Tie,
    ];

    /// Who wears it, in most catalogues.
    pub(crate) const fn genders(self) -> &'static [Gender] {
        match self {
            Self::Dress | Self::Skirt | Self::Handbag => &[Gender::Women],
            Self::Tie => &[Gender::Men],
            _ => &[Gender::Men, Gender::Women],
        }
    }

    /// The dump's `masterCategory`, `subCategory` and `articleType`.
    pub(crate) const fn categories(self) -> [&'static str; 3] {
        match self {
            Self::Tshirt => ["Apparel", "Topwear", "Tshirts"],
            Self::Shirt => ["Apparel", "Topwear", "Shirts"],
            Self::Jacket => ["Apparel", "Topwear", "Jackets"],
            Self::Dress => ["Apparel", "Dress", "Dresses"],
            Self::Skirt => ["Apparel", "Bottomwear", "Skirts"],
            Self::Trousers => ["Apparel", "Bottomwear", "Trousers"],
            Self::Shorts => ["Apparel", "Bottomwear", "Shorts"],
            Self::Shoes => ["Footwear", "Shoes", "Casual Shoes"],
            Self::Socks => ["Accessories", "Socks", "Socks"],
            Self::Handbag => ["Accessories", "Bags", "Handbags"],
            Self::Backpack => ["Accessories", "Bags", "Backpacks"],
            Self::Cap => ["Accessories", "Headwear", "Caps"],
            Self::Watch => ["Accessories", "Watches", "Watches"],
            Self::Tie => ["Accessories", "Ties", "Ties"],
        }
    }

    const fn usages(self) -> &'static [&'static str] {
        match self {
            Self::Tshirt | Self::Shorts | Self::Shoes | Self::Socks | Self::Backpack | Self::Cap => {
                &["Casual", "Casual", "Sports"]
            }
            Self::Shirt | Self::Jacket | Self::Trousers | Self::Watch => &["Casual", "Formal"],
            Self::Dress | Self::Skirt | Self::Handbag => &["Casual", "Casual", "Formal"],
            Self::Tie => &["Formal"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_spread_evenly_over_articles_colours_and_patterns() {
        let products: Vec<Product> = (0..15_400).map(|i| Product::draw(1, i)).collect();
        let share = |test: &dyn Fn(&Product) -> bool| products.iter().filter(|p| test(p)).count();
        for article in Article::ALL {
            assert!(
                (950..1250).contains(&share(&|p| p.article == article)),
                "{article:?}"
            );
        }
        for colour in Colour::ALL {
            assert!(
                (1250..1550).contains(&share(&|p| p.colour == colour)),
                "{colour:?}"
            );
        }
        for pattern in Pattern::ALL {
            assert!(
                (3650..4050).contains(&share(&|p| p.pattern == pattern)),
                "{pattern:?}"
            );
        }
    }
}
