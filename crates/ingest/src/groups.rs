//! Products that must not be parted by the split: those with equal pictures or equal titles, and whatever
//! hangs together by them. And products that must not be tested, their pictures being learnt from.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::near::{self, Look};

/// What decides which products belong together, of all products at once: texts stand for themselves by a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The product's id.
    pub id: String,
    content: u128,
    /// `None` where there is no title: that is like no other.
    title: Option<u128>,
    /// What the picture looks like, if that is known.
    look: Option<Look>,
}

impl Likeness {
    /// The likeness of a product by the hash of its picture's file, its title and its look. Neither case nor
    /// spaces of the title count.
    #[must_use]
    pub fn new(id: String, content_hash: &str, title: &str, look: Option<Look>) -> Self {
        let title = title
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        Self {
            id,
            content: short_hash(content_hash),
            title: (!title.is_empty()).then(|| short_hash(&title)),
            look,
        }
    }
}

/// 128 bits: of a billion products two share one by chance with odds of 1 to 10^20.
fn short_hash(text: &str) -> u128 {
    let hash = blake3::hash(text.as_bytes());
    u128::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]))
}

/// Where a product belongs; numbers are places in the list given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The product with the smallest id of the group.
    pub group: usize,
    /// The product with the smallest id of those with the same picture, if that is another one.
    pub duplicate_of: Option<usize>,
}

/// The group of each product, in the order given.
#[must_use]
pub fn memberships(products: &[Likeness]) -> Vec<Membership> {
    let mut forest = Forest::new(products.len());
    let mut by_title: HashMap<u128, usize> = HashMap::new();
    let mut by_content: HashMap<u128, usize> = HashMap::new();
    for (i, product) in products.iter().enumerate() {
        let first = by_content.entry(product.content).or_insert(i);
        forest.unite(*first, i);
        if products[i].id < products[*first].id {
            *first = i;
        }
        if let Some(title) = product.title {
            forest.unite(*by_title.entry(title).or_insert(i), i);
        }
    }
    let mut smallest: HashMap<usize, usize> = HashMap::new();
    for i in 0..products.len() {
        let first = smallest.entry(forest.root(i)).or_insert(i);
        if products[i].id < products[*first].id {
            *first = i;
        }
    }
    (0..products.len())
        .map(|i| {
            let original = by_content[&products[i].content];
            Membership {
                group: smallest[&forest.root(i)],
                duplicate_of: (original != i).then_some(original),
            }
        })
        .collect()
}

/// Part of the data a product is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Looked at while learning.
    Val,
    /// Looked at once, in the end.
    Test,
}

impl Split {
    /// The split of a group: 90, 5, 5 in a hundred, by a hash that has nothing to do with the shard's.
    #[must_use]
    pub fn of_group(group: &str) -> Self {
        let hash = blake3::Hasher::new()
            .update(b"split\0")
            .update(group.as_bytes())
            .finalize();
        let word = u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]));
        match word % 100 {
            0..90 => Self::Train,
            90..95 => Self::Val,
            _ => Self::Test,
        }
    }

    /// The word that tables and counts use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// The split of each product, and how many products had to change theirs: a group with a picture near to one
/// that is learnt from is learnt from too, and then one near to a picture of val belongs to val.
#[must_use]
pub fn splits(products: &[Likeness], memberships: &[Membership]) -> (Vec<Split>, u64) {
    let by_hash = |m: &Membership| Split::of_group(&products[m.group].id);
    let mut splits: Vec<Split> = memberships.iter().map(by_hash).collect();
    let moved = absorb(&mut splits, products, memberships, Split::Train)
        + absorb(&mut splits, products, memberships, Split::Val);
    (splits, moved)
}

/// Takes into split `into` the groups of later splits that have a picture near to one there, and what is near to
/// these in turn.
fn absorb(splits: &mut [Split], products: &[Likeness], memberships: &[Membership], into: Split) -> u64 {
    let later: Vec<usize> = (0..splits.len()).filter(|&i| splits[i] > into).collect();
    let with_look = || {
        later
            .iter()
            .filter_map(|&i| Some((i, products[i].look.as_ref()?)))
    };
    let index = near::Index::new(&with_look().map(|(_, look)| look).collect::<Vec<_>>());
    let places: Vec<usize> = with_look().map(|(i, _)| i).collect();
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for &i in &later {
        groups.entry(memberships[i].group).or_default().push(i);
    }
    let mut total = 0;
    let mut new: Vec<usize> = (0..splits.len()).filter(|&i| splits[i] == into).collect();
    while !new.is_empty() {
        let looks: Vec<&Look> = new.iter().filter_map(|&i| products[i].look.as_ref()).collect();
        let found = index.find(&looks).into_iter();
        new = found
            .filter_map(|found| groups.remove(&memberships[places[found]].group))
            .flatten()
            .collect();
        new.iter().for_each(|&i| splits[i] = into);
        total += new.len() as u64;
    }
    total
}

