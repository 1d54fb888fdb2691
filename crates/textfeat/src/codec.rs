//! The bytes of a model's file, and the only place where bincode is used.
//!
//! Magic `ATLRTEXT`, u32 version, u32 length of the header, in version 2 u32 length of the projection; the header in
//! bincode's standard configuration; in version 2 the projection, f32, `dims` values for each term; the blake3
//! (32 bytes) of everything before it. Numbers of fixed width are little-endian. Version 1 knows plain terms
//! alone; a model that it can hold is written so.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};

use crate::letters::Letters;
use crate::lsa::Projection;
use crate::settings::MAX_PROJECTION;
use crate::{
    Analyzer, Cutoff, FitError, Language, Method, ModelError, Settings, Snowball, StopWords, TextModel,
    Vocabulary, VocabularyTerm, WordTokenizer,
};

const MAGIC: &[u8; 8] = b"ATLRTEXT";
const PLAIN: u32 = 1;
const VERSION: u32 = 2;
const MAX_PROJECTION_BYTES: usize = MAX_PROJECTION * size_of::<f32>();
const MAX_HEADER_BYTES: usize = 16 << 20;
const PREFIX_BYTES: usize = MAGIC.len() + 4 + 4;
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
/// Size of the largest file that is read as a model.
pub const MAX_MODEL_BYTES: usize =
    PREFIX_BYTES + 4 + MAX_HEADER_BYTES + MAX_PROJECTION_BYTES + CHECKSUM_BYTES;

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

/// The header of version 2.
#[derive(Encode, Decode)]
struct FullHeader {
    plain: Header,
    is_lsa: bool,
    letters: Option<(u8, u8)>,
    features: u32,
    seed: u64,
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
    let settings = model.settings();
    let is_plain = settings.method == Method::Terms && settings.letters.is_none();
    let plain = Header::from(model);
    let config = bincode::config::standard();
    let header = if is_plain {
        bincode::encode_to_vec(plain, config)
    } else {
        let full = FullHeader {
            plain,
            is_lsa: settings.method == Method::Lsa,
            letters: settings.letters.map(|l| (l.least as u8, l.most as u8)),
            features: settings.features as u32,
            seed: settings.seed,
        };
        bincode::encode_to_vec(full, config)
    };
    let header = header.map_err(|e| ModelError::Header {
        reason: e.to_string(),
    })?;
    let projection = model.projection().map_or(&[][..], |p| &p.values);
    let length = |bytes: usize, limit: usize| {
        let right = u32::try_from(bytes).ok().filter(|_| bytes <= limit);
        right.map(u32::to_le_bytes).ok_or(too_large(bytes, limit))
    };
    let mut bytes = [
        &MAGIC[..],
        &(if is_plain { PLAIN } else { VERSION }).to_le_bytes(),
    ]
    .concat();
    bytes.extend(length(header.len(), MAX_HEADER_BYTES)?);
    if !is_plain {
        bytes.extend(length(size_of_val(projection), MAX_PROJECTION_BYTES)?);
    }
    bytes.extend(header);
    bytes.extend(projection.iter().flat_map(|value| value.to_le_bytes()));
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
    check(
        "version",
        version >= PLAIN,
        format!("{PLAIN} or {VERSION}"),
        version,
    )?;
    let (length, mut rest) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES))?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(too_large(length, MAX_HEADER_BYTES));
    }
    let mut projection_length = 0;
    if version > PLAIN {
        let (length, after) = rest.split_first_chunk().ok_or(cut(PREFIX_BYTES + 4))?;
        projection_length = u32::from_le_bytes(*length) as usize;
        rest = after;
        if projection_length > MAX_PROJECTION_BYTES {
            return Err(too_large(projection_length, MAX_PROJECTION_BYTES));
        }
    }
    let prefix = bytes.len() - rest.len();
    let expected = prefix + length + projection_length + CHECKSUM_BYTES;
    if bytes.len() < expected {
        return Err(cut(expected));
    }
    if bytes.len() > expected {
        return Err(ModelError::Trailing {
            expected: expected as u64,
            found: bytes.len() as u64,
        });
    }
    let (content, stored) = bytes.split_at(expected - CHECKSUM_BYTES);
    let computed = blake3::hash(content);
    if computed.as_bytes() != stored {
        return Err(ModelError::Checksum {
            expected: hex(stored),
            found: hex(computed.as_bytes()),
        });
    }
    let (header, projection) = content[prefix..].split_at(length);
    let undecodable = |e: bincode::error::DecodeError| ModelError::Header {
        reason: e.to_string(),
    };
    if version == PLAIN {
        let (header, used): (Header, usize) =
            bincode::decode_from_slice(header, CONFIG).map_err(undecodable)?;
        check("length of the header", used == length, length, used)?;
        return header.into_model(Settings::default());
    }
    let (header, used): (FullHeader, usize) =
        bincode::decode_from_slice(header, CONFIG).map_err(undecodable)?;
    check("length of the header", used == length, length, used)?;
    header.into_model(projection)
}

impl FullHeader {
    fn into_model(self, projection: &[u8]) -> Result<TextModel, ModelError> {
        let base = Settings {
            method: if self.is_lsa { Method::Lsa } else { Method::Terms },
            letters: self.letters.map(|(least, most)| Letters {
                least: usize::from(least),
                most: usize::from(most),
            }),
            features: self.features as usize,
            seed: self.seed,
            ..Settings::default()
        };
        let model = self.plain.into_model(base)?;
        let values = if self.is_lsa {
            model.idf().len() * model.dims()
        } else {
            0
        };
        let expected = values * size_of::<f32>();
        check(
            "bytes of the projection",
            projection.len() == expected,
            expected,
            projection.len(),
        )?;
        if !self.is_lsa {
            return Ok(model);
        }
        let (chunks, _) = projection.as_chunks();
        let values: Vec<f32> = chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect();
        // Entries of orthonormal vectors.
        let wrong = values.iter().find(|value| value.is_nan() || value.abs() > 1.01);
        check(
            "projection",
            wrong.is_none(),
            "values from -1 to 1",
            wrong.copied().unwrap_or_default(),
        )?;
        Ok(model.with_projection(Projection { values }))
    }
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
    fn into_model(self, base: Settings) -> Result<TextModel, ModelError> {
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
            ..base
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
            (1..=settings.max_terms()).contains(&terms),
            format!("1 to {}", settings.max_terms()),
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
            letters: settings.letters,
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

fn too_large(bytes: usize, limit: usize) -> ModelError {
    ModelError::TooLarge {
        limit: limit as u64,
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
