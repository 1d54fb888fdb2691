//! The bytes of a model's file, and the only place where bincode is used.
//!
//! Magic `ATLRTEXT`, u32 version, u32 length of the header, the header in bincode's standard
//! configuration, and as body the blake3 (32 bytes) of everything before it. Numbers of fixed width are
//! little-endian.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};

use crate::{
    Analyzer, Cutoff, FitError, Language, ModelError, Settings, Snowball, StopWords, TextModel, Vocabulary,
    VocabularyTerm, WordTokenizer,
};

const MAGIC: &[u8; 8] = b"ATLRTEXT";
const VERSION: u32 = 1;
const MAX_HEADER_BYTES: usize = 16 << 20;
const PREFIX_BYTES: usize = MAGIC.len() + 4 + 4;
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
/// Size of the largest file that is read as a model.
pub const MAX_MODEL_BYTES: usize = PREFIX_BYTES + MAX_HEADER_BYTES + CHECKSUM_BYTES;

/// No allocation of the decoder exceeds the limit, whatever lengths the bytes claim.
const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_HEADER_BYTES>> =
    bincode::config::standard().with_limit::<MAX_HEADER_BYTES>();

#[derive(Encode, Decode)]
struct Header {
    stemmer: String,
    language: String,
    protected: Vec<String>,
    stop_words: Vec<String>,
    numbers: bool,
    ngrams: u8,
    min_df: HeaderCutoff,
    max_df: HeaderCutoff,
    sublinear: bool,
    smooth_idf: bool,
    dims: u32,
    documents: u64,
    terms: Vec<HeaderTerm>,
}

#[derive(Encode, Decode)]
enum HeaderCutoff {
    Documents(u64),
    Share(f64),
}

#[derive(Encode, Decode)]
struct HeaderTerm {
    term: String,
    word: String,
    tf: u64,
    df: u64,
}

pub(crate) fn encode(model: &TextModel) -> Result<Vec<u8>, ModelError> {
    let header = bincode::encode_to_vec(Header::from(model), bincode::config::standard()).map_err(|e| {
        ModelError::Header {
            reason: e.to_string(),
        }
    })?;
    let length = u32::try_from(header.len())
        .ok()
        .filter(|&n| n as usize <= MAX_HEADER_BYTES);
    let length = length.ok_or(too_large(header.len()))?;
    let mut bytes = [MAGIC, &VERSION.to_le_bytes()[..], &length.to_le_bytes(), &header].concat();
    bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
    Ok(bytes)
}

pub(crate) fn decode(bytes: &[u8]) -> Result<TextModel, ModelError> {
    let cut = |expected: usize| ModelError::Cut {
        expected: expected as u64,
        found: bytes.len() as u64,
    };
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic.is_empty() || !MAGIC.starts_with(magic) {
        return Err(ModelError::NotAModel {
            found: format!("`{}`", magic.escape_ascii()),
        });
    }
    let (_, rest) = bytes.split_first_chunk::<8>().ok_or(cut(PREFIX_BYTES))?;
    let (version, rest) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES))?;
    let version = u32::from_le_bytes(*version);
    if version > VERSION {
        return Err(ModelError::Newer {
            expected: VERSION,
            found: version,
        });
    }
    check("version", version == VERSION, VERSION, version)?;
    let (length, rest) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(too_large(length));
    }
    let expected = PREFIX_BYTES + length + CHECKSUM_BYTES;
    if bytes.len() < expected {
        return Err(cut(expected));
    }
    if bytes.len() > expected {
        return Err(ModelError::Trailing {
            expected: expected as u64,
            found: bytes.len() as u64,
        });
    }
    let (header, stored) = rest.split_at(length);
    let computed = blake3::hash(&bytes[..PREFIX_BYTES + length]);
    if computed.as_bytes() != stored {
        return Err(ModelError::Checksum {
            expected: hex(stored),
            found: hex(computed.as_bytes()),
        });
    }
    let (header, used): (Header, usize) =
        bincode::decode_from_slice(header, CONFIG).map_err(|e| ModelError::Header {
            reason: e.to_string(),
        })?;
    check("length of the header", used == length, length, used)?;
    header.into_model()
}

