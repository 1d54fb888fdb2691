//! Bytes of unknown encoding to text: a byte order mark decides, else UTF-8 where it is valid, else what chardetng
//! makes of the bytes; for Western texts that is windows-1252, which spreadsheets save without saying so.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

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
    // The byte order mark, where there is one, overrules the guess.
    let (text, encoding, damaged) = guess(bytes).decode(bytes);
    Decoded {
        text,
        encoding: encoding.name(),
        damaged,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // A file that is UTF-8 but for a few bytes, such as a download that was patched by hand, is UTF-8.
    let (valid, broken) = bytes.utf8_chunks().fold((0, 0), |(valid, broken), chunk| {
        let long = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        (valid + long, broken + usize::from(!chunk.invalid().is_empty()))
    });
    if valid > 10 * broken {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
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
    fn tables_of_other_alphabets_are_read() {
        for (encoding, text) in [
            (
                encoding_rs::WINDOWS_1251,
                "id,название\n1,Синяя мужская рубашка с длинным рукавом\n",
            ),
            (encoding_rs::SHIFT_JIS, "id,名前\n1,青いシャツ、長袖のメンズ\n"),
            (encoding_rs::GBK, "id,名称\n1,蓝色男士长袖衬衫，纯棉面料\n"),
            (
                encoding_rs::WINDOWS_1254,
                "id,başlık\n1,Lacivert erkek gömleği, uzun kollu, şık ve ince\n",
            ),
        ] {
            let decoded = decode(&encoding.encode(text).0).text.into_owned();
            assert_eq!(decoded, text);
        }
    }

    #[test]
    fn a_few_bad_bytes_do_not_make_utf8_something_else() {
        let bytes = [
            "Café crème à la façon de l'été, naïve Noël; "
                .repeat(3)
                .as_bytes(),
            b"\xe9 x",
        ]
        .concat();
        let decoded = decode(&bytes);
        assert_eq!((decoded.encoding, decoded.damaged), ("UTF-8", true));
        assert!(decoded.text.starts_with("Café crème à"));
    }

    #[test]
    fn damage_is_told() {
        assert!(decode(b"\xef\xbb\xbfa\xff").damaged);
        assert!(!decode(b"").damaged);
    }
}
