//! The settings of a fit as flags: those of counting, and those of selection and weights.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use stage::UsageError;
use textfeat::{Cutoff, Language, Letters, Norm, Pattern, PatternTokenizer, Settings, Tokens};

/// [`textfeat::Method`] as a flag.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum MethodName {
    #[default]
    Terms,
    Lsa,
}

/// How a text becomes terms.
#[derive(Debug, Args)]
pub(super) struct AnalysisArgs {
    /// Take runs of up to N words as terms too [default: 1, with lsa 2]
    #[arg(long, value_name = "N")]
    ngrams: Option<usize>,
    /// Take runs of MIN to MAX letters within a word as terms too, or none [default: none, with lsa 3-5]
    #[arg(long, value_name = "MIN-MAX", value_parser = letters)]
    letters: Option<LettersFlag>,
    /// Cut texts as scikit-learn does with this token_pattern, not as words of any language
    #[arg(long, value_name = "PATTERN", value_parser = patterns())]
    token_pattern: Option<Pattern>,
    /// With --token-pattern: do not lowercase; wants --language none
    #[arg(long, requires = "token_pattern")]
    keep_case: bool,
    /// Language of the texts: stemmer, stop words and protected words
    #[arg(long, value_name = "NAME", default_value = "english", value_parser = languages())]
    language: Language,
    /// Count stop words too
    #[arg(long)]
    keep_stop_words: bool,
    /// Count plain numbers too
    #[arg(long)]
    keep_numbers: bool,
}

/// Which terms are kept, and what they weigh.
#[derive(Debug, Args)]
pub(super) struct WeightArgs {
    /// terms: the most frequent terms get a column each; lsa: directions in a space of words, pairs of words and
    /// runs of letters, in which an unseen word lies near its kin
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    method: MethodName,
    /// Length of a vector
    #[arg(long, value_name = "N", default_value_t = 256)]
    dims: usize,
    /// Terms that an LSA model knows, the most frequent ones
    #[arg(long, value_name = "N", default_value_t = Settings::default().features)]
    features: usize,
    /// What a run of letters counts beside a word [default: 1, with lsa 0.5]
    #[arg(long, value_name = "SHARE")]
    letters_weight: Option<f64>,
    /// Leave out terms in fewer documents: a number, or a share such as 0.01
    #[arg(long, value_name = "DF", default_value = "1", value_parser = cutoff)]
    min_df: Cutoff,
    /// Leave out terms in more documents: a number, or a share such as 0.9
    #[arg(long, value_name = "DF", default_value = "1.0", value_parser = cutoff)]
    max_df: Cutoff,
    /// Where the search for an LSA model's directions starts
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// A word found n times counts 1 + ln n
    #[arg(long)]
    sublinear: bool,
    /// ln(n / df) + 1 instead of the smooth inverse document frequency
    #[arg(long)]
    plain_idf: bool,
    /// Divide the weights of a text by their Euclidean length, by their sum, or not at all
    #[arg(long, value_name = "NORM", default_value = "l2", value_parser = norms())]
    norm: Norm,
}

/// All of them.
#[derive(Debug, Args)]
pub(super) struct SettingsArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,
    #[command(flatten)]
    weights: WeightArgs,
}

/// `None` as a flag's value is something else than no flag.
#[derive(Debug, Clone, Copy)]
struct LettersFlag(Option<Letters>);

impl AnalysisArgs {
    /// The settings of counting; what follows it has its defaults.
    pub(super) fn checked(&self) -> Result<Settings, UsageError> {
        checked(self.over(Settings::default()))
    }

    fn over(&self, base: Settings) -> Settings {
        Settings {
            ngrams: self.ngrams.unwrap_or(base.ngrams),
            letters: self.letters.map_or(base.letters, |flag| flag.0),
            tokens: self.token_pattern.map_or(base.tokens, |pattern| {
                Tokens::Pattern(PatternTokenizer {
                    pattern,
                    lowercase: !self.keep_case,
                })
            }),
            language: self.language,
            stop_words: !self.keep_stop_words,
            numbers: self.keep_numbers,
            ..base
        }
    }
}

impl WeightArgs {
    /// The settings of selection and weights; what comes before has its defaults.
    pub(super) fn checked(&self) -> Result<Settings, UsageError> {
        checked(self.over())
    }

    fn over(&self) -> Settings {
        let base = match self.method {
            MethodName::Terms => Settings::default(),
            MethodName::Lsa => Settings::lsa(),
        };
        Settings {
            dims: self.dims,
            features: self.features,
            letters_weight: self.letters_weight.unwrap_or(base.letters_weight),
            seed: self.seed,
            min_df: self.min_df,
            max_df: self.max_df,
            sublinear: self.sublinear,
            smooth_idf: !self.plain_idf,
            norm: self.norm,
            ..base
        }
    }
}

impl SettingsArgs {
    pub(super) fn checked(&self) -> Result<Settings, UsageError> {
        checked(self.analysis.over(self.weights.over()))
    }
}

fn checked(settings: Settings) -> Result<Settings, UsageError> {
    settings
        .check()
        .map_err(|e| UsageError(format!("{e}\nhint: see `textfeat fit --help`")))?;
    Ok(settings)
}

fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::all().map(Language::name))
        .map(|name| Language::by_name(&name).unwrap_or_default())
}

fn norms() -> impl TypedValueParser<Value = Norm> {
    PossibleValuesParser::new(Norm::ALL.map(Norm::name)).map(|name| Norm::by_name(&name).unwrap_or_default())
}

fn patterns() -> impl TypedValueParser<Value = Pattern> {
    clap::builder::StringValueParser::new().try_map(|name| {
        let known = Pattern::ALL.map(Pattern::name).join("`, `");
        Pattern::by_name(&name).ok_or_else(|| format!("expected one of `{known}`"))
    })
}

fn letters(text: &str) -> Result<LettersFlag, String> {
    if text == "none" {
        return Ok(LettersFlag(None));
    }
    let parsed = text.split_once('-').and_then(|(least, most)| {
        Some(Letters {
            least: least.parse().ok()?,
            most: most.parse().ok()?,
        })
    });
    parsed
        .map(|letters| LettersFlag(Some(letters)))
        .ok_or_else(|| "expected two lengths such as 3-5, or none".to_owned())
}

/// A number with a point is a share, one without a number of documents.
fn cutoff(text: &str) -> Result<Cutoff, String> {
    let parsed = if text.contains('.') {
        text.parse().ok().map(Cutoff::Share)
    } else {
        text.parse().ok().map(Cutoff::Documents)
    };
    parsed.ok_or_else(|| "expected a number of documents such as 2, or a share such as 0.01".to_owned())
}
