//! The words for each garment, and for what its drawing shows.

use super::catalogue::{Article, Gender};

impl Article {
    /// The word in a title.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Tshirt => "T-shirt",
            Self::Shirt => "Shirt",
            Self::Jacket => "Jacket",
            Self::Dress => "Dress",
            Self::Skirt => "Skirt",
            Self::Trousers => "Trousers",
            Self::Shorts => "Shorts",
            Self::Shoes => "Casual Shoes",
            Self::Socks => "Socks",
            Self::Handbag => "Handbag",
            Self::Backpack => "Backpack",
            Self::Cap => "Cap",
            Self::Watch => "Watch",
            Self::Tie => "Tie",
        }
    }

    /// The word in a sentence.
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::Tshirt => "T-shirt",
            Self::Shirt => "shirt",
            Self::Jacket => "jacket",
            Self::Dress => "dress",
            Self::Skirt => "skirt",
            Self::Trousers => "trousers",
            Self::Shorts => "shorts",
            Self::Shoes => "shoes",
            Self::Socks => "socks",
            Self::Handbag => "handbag",
            Self::Backpack => "backpack",
            Self::Cap => "cap",
            Self::Watch => "watch",
            Self::Tie => "tie",
        }
    }

    pub(super) const fn is_plural(self) -> bool {
        matches!(self, Self::Trousers | Self::Shorts | Self::Shoes | Self::Socks)
    }

    /// What the drawing shows, to follow "with".
    pub(super) const fn cuts(self, gender: Gender) -> &'static [&'static str] {
        match (self, gender) {
            (Self::Tshirt, Gender::Men) => &[
                "a round neck and half sleeves",
                "a straight cut and a ribbed collar",
            ],
            (Self::Tshirt, Gender::Women) => &[
                "a scoop neck and cap sleeves",
                "a fitted waist and a low neckline",
            ],
            (Self::Shirt, Gender::Men) => &[
                "long sleeves and a chest pocket",
                "a classic collar and buttoned cuffs",
            ],
            (Self::Shirt, Gender::Women) => &[
                "three-quarter sleeves and an open neck",
                "a fitted waist and a row of buttons",
            ],
            (Self::Jacket, Gender::Men) => &[
                "a zip and ribbed hems",
                "a stand-up collar and two slanted pockets",
            ],
            (Self::Jacket, Gender::Women) => &["wide lapels and a belt", "a belted waist and long sleeves"],
            (Self::Dress, _) => &["broad straps and a flared hem", "a narrow waist and soft folds"],
            (Self::Skirt, _) => &["a flared hem and soft folds", "a wide waistband and one button"],
            (Self::Trousers, Gender::Men) => &[
                "straight legs and side pockets",
                "a pressed crease and a button fly",
            ],
            (Self::Trousers, Gender::Women) => &["a high waist and flared hems", "slim knees and wide hems"],
            (Self::Shorts, Gender::Men) => &["wide legs down to the knee", "side pockets and stitched hems"],
            (Self::Shorts, Gender::Women) => {
                &["turned-up hems and a bow", "a short cut and a bow at the waist"]
            }
            (Self::Shoes, Gender::Men) => &[
                "laces and a thick rubber sole",
                "a low shaft, laces and a toe cap",
            ],
            (Self::Shoes, Gender::Women) => &["a bow and a low heel", "a low cut and a bow on the toe"],
            (Self::Socks, Gender::Men) => &["a ribbed cuff up to the calf", "a long leg, firm heel and toe"],
            (Self::Socks, Gender::Women) => &["a frilled top at the ankle", "a short leg and a frill"],
            (Self::Handbag, _) => &[
                "an arched handle and a flap",
                "a flap that closes with a metal clasp",
            ],
            (Self::Backpack, Gender::Men) => {
                &["a zipped front pocket", "two padded straps and a loop on top"]
            }
            (Self::Backpack, Gender::Women) => {
                &["a large flap and a buckle", "a rounded top and a buckled flap"]
            }
            (Self::Cap, Gender::Men) => &["a high crown and a flat peak", "a long peak and a button on top"],
            (Self::Cap, Gender::Women) => {
                &["a soft crown and a short peak", "a wide crown over a narrow band"]
            }
            (Self::Watch, Gender::Men) => &["a large round dial and a broad strap", "a round case in steel"],
            (Self::Watch, Gender::Women) => {
                &["a small square dial and a slim strap", "a square case in steel"]
            }
            (Self::Tie, _) => &["a firm knot and a pointed blade", "a full knot and a broad end"],
        }
    }
}
