//! How well a model places words that it never met, and mistyped ones, over the texts of `fashion-captions`.
//!
//!     cargo run -p textfeat --example unseen -- path/to/fashion-captions
//!
//! A product's document is its title and attributes. A fifth of the products, by a hash of the title, is withheld. Of
//! the vocabulary 200 words are hidden: every form of them is taken out of the documents of the fit. Withheld titles
//! that hold a hidden word are compared, by the cosine of their vectors, with titles of the fit that hold none: have
//! the ten nearest the same base colour, the same article type? The same is asked of the hidden word alone, which is
//! harder. Chance is ten titles drawn at random. Then 200 words of the vocabulary are mistyped by one edit, and 500
//! words are made of keys hit at random. All shares are in percent.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use textfeat::{Analyzer, Count, Counter, Letters, Settings, TextModel, Tokenizer};

const HIDDEN: usize = 200;
const TYPOS: usize = 200;
const RANDOM_WORDS: usize = 500;
/// A hidden word is in at most this share of the titles: a model has met *men* and *shirt*.
const MAX_SHARE: f64 = 0.02;
/// Withheld titles that a hidden word is in at least, and that are asked for at most.
const TITLES: (usize, usize) = (3, 10);
const NEIGHBOURS: usize = 10;
/// Titles that are compared with.
const INDEX: usize = 8000;
const SHARES: [f64; 5] = [0.5, 0.4, 0.3, 0.2, 0.1];
const COSINES: [f32; 4] = [0.3, 0.5, 0.6, 0.7];

struct Product {
    title: String,
    attributes: String,
    colour: String,
    kind: String,
}

/// What is asked, the same of every model.
struct Questions<'p> {
    documents: Vec<String>,
    index: Vec<&'p Product>,
    /// Each hidden term with withheld titles that hold it.
    hidden: Vec<(String, Vec<&'p Product>)>,
    words: Analyzer,
}

