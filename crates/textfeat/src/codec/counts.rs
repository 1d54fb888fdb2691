//! The bytes of a file of counts.
//!
//! Magic `ATLRCNTS`, u32 version, u64 length of the content; the content; the blake3 (32 bytes) of everything before it.
//! The content is, in bincode's standard configuration one after another, a header and as many terms as it says, in the
//! order of their bytes. Numbers of fixed width are little-endian.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};

use super::header::HeaderPattern;
use super::hex;
use crate::counts_file::{MAX_DOCUMENT_BYTES, fingerprint};
use crate::{Count, Counts, CountsError, CountsFile, FitError, Language, Letters, Settings};

const MAGIC: &[u8; 8] = b"ATLRCNTS";
const VERSION: u32 = 1;
const PREFIX_BYTES: usize = MAGIC.len() + 4 + 8;
const CHECKSUM_BYTES: usize = blake3::OUT_LEN;
/// Size of the largest file that is read as counts.
pub const MAX_COUNTS_BYTES: usize = 2 << 30;
/// Of a header, or of one term with all its forms.
const MAX_PART_BYTES: usize = 16 << 20;
/// No count is larger, so that sums of many files do not reach the end of 64 bits.
const MAX_COUNT: u64 = 1 << 48;

/// No allocation of the decoder exceeds the limit, whatever lengths the bytes claim.
const CONFIG: Configuration<LittleEndian, Varint, Limit<MAX_PART_BYTES>> =
    bincode::config::standard().with_limit::<MAX_PART_BYTES>();

#[derive(Encode, Decode)]
struct CountsHeader {
    /// Of stemmer, stop words and protected words.
    fingerprint: [u8; 32],
    document: String,
    language: String,
    pattern: Option<HeaderPattern>,
    stop_words: bool,
    numbers: bool,
    ngrams: u8,
    letters: Option<(u8, u8)>,
    documents: u64,
    terms: u64,
}

#[derive(Encode, Decode)]
struct CountsTerm {
    term: String,
    tf: u64,
    df: u64,
    words: Vec<(String, u64)>,
}

pub(crate) fn encode(file: &CountsFile) -> Result<Vec<u8>, CountsError> {
    let settings = file.settings();
    let mut terms: Vec<(&str, &Count)> = file.counts().terms().collect();
    terms.sort_unstable_by_key(|&(term, _)| term);
    let header = CountsHeader {
        fingerprint: fingerprint(settings),
        document: file.document().to_owned(),
        language: settings.language.name().to_owned(),
        pattern: HeaderPattern::of(settings.tokens),
        stop_words: settings.stop_words,
        numbers: settings.numbers,
        ngrams: settings.ngrams as u8,
        letters: settings.letters.map(|l| (l.least as u8, l.most as u8)),
        documents: file.counts().documents(),
        terms: terms.len() as u64,
    };
    let mut bytes = [&MAGIC[..], &VERSION.to_le_bytes(), &[0; 8]].concat();
    append(&mut bytes, header)?;
    for (term, count) in terms {
        let words = count.words().map(|(word, n)| (word.to_owned(), n)).collect();
        let (term, tf, df) = (term.to_owned(), count.tf(), count.df());
        append(&mut bytes, CountsTerm { term, tf, df, words })?;
        if bytes.len() > MAX_COUNTS_BYTES - CHECKSUM_BYTES {
            return Err(too_large(bytes.len() as u64, MAX_COUNTS_BYTES));
        }
    }
    let length = (bytes.len() - PREFIX_BYTES) as u64;
    bytes[PREFIX_BYTES - 8..PREFIX_BYTES].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
    Ok(bytes)
}

fn append(bytes: &mut Vec<u8>, part: impl Encode) -> Result<(), CountsError> {
    let part = bincode::encode_to_vec(part, bincode::config::standard()).map_err(undecodable)?;
    if part.len() > MAX_PART_BYTES {
        return Err(too_large(part.len() as u64, MAX_PART_BYTES));
    }
    bytes.extend(part);
    Ok(())
}

pub(crate) fn decode(bytes: &[u8]) -> Result<CountsFile, CountsError> {
    let mut content = content(bytes)?;
    let header: CountsHeader = part(&mut content)?;
    let (settings, documents, terms) = (header.settings()?, header.documents, header.terms);
    check(
        "documents",
        documents <= MAX_COUNT,
        format!("at most {MAX_COUNT}"),
        documents,
    )?;
    // A term takes four bytes at least: what the header claims costs no memory beyond that of the file.
    let room = content.len() / 4;
    check("terms", terms <= room as u64, format!("at most {room}"), terms)?;
    let mut counts = Counts::new(documents, terms as usize);
    let mut latest: Option<Box<str>> = None;
    for _ in 0..terms {
        let term: CountsTerm = part(&mut content)?;
        let name: Box<str> = term.term.as_str().into();
        if let Some(before) = &latest {
            check(
                "order of terms",
                *before < name,
                format!("a term after `{before}`"),
                format!("`{name}`"),
            )?;
        }
        counts.insert(name.clone(), term.count(documents)?);
        latest = Some(name);
    }
    check("bytes after the last term", content.is_empty(), 0, content.len())?;
    CountsFile::new(&settings, header.document, counts).map_err(invalid)
}

