//! Bytes of unknown encoding to text: a byte order mark decides, else UTF-8 where it is valid, else
//! windows-1252, the encoding that spreadsheets save without saying so.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Decoded text and how it was decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded<'a> {
    /// The text, without byte order mark.
    pub(crate) text: Cow<'a, str>,
    /// Name of the encoding.
    pub(crate) encoding: &'static str,
    /// Some bytes had no meaning in that encoding and became U+FFFD.
    pub(crate) damaged: bool,
}

/// Decodes `bytes`; never fails.
pub(crate) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if Encoding::for_bom(bytes).is_none()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8.name(),
            damaged: false,
        };
    }
    let fallback = if Encoding::for_bom(bytes).is_some() {
        UTF_8
    } else {
        WINDOWS_1252
    };
    let (text, encoding, damaged) = fallback.decode(bytes);
    Decoded {
        text,
        encoding: encoding.name(),
        damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(bytes)
            .collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "id,productDisplayName\n1,Café crème ½";
        let with_bom = ["\u{feff}", text].concat();
        let latin: Vec<u8> = text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
            .collect();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (with_bom.into_bytes(), "UTF-8"),
            (utf16(text, u16::to_le_bytes), "UTF-16LE"),
            (utf16(text, u16::to_be_bytes), "UTF-16BE"),
            (latin, "windows-1252"),
        ] {
            let decoded = decode(&bytes);
            assert_eq!((decoded.text.as_ref(), decoded.encoding), (text, encoding));
            assert!(!decoded.damaged);
        }
    }

    #[test]
    fn damage_is_told() {
        assert!(decode(b"\xef\xbb\xbfa\xff").damaged);
        assert!(!decode(b"").damaged);
    }
}