/// Disjoint sets, by path halving and union by size.
struct Forest {
    parent: Vec<usize>,
    size: Vec<usize>,
}

impl Forest {
    fn new(n: usize) -> Self {
        Self {
            parent: (0..n).collect(),
            size: vec![1; n],
        }
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.parent[i] != i {
            self.parent[i] = self.parent[self.parent[i]];
            i = self.parent[i];
        }
        i
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (mut a, mut b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        if self.size[a] < self.size[b] {
            std::mem::swap(&mut a, &mut b);
        }
        self.parent[b] = a;
        self.size[a] += self.size[b];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(products: &[(&str, &str, &str)]) -> Vec<(String, Option<String>)> {
        let products: Vec<Likeness> = products
            .iter()
            .map(|&(id, hash, title)| Likeness::new(id.to_owned(), hash, title, None))
            .collect();
        let id = |i: usize| products[i].id.clone();
        memberships(&products)
            .iter()
            .map(|m| (id(m.group), m.duplicate_of.map(id)))
            .collect()
    }

    #[test]
    fn equal_pictures_and_equal_titles_hang_together_in_any_order() {
        let products = [
            ("5", "a", "Shirt"),
            ("3", "a", "Shoe"),
            ("9", "b", " shoe"),
            ("7", "c", "Bag"),
            ("1", "b", "Cap"),
        ];
        let groups = grouped(&products);
        let expected: [(&str, Option<&str>); 5] = [
            ("1", Some("3")),
            ("1", None),
            ("1", Some("1")),
            ("7", None),
            ("1", None),
        ];
        assert_eq!(
            groups,
            expected.map(|(group, of)| (group.to_owned(), of.map(str::to_owned)))
        );

        let mut reversed = products;
        reversed.reverse();
        let mut groups_reversed = grouped(&reversed);
        groups_reversed.reverse();
        assert_eq!(groups_reversed, groups);
    }

    #[test]
    fn titles_are_alike_whatever_their_case_and_spaces_and_empty_ones_never() {
        let groups = grouped(&[
            ("1", "a", "Red  Shirt"),
            ("2", "b", "red shirt "),
            ("3", "c", ""),
            ("4", "d", ""),
        ]);
        assert_eq!(
            groups.iter().map(|(g, _)| g.as_str()).collect::<Vec<_>>(),
            ["1", "1", "3", "4"]
        );
    }

    #[test]
    fn what_is_near_to_a_learnt_picture_is_not_tested_nor_are_its_group() {
        let mut looker = near::Looker::default();
        let mut look = |grey: u8| {
            let picture: Vec<u8> = (0..64 * 64 * 3)
                .map(|i| if i / 3 % 64 < 32 { grey } else { 250 })
                .collect();
            looker.look(&picture, 64)
        };
        // By their hashes: 10 to train, 10002 to val, and these to test.
        let tested: Vec<String> = (0..200)
            .map(|i| i.to_string())
            .filter(|id| Split::of_group(id) == Split::Test)
            .collect();
        assert_eq!(["10", "10002"].map(Split::of_group), [Split::Train, Split::Val]);
        let product = |id: &str, title: &str, look| Likeness::new(id.to_owned(), id, title, look);
        let products = [
            product("10", "a", look(60)),
            product("10002", "b", look(140)),
            product(&tested[0], "c", look(61)),
            product(&tested[1], "d", look(141)),
            product(&tested[2], "e", look(220)),
            // Like none by itself, but of the third's group.
            product(&format!("{}x", tested[0]), "c", look(100)),
        ];
        let memberships = memberships(&products);
        assert_eq!(memberships[5].group, 2);
        let (splits, moved) = splits(&products, &memberships);
        use Split::{Test, Train, Val};
        assert_eq!(splits, [Train, Val, Train, Val, Test, Train]);
        assert_eq!(moved, 3);
    }

    #[test]
    fn the_split_is_stable_and_even() {
        // Golden: a change here would mix tested products into the training of existing folders.
        assert_eq!(
            ["1163", "10002", "x"].map(Split::of_group),
            [Split::Train, Split::Val, Split::Train]
        );
        let mut counts = [0; 3];
        (0..20_000).for_each(|i| counts[Split::of_group(&i.to_string()) as usize] += 1);
        assert!(
            (17_800..18_200).contains(&counts[0]) && counts[1..].iter().all(|c| (880..1120).contains(c)),
            "{counts:?}"
        );
    }
}