fn main() -> Result<(), Box<dyn Error>> {
    let data = std::env::args()
        .nth(1)
        .ok_or("name the folder fashion-captions")?;
    let products = read(&Path::new(&data).join("styles.csv"))?;
    let questions = Questions::new(&products);
    println!(
        "| model | titles: colour | type | either | word alone, placed | colour | type | either | typo, by edits | by vector |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    println!("| chance | {} |", questions.chance());
    let lsa = Settings::lsa();
    let letters = |least, most| Settings {
        letters: Some(Letters { least, most }),
        ..lsa
    };
    questions.ask("terms", Settings::default())?;
    let model = questions.ask("lsa as it is", lsa)?;
    for weight in [1.0, 0.25] {
        questions.ask(
            &format!("weight of letters {weight}"),
            Settings {
                letters_weight: weight,
                ..lsa
            },
        )?;
    }
    for (least, most) in [(2, 4), (3, 3), (3, 4), (3, 6)] {
        questions.ask(&format!("letters {least}-{most}"), letters(least, most))?;
    }
    for features in [4096, 16384] {
        questions.ask(&format!("features {features}"), Settings { features, ..lsa })?;
    }
    questions.ask("single words", Settings { ngrams: 1, ..lsa })?;
    questions.ask(
        "sublinear",
        Settings {
            sublinear: true,
            ..lsa
        },
    )?;
    questions.thresholds(&model);
    Ok(())
}

impl<'p> Questions<'p> {
    fn new(products: &'p [Product]) -> Self {
        let words = Analyzer::new(&Settings::default());
        let (withheld, known): (Vec<&Product>, Vec<&Product>) = products
            .iter()
            .partition(|p| blake3::hash(p.title.as_bytes()).as_bytes()[0] < 51);
        let mut counter = Counter::new(&words);
        known.iter().for_each(|p| counter.add(&p.title));
        let counts = counter.finish();
        let mut holders: BTreeMap<String, Vec<&Product>> = BTreeMap::new();
        for &product in &withheld {
            let terms: HashSet<String> = words.terms(&product.title).into_iter().collect();
            terms
                .into_iter()
                .for_each(|term| holders.entry(term).or_default().push(product));
        }
        let most = (known.len() as f64 * MAX_SHARE) as u64;
        holders.retain(|term, titles| {
            let df = counts.get(term).map_or(0, Count::df);
            let is_word = term.chars().all(char::is_alphabetic) && term.len() >= 3;
            is_word && (1..=most).contains(&df) && titles.len() >= TITLES.0
        });
        let mut random = Random(3);
        let mut hidden: Vec<(String, Vec<&Product>)> = holders.into_iter().collect();
        random.shuffle(&mut hidden);
        hidden.truncate(HIDDEN);
        for (_, titles) in &mut hidden {
            random.shuffle(titles);
            titles.truncate(TITLES.1);
        }
        let terms: HashSet<&str> = hidden.iter().map(|(term, _)| term.as_str()).collect();
        let is_hidden = |token: &String| {
            words
                .terms(token)
                .iter()
                .any(|term| terms.contains(term.as_str()))
        };
        let cleaned = |text: &str| {
            let mut tokens = words.tokenizer.tokens(text);
            tokens.retain(|token| !is_hidden(token));
            tokens.join(" ")
        };
        let documents: Vec<String> = known
            .iter()
            .map(|p| format!("{} {}", cleaned(&p.title), cleaned(&p.attributes)))
            .collect();
        let mut index = known.clone();
        index.retain(|p| !words.tokenizer.tokens(&p.title).iter().any(is_hidden));
        random.shuffle(&mut index);
        index.truncate(INDEX);
        eprintln!(
            "{} products fitted on, {} withheld, {} words hidden",
            known.len(),
            withheld.len(),
            hidden.len()
        );
        Self {
            documents,
            index,
            hidden,
            words,
        }
    }

    fn chance(&self) -> String {
        let (mut found, mut random) = (Found::default(), Random(4));
        for title in self.hidden.iter().flat_map(|(_, titles)| titles) {
            let drawn: Vec<&Product> = (0..NEIGHBOURS)
                .map(|_| self.index[random.below(self.index.len())])
                .collect();
            found.add(title, &drawn);
        }
        let shares = found.shares();
        format!("{shares} | 100 | {shares} | |")
    }

    /// Prints a row of the table.
    fn ask(&self, name: &str, settings: Settings) -> Result<TextModel, Box<dyn Error>> {
        let model = TextModel::fit(settings, &self.documents)?;
        let dims = model.dims();
        let mut vectors = vec![0.0; self.index.len() * dims];
        let mut transformer = model.transformer();
        for (product, vector) in self.index.iter().zip(vectors.chunks_exact_mut(dims)) {
            transformer.transform_into(&product.title, vector);
        }
        let nearest = |text: &str| -> Vec<&Product> {
            let vector = model.transform(text);
            if vector.iter().all(|&v| v == 0.0) {
                return Vec::new();
            }
            let cosines = vectors.chunks_exact(dims).map(|other| dot(&vector, other));
            let mut near: Vec<(f32, usize)> = cosines.zip(0..).collect();
            near.select_nth_unstable_by(NEIGHBOURS, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            near[..NEIGHBOURS].iter().map(|&(_, at)| self.index[at]).collect()
        };
        let (mut titles, mut alone) = (Found::default(), Found::default());
        for (term, holders) in &self.hidden {
            let mut by_word: HashMap<String, Vec<&Product>> = HashMap::new();
            for title in holders {
                titles.add(title, &nearest(&title.title));
                let near = by_word
                    .entry(self.form(title, term))
                    .or_insert_with_key(|word| nearest(word));
                alone.add(title, near);
            }
        }
        let (mut by_edits, mut by_vector) = (0, 0);
        let typos = self.typos(&model);
        for (typed, word) in &typos {
            let unknown = model.explain(typed).unknown;
            let is_first = |words: &[String]| usize::from(words.first() == Some(word));
            by_edits += unknown.first().map_or(0, |u| is_first(&u.nearest));
            by_vector += unknown.first().map_or(0, |u| is_first(&u.kin));
        }
        let percent = |count: usize, of: usize| 100.0 * count as f64 / of as f64;
        println!(
            "| {name} | {} | {:.0} | {} | {:.1} | {:.1} |",
            titles.shares(),
            percent(alone.placed, alone.asked),
            alone.shares(),
            percent(by_edits, typos.len()),
            percent(by_vector, typos.len()),
        );
        Ok(model)
    }

    /// Which share of hidden words, typos and random words each rule would take for known.
    fn thresholds(&self, model: &TextModel) {
        let mut random = Random(6);
        let nonsense: Vec<String> = (0..RANDOM_WORDS)
            .map(|_| (0..4 + random.below(6)).map(|_| random.letter()).collect())
            .collect();
        let typos = self.typos(model);
        let hidden: Vec<String> = (self.hidden.iter())
            .map(|(term, titles)| self.form(titles[0], term))
            .collect();
        let typed: Vec<String> = typos.iter().map(|(typed, _)| typed.clone()).collect();
        let kinds = [
            ("hidden words", &hidden),
            ("typos", &typed),
            ("random keys", &nonsense),
        ];
        let known = |word: &String| {
            let runs: Vec<String> = model
                .analyzer()
                .terms(word)
                .into_iter()
                .filter(|t| t.starts_with('#'))
                .collect();
            let known = runs
                .iter()
                .filter(|run| model.vocabulary().column(run).is_some())
                .count();
            if known == 0 {
                0.0
            } else {
                known as f64 / runs.len() as f64
            }
        };
        println!(
            "\n| share of a word's runs of letters known, at least | {} |",
            SHARES.map(|s| s.to_string()).join(" | ")
        );
        println!("| --- |{}", " --- |".repeat(SHARES.len()));
        for (name, words) in kinds {
            let taken = |share: f64| words.iter().filter(|word| known(word) >= share).count();
            let row = SHARES.map(|share| format!("{:.1}", 100.0 * taken(share) as f64 / words.len() as f64));
            println!("| {name} | {} |", row.join(" | "));
        }
        // The word whose vector is nearest.
        let singles = self.singles(model);
        let vectors: Vec<Vec<f32>> = singles.iter().map(|word| model.transform(word)).collect();
        let best = |word: &str| {
            let vector = model.transform(word);
            let cosines = vectors.iter().map(|other| dot(&vector, other)).zip(&singles);
            cosines.fold(
                (0.0, ""),
                |best, (cosine, word)| if cosine > best.0 { (cosine, word) } else { best },
            )
        };
        println!(
            "\n| cosine of the nearest word, above | {} |",
            COSINES.map(|c| c.to_string()).join(" | ")
        );
        println!("| --- |{}", " --- |".repeat(COSINES.len()));
        let typos: Vec<(f32, bool)> = typos
            .iter()
            .map(|(typed, word)| (best(typed), word))
            .map(|(b, w)| (b.0, b.1 == w))
            .collect();
        let random: Vec<f32> = nonsense.iter().map(|word| best(word).0).collect();
        let hidden: Vec<f32> = hidden.iter().map(|word| best(word).0).collect();
        let row = |name: &str, of: usize, count: &dyn Fn(f32) -> usize| {
            println!(
                "| {name} | {} |",
                COSINES
                    .map(|c| format!("{:.1}", 100.0 * count(c) as f64 / of as f64))
                    .join(" | ")
            );
        };
        row("typos, the right word", typos.len(), &|c| {
            typos.iter().filter(|t| t.1 && t.0 > c).count()
        });
        row("typos, another word", typos.len(), &|c| {
            typos.iter().filter(|t| !t.1 && t.0 > c).count()
        });
        row("hidden words, any", hidden.len(), &|c| {
            hidden.iter().filter(|&&h| h > c).count()
        });
        row("random keys, any", random.len(), &|c| {
            random.iter().filter(|&&r| r > c).count()
        });
    }

    /// The word of a title that is a form of a term.
    fn form(&self, product: &Product, term: &String) -> String {
        let tokens = self.words.tokenizer.tokens(&product.title);
        tokens
            .into_iter()
            .find(|token| self.words.terms(token).contains(term))
            .unwrap_or_default()
    }

    /// Single words of a vocabulary, in the letters of a keyboard.
    fn singles<'m>(&self, model: &'m TextModel) -> Vec<&'m str> {
        let words = model.vocabulary().terms().iter().map(|t| t.word.as_str());
        words
            .filter(|word| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_lowercase()))
            .collect()
    }

    /// Words of the vocabulary with one edit each that makes them unknown.
    fn typos(&self, model: &TextModel) -> Vec<(String, String)> {
        let mut random = Random(5);
        let mut singles = self.singles(model);
        random.shuffle(&mut singles);
        let typos = singles
            .into_iter()
            .map(|word| (slip(word, &mut random), word.to_owned()));
        let is_unknown = |typed: &str| {
            let terms = self.words.terms(typed);
            terms.len() == 1 && model.vocabulary().column(&terms[0]).is_none()
        };
        typos.filter(|(typed, _)| is_unknown(typed)).take(TYPOS).collect()
    }
}