impl From<&TextModel> for Header {
    fn from(model: &TextModel) -> Self {
        let (settings, analyzer) = (model.settings(), model.analyzer());
        let terms = model.vocabulary().terms().iter();
        Self {
            stemmer: Snowball::VERSION.to_owned(),
            language: analyzer.stemmer.language().name().to_owned(),
            protected: analyzer.stemmer.protected().map(str::to_owned).collect(),
            stop_words: analyzer.filter.words().map(str::to_owned).collect(),
            numbers: analyzer.tokenizer.numbers,
            ngrams: analyzer.ngrams as u8,
            min_df: settings.min_df.into(),
            max_df: settings.max_df.into(),
            sublinear: settings.sublinear,
            smooth_idf: settings.smooth_idf,
            dims: settings.dims as u32,
            documents: model.documents(),
            terms: terms
                .map(|VocabularyTerm { term, word, tf, df }| HeaderTerm {
                    term: term.clone(),
                    word: word.clone(),
                    tf: *tf,
                    df: *df,
                })
                .collect(),
        }
    }
}

impl Header {
    fn into_model(self) -> Result<TextModel, ModelError> {
        check(
            "stemmer",
            self.stemmer == Snowball::VERSION,
            Snowball::VERSION,
            &self.stemmer,
        )?;
        let language = Language::by_name(&self.language).ok_or_else(|| ModelError::Invalid {
            what: "language",
            expected: "one of the stemmer's languages".to_owned(),
            found: self.language.clone(),
        })?;
        let settings = Settings {
            dims: self.dims as usize,
            min_df: self.min_df.into(),
            max_df: self.max_df.into(),
            ngrams: usize::from(self.ngrams),
            language,
            stop_words: !self.stop_words.is_empty(),
            numbers: self.numbers,
            sublinear: self.sublinear,
            smooth_idf: self.smooth_idf,
        };
        if let Err(FitError::Setting {
            setting,
            expected,
            found,
        }) = settings.check()
        {
            return Err(ModelError::Invalid {
                what: setting,
                expected,
                found,
            });
        }
        let terms = self.terms.len();
        check(
            "number of terms",
            (1..=settings.dims).contains(&terms),
            format!("1 to {}", settings.dims),
            terms,
        )?;
        for pair in self.terms.windows(2) {
            let (a, b) = (&pair[0].term, &pair[1].term);
            check(
                "order of terms",
                a < b,
                format!("a term after `{a}`"),
                format!("`{b}`"),
            )?;
        }
        for HeaderTerm { term, tf, df, .. } in &self.terms {
            let right = (1..=self.documents).contains(df) && df <= tf;
            let expected = || format!("1 to {} documents for `{term}`, each with it", self.documents);
            check(
                "document frequency",
                right,
                expected(),
                format!("{df} documents, {tf} times"),
            )?;
        }
        let analyzer = Analyzer {
            tokenizer: WordTokenizer {
                numbers: self.numbers,
            },
            filter: StopWords::new(self.stop_words),
            stemmer: Snowball::protecting(language, self.protected),
            ngrams: settings.ngrams,
        };
        let terms = self
            .terms
            .into_iter()
            .map(|HeaderTerm { term, word, tf, df }| VocabularyTerm { term, word, tf, df });
        let vocabulary = Vocabulary::from_sorted(terms.collect());
        Ok(TextModel::assemble(
            settings,
            analyzer,
            self.documents,
            vocabulary,
        ))
    }
}

impl From<Cutoff> for HeaderCutoff {
    fn from(cutoff: Cutoff) -> Self {
        match cutoff {
            Cutoff::Documents(n) => Self::Documents(n),
            Cutoff::Share(share) => Self::Share(share),
        }
    }
}

impl From<HeaderCutoff> for Cutoff {
    fn from(cutoff: HeaderCutoff) -> Self {
        match cutoff {
            HeaderCutoff::Documents(n) => Self::Documents(n),
            HeaderCutoff::Share(share) => Self::Share(share),
        }
    }
}

fn check(
    what: &'static str,
    right: bool,
    expected: impl ToString,
    found: impl ToString,
) -> Result<(), ModelError> {
    if right {
        Ok(())
    } else {
        Err(ModelError::Invalid {
            what,
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }
}

fn too_large(bytes: usize) -> ModelError {
    ModelError::TooLarge {
        limit: MAX_HEADER_BYTES as u64,
        found: bytes as u64,
    }
}

/// The first bytes of a checksum: enough to tell two apart.
fn hex(checksum: &[u8]) -> String {
    checksum
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