/// What is between the prefix and the checksum, if all is whole.
fn content(bytes: &[u8]) -> Result<&[u8], CountsError> {
    let cut = |expected: u64| CountsError::Cut {
        expected,
        found: bytes.len() as u64,
    };
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic.is_empty() || !MAGIC.starts_with(magic) {
        return Err(CountsError::NotCounts {
            found: format!("`{}`", magic.escape_ascii()),
        });
    }
    let prefix = bytes.get(..PREFIX_BYTES).ok_or(cut(PREFIX_BYTES as u64))?;
    let version = u32::from_le_bytes(std::array::from_fn(|i| prefix[8 + i]));
    if version > VERSION {
        return Err(CountsError::Newer {
            expected: VERSION,
            found: version,
        });
    }
    check("version", version == VERSION, VERSION, version)?;
    let length = u64::from_le_bytes(std::array::from_fn(|i| prefix[12 + i]));
    if length > MAX_COUNTS_BYTES as u64 {
        return Err(too_large(length, MAX_COUNTS_BYTES));
    }
    let expected = (PREFIX_BYTES + CHECKSUM_BYTES) as u64 + length;
    if (bytes.len() as u64) < expected {
        return Err(cut(expected));
    }
    if bytes.len() as u64 > expected {
        return Err(CountsError::Trailing {
            expected,
            found: bytes.len() as u64,
        });
    }
    let (content, stored) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
    let computed = blake3::hash(content);
    if computed.as_bytes() != stored {
        return Err(CountsError::Checksum {
            expected: hex(stored),
            found: hex(computed.as_bytes()),
        });
    }
    Ok(&content[PREFIX_BYTES..])
}

/// The next part of the content.
fn part<P: Decode<()>>(content: &mut &[u8]) -> Result<P, CountsError> {
    let (part, used) = bincode::decode_from_slice(content, CONFIG).map_err(undecodable)?;
    *content = &content[used..];
    Ok(part)
}

impl CountsHeader {
    fn settings(&self) -> Result<Settings, CountsError> {
        let language = Language::by_name(&self.language);
        check(
            "language",
            language.is_some(),
            "one of the stemmer's languages",
            &self.language,
        )?;
        let short = self.document.len() <= MAX_DOCUMENT_BYTES;
        check(
            "document",
            short,
            format!("at most {MAX_DOCUMENT_BYTES} bytes"),
            self.document.len(),
        )?;
        let settings = Settings {
            language: language.unwrap_or_default(),
            tokens: HeaderPattern::tokens(self.pattern).map_err(|e| CountsError::Content {
                reason: e.to_string(),
            })?,
            stop_words: self.stop_words,
            numbers: self.numbers,
            ngrams: usize::from(self.ngrams),
            letters: self.letters.map(|(least, most)| Letters {
                least: usize::from(least),
                most: usize::from(most),
            }),
            ..Settings::default()
        };
        settings.check().map_err(invalid)?;
        let ours = fingerprint(&settings);
        if ours != self.fingerprint {
            return Err(CountsError::Lists {
                expected: hex(&ours),
                found: hex(&self.fingerprint),
            });
        }
        Ok(settings)
    }
}

impl CountsTerm {
    fn count(self, documents: u64) -> Result<Count, CountsError> {
        let Self { term, tf, df, words } = self;
        let right = (1..=documents).contains(&df) && df <= tf && tf <= MAX_COUNT;
        let expected = || format!("1 to {documents} documents for `{term}`, each with it");
        check(
            "document frequency",
            right,
            expected(),
            format!("{df} documents, {tf} times"),
        )?;
        let in_order = words.is_sorted_by(|(a, _), (b, _)| a < b);
        check(
            "forms",
            in_order,
            format!("those of `{term}` in order"),
            "another order",
        )?;
        let sum = words.iter().try_fold(0_u64, |sum, &(_, n)| sum.checked_add(n));
        let right = words.is_empty() || sum == Some(tf);
        check(
            "forms",
            right,
            format!("{tf} occurrences of `{term}`"),
            format!("{sum:?}"),
        )?;
        let words = words.into_iter().map(|(word, n)| (word.into(), n)).collect();
        Ok(Count::from_parts(tf, df, words))
    }
}

fn check(
    what: &'static str,
    right: bool,
    expected: impl ToString,
    found: impl ToString,
) -> Result<(), CountsError> {
    if right {
        return Ok(());
    }
    Err(CountsError::Invalid {
        what,
        expected: expected.to_string(),
        found: found.to_string(),
    })
}

fn invalid(error: FitError) -> CountsError {
    match error {
        FitError::Setting {
            setting,
            expected,
            found,
        } => CountsError::Invalid {
            what: setting,
            expected,
            found,
        },
        other => CountsError::Content {
            reason: other.to_string(),
        },
    }
}

fn undecodable(error: impl ToString) -> CountsError {
    CountsError::Content {
        reason: error.to_string(),
    }
}

fn too_large(bytes: u64, limit: usize) -> CountsError {
    CountsError::TooLarge {
        limit: limit as u64,
        found: bytes,
    }
}