/// Sums over questions.
#[derive(Debug, Default)]
struct Found {
    colour: f64,
    kind: f64,
    either: f64,
    asked: usize,
    placed: usize,
}

impl Found {
    fn add(&mut self, title: &Product, neighbours: &[&Product]) {
        self.asked += 1;
        self.placed += usize::from(!neighbours.is_empty());
        for near in neighbours {
            let (colour, kind) = (near.colour == title.colour, near.kind == title.kind);
            let share = 1.0 / neighbours.len() as f64;
            self.colour += share * f64::from(colour);
            self.kind += share * f64::from(kind);
            self.either += share * f64::from(colour || kind);
        }
    }

    fn shares(&self) -> String {
        [self.colour, self.kind, self.either]
            .map(|sum| format!("{:.1}", 100.0 * sum / self.asked as f64))
            .join(" | ")
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn letter(&mut self) -> char {
        char::from(b'a' + self.below(26) as u8)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A letter less, more, another, or two swapped.
fn slip(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.below(letters.len() - 1);
    match random.below(4) {
        0 => _ = letters.remove(at),
        1 => letters.insert(at, random.letter()),
        2 => letters[at] = random.letter(),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
        (0..16).for_each(|k| sums[k] += a[k] * b[k]);
    }
    sums.iter().sum()
}

fn read(path: &Path) -> Result<Vec<Product>, Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut products = Vec::new();
    for line in String::from_utf8_lossy(&bytes).lines().skip(1) {
        // Titles hold commas.
        let fields: Vec<&str> = line.splitn(10, ',').collect();
        if let [_, gender, _, _, kind, colour, season, _, usage, title] = fields[..]
            && !colour.is_empty()
            && !kind.is_empty()
        {
            products.push(Product {
                title: title.to_owned(),
                attributes: format!("{gender} {colour} {kind} {usage} {season}"),
                colour: colour.to_owned(),
                kind: kind.to_owned(),
            });
        }
    }
    Ok(products)
}
