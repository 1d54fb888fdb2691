//! `shard-KKKKK.sums`: what each product's part of a shard must be, so that damage can be laid at its door.

use std::fs;
use std::path::Path;

use bincode::error::EncodeError;
use stage::{OutputFile, StageError};

use crate::format::{Header, INDEX_ENTRY, Part, ProductSums, u32_at};
use crate::parse::{self, hex};
use crate::{DatasetError, codec};

const MAGIC: [u8; 8] = *b"ATLRSUMS";
/// A product's sums take no fewer bytes: three checksums.
const MIN_PRODUCT: u64 = 96;
/// And no more than this beside its texts, which hold the id as well.
const MAX_BESIDE_TEXTS: u64 = 256;

/// The content of the file.
pub(crate) fn encode(products: &[ProductSums]) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(codec::encode(&(products.len() as u64))?);
    for product in products {
        bytes.extend(codec::encode(product)?);
    }
    Ok(bytes)
}

/// Reads the file at `path` of a shard with this `header`, and checks it against its record.
///
/// # Errors
/// It is gone, or not as recorded.
pub(crate) fn read(
    path: &Path,
    recorded: &OutputFile,
    header: &Header,
) -> Result<Vec<ProductSums>, DatasetError> {
    let malformed = |expected: String, found: String| DatasetError::Malformed {
        path: path.to_owned(),
        part: "sums",
        expected,
        found,
    };
    let fail = |e| StageError::io(path, "cannot read", e);
    let found = fs::metadata(path).map_err(fail)?.len();
    let samples = u64::from(header.samples);
    let most = header
        .texts
        .length
        .saturating_add(samples * MAX_BESIDE_TEXTS + 32);
    if found > most {
        return Err(malformed(
            format!("at most {most} bytes"),
            format!("{found} bytes"),
        ));
    }
    let file = fs::read(path).map_err(fail)?;
    parse::check_hex(path, "sums", &file, &recorded.blake3)?;
    let Some(mut bytes) = file.strip_prefix(&MAGIC) else {
        return Err(malformed(
            "a file that begins with \"ATLRSUMS\"".into(),
            "another".into(),
        ));
    };
    let undecodable = |e: bincode::error::DecodeError| malformed("encoded sums".into(), e.to_string());
    let (count, used) = codec::decode::<u64>(bytes).map_err(undecodable)?;
    bytes = &bytes[used..];
    if count != samples || samples > bytes.len() as u64 / MIN_PRODUCT {
        return Err(malformed(
            format!("sums of {samples} products"),
            format!("{count} in {} bytes", bytes.len()),
        ));
    }
    let mut products = Vec::with_capacity(header.samples as usize);
    for _ in 0..samples {
        let (product, used) = codec::decode::<ProductSums>(bytes).map_err(undecodable)?;
        bytes = &bytes[used..];
        products.push(product);
    }
    Ok(products)
}

/// The products whose part of `section` is not what it must be. The parts are the end of the section: before those of
/// texts lies their number.
pub(crate) fn culprits(
    path: &Path,
    name: &'static str,
    section: &[u8],
    products: &[ProductSums],
    part: fn(&ProductSums) -> &Part,
) -> Vec<DatasetError> {
    let total = products
        .iter()
        .try_fold(0_u64, |sum, product| sum.checked_add(part(product).length));
    let Some(start) = total.and_then(|total| (section.len() as u64).checked_sub(total)) else {
        return Vec::new();
    };
    let mut rest = &section[start as usize..];
    let mut faults = Vec::new();
    for (index, product) in products.iter().enumerate() {
        let expected = part(product);
        let content;
        (content, rest) = rest.split_at(expected.length as usize);
        let found = Part::of(content);
        if found != *expected {
            faults.push(DatasetError::DamagedSample {
                path: path.to_owned(),
                part: name,
                id: product.id.clone(),
                index,
                expected: format!("blake3 {}", hex(&expected.blake3)),
                found: hex(&found.blake3),
            });
        }
    }
    faults
}

/// The products whose entry in the `index` of a compressed shard is not what it must be.
pub(crate) fn index_culprits(path: &Path, index: &[u8], products: &[ProductSums]) -> Vec<DatasetError> {
    let entries = index.chunks_exact(INDEX_ENTRY as usize).zip(products).enumerate();
    let faults = entries.filter_map(|(index, (entry, product))| {
        let found = [0, 4].map(|place| u64::from(u32_at(entry, place).unwrap_or(0)));
        let expected = [product.image.length, product.vectors.length];
        (found != expected).then(|| DatasetError::DamagedSample {
            path: path.to_owned(),
            part: "index",
            id: product.id.clone(),
            index,
            expected: format!("frames of {} and {} bytes", expected[0], expected[1]),
            found: format!("{} and {}", found[0], found[1]),
        })
    });
    faults.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::format::Shape;

    fn product(id: &str, image: &[u8]) -> ProductSums {
        ProductSums {
            id: id.into(),
            image: Part::of(image),
            vectors: Part::of(b""),
            texts: Part::of(b"t"),
        }
    }

    /// Writes the bytes and reads them as the sums of a shard of so many samples.
    fn written(bytes: &[u8], samples: u32) -> Result<Vec<ProductSums>, DatasetError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shard-00000.sums");
        fs::write(&path, bytes).unwrap();
        let recorded = OutputFile {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        };
        let shape = Shape {
            resolution: 1,
            captions: 1,
            dims: 1,
        };
        read(
            &path,
            &recorded,
            &Header::raw(samples, shape, 64, [[0; 32]; 3]).unwrap(),
        )
    }

    #[test]
    fn sums_keep_their_golden_bytes() {
        let sums = product("a7", b"pixels");
        let mut golden = b"ATLRSUMS\x01\x02a7\x06".to_vec();
        golden.extend(blake3::hash(b"pixels").as_bytes());
        golden.push(0);
        golden.extend(blake3::hash(b"").as_bytes());
        golden.push(1);
        golden.extend(blake3::hash(b"t").as_bytes());
        assert_eq!(encode(std::slice::from_ref(&sums)).unwrap(), golden);
        assert_eq!(written(&golden, 1).unwrap(), [sums]);
    }

    #[test]
    fn sums_that_are_cut_foreign_too_many_or_too_large_are_an_error() {
        let sound = encode(&[product("1", b"x"), product("2", b"y")]).unwrap();
        assert_eq!(written(&sound, 2).unwrap().len(), 2);
        let counts = [&b"ATLRSUMS\xfd"[..], &u64::MAX.to_le_bytes()].concat();
        let cases: [(&[u8], u32); 7] = [
            (&sound, 1),
            (&sound, 3),
            (&sound[..sound.len() - 1], 2),
            (b"", 0),
            (b"ATLSHARD\0", 0),
            (&counts, u32::MAX),
            (&[0; 4000], 2),
        ];
        for (bytes, samples) in cases {
            let error = written(bytes, samples).unwrap_err();
            assert!(
                matches!(error, DatasetError::Malformed { part: "sums", .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn parts_that_do_not_fit_the_section_lay_damage_at_no_door() {
        let path = Path::new("a");
        let mut products = vec![product("1", b"xyz"), product("2", b"y")];
        let of = |products: &[ProductSums], section: &[u8]| {
            culprits(path, "image", section, products, |product| &product.image).len()
        };
        assert_eq!(of(&products, b"xyzy"), 0);
        assert_eq!(of(&products, b"xyZy"), 1);
        assert_eq!(of(&products, b"xyz"), 0);
        products[0].image.length = u64::MAX;
        assert_eq!(of(&products, b"xyzy"), 0);
    }
}
