//! A look at a parquet file before polars reads it. polars takes memory for as many entries, values and bytes as a file
//! claims to hold, so a file of 700 bytes can ask for more than any machine has; here claims are compared with what there
//! is, and with limits, and no memory is taken.

mod grammar;
mod thrift;

use self::grammar::{FILE, PAGE, Role};
use self::thrift::Reader;

/// Values of all columns together, nulls included: of each some 16 bytes are kept in memory.
const MAX_VALUES: i64 = 1 << 26;
/// Bytes of all pages together when unpacked.
const MAX_UNPACKED: i64 = 1 << 30;
const MAGIC: &[u8] = b"PAR1";

/// Whether what the file claims is possible and within the limits: 67 million values, 1 GiB of pages when unpacked.
///
/// # Errors
/// What was found instead, to follow on "found".
pub fn plausible(file: &[u8]) -> Result<(), String> {
    if file.len() < 12 || !file.starts_with(MAGIC) || !file.ends_with(MAGIC) {
        return Err("a file without PAR1 at both ends, which was perhaps cut off".to_owned());
    }
    let body = &file[..file.len() - 8];
    let length = file[body.len()..]
        .first_chunk()
        .map(|l| u32::from_le_bytes(*l) as usize);
    let footer = length
        .and_then(|length| body.len().checked_sub(length))
        .and_then(|at| body.get(at..));
    let footer = footer.ok_or_else(|| "a footer longer than the file".to_owned())?;

    let (mut chunks, mut rows): (Vec<Chunk>, i64) = (Vec::new(), 0);
    Reader::of(footer, 0).structure(&FILE, &mut |role, number| {
        let chunk = chunks.last_mut();
        match (role, chunk) {
            (Role::Chunk, _) => chunks.push(Chunk::default()),
            // The worst of all claims, of the file and of its groups of rows.
            (Role::Rows, _) if !(0..=MAX_VALUES).contains(&number) => rows = number,
            (Role::Values, Some(chunk)) => chunk.values = number,
            (Role::Unpacked, Some(chunk)) => chunk.unpacked = number,
            (Role::Packed, Some(chunk)) => chunk.packed = number,
            (Role::Data, Some(chunk)) => chunk.data = number,
            (Role::Dictionary, Some(chunk)) => chunk.dictionary = number,
            _ => {}
        }
    })?;
    Sum::default().add(rows, 0)?;
    let mut claimed = Sum::default();
    chunks
        .iter()
        .try_for_each(|chunk| claimed.add(chunk.values, chunk.unpacked))?;
    let mut in_pages = Sum::default();
    chunks
        .iter()
        .try_for_each(|chunk| pages(file, chunk, &mut in_pages))
}

/// What is claimed in all.
#[derive(Debug, Default)]
struct Sum {
    values: i64,
    unpacked: i64,
}

impl Sum {
    fn add(&mut self, values: i64, unpacked: i64) -> Result<(), String> {
        let add = |sum: &mut i64, what, more: i64, limit| {
            *sum = sum.saturating_add(more);
            match more {
                0.. if *sum <= limit => Ok(()),
                _ => Err(format!("a claim of {more} {what}, the limit is {limit} in all")),
            }
        };
        add(&mut self.values, "values", values, MAX_VALUES)?;
        add(&mut self.unpacked, "bytes when unpacked", unpacked, MAX_UNPACKED)
    }
}

/// The part of a column that lies in one group of rows.
#[derive(Debug, Default)]
struct Chunk {
    values: i64,
    unpacked: i64,
    packed: i64,
    data: i64,
    dictionary: i64,
}

/// Walks the pages of a chunk from header to header.
fn pages(file: &[u8], chunk: &Chunk, total: &mut Sum) -> Result<(), String> {
    let beyond = || "a column beyond the end of the file".to_owned();
    let start = match chunk.dictionary {
        dictionary if dictionary > 0 => dictionary,
        _ => chunk.data,
    };
    let start = usize::try_from(start).map_err(|_| beyond())?;
    let packed = usize::try_from(chunk.packed).map_err(|_| beyond())?;
    let end = start.checked_add(packed).filter(|&end| end <= file.len());
    let end = end.ok_or_else(beyond)?;
    let mut at = start;
    while at < end {
        let (mut packed, mut values, mut unpacked) = (0, 0, 0);
        let mut reader = Reader::of(file, at);
        reader.structure(&PAGE, &mut |role, number| match role {
            Role::Packed => packed = number,
            Role::Unpacked => unpacked = number,
            Role::Values => values = number,
            _ => {}
        })?;
        // A dictionary's values are not among the column's, nor are both headers of a damaged page.
        total.add(values, unpacked)?;
        let next = usize::try_from(packed)
            .ok()
            .and_then(|packed| reader.at().checked_add(packed));
        at = next
            .filter(|&next| next <= file.len())
            .ok_or_else(|| "a page beyond the end of the file".to_owned())?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(body: &[u8], footer: &[u8]) -> Vec<u8> {
        let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
        [MAGIC, body, footer, &length, MAGIC].concat()
    }

    /// A varint of a signed number.
    fn number(value: i64) -> Vec<u8> {
        let mut zigzag = ((value << 1) ^ (value >> 63)).cast_unsigned();
        let mut bytes = Vec::new();
        while zigzag >= 0x80 {
            bytes.push(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        bytes.push(zigzag as u8);
        bytes
    }

    /// One column of so many values and bytes, with a page of its own claims.
    fn column(values: i64, unpacked: i64, page_values: i64, page_unpacked: i64) -> Vec<u8> {
        // PageHeader: type, sizes, the header of a data page with its number of values.
        let page = [
            &[0x15, 0][..],
            &[0x15],
            &number(page_unpacked),
            &[0x15],
            &number(3),
            &[0x2c, 0x15],
            &number(page_values),
            &[0, 0],
            b"abc",
        ]
        .concat();
        // ColumnMetaData: values, unpacked, packed, then the place of the data.
        let meta = [
            &[0x56][..],
            &number(values),
            &[0x16],
            &number(unpacked),
            &[0x16],
            &number(page.len() as i64),
            &[0x26],
            &number(4),
            &[0],
        ]
        .concat();
        // FileMetaData: version, rows, one row group of one column chunk.
        let footer = [
            &[0x15, 2, 0x26][..],
            &number(values),
            &[0x19, 0x1c, 0x19, 0x1c, 0x3c],
            &meta,
            &[0, 0, 0],
        ]
        .concat();
        file(&page, &footer)
    }

    #[test]
    fn what_is_possible_is_plausible() {
        assert_eq!(plausible(&column(7, 99, 7, 50)), Ok(()));
        assert_eq!(plausible(&file(b"", &[0])), Ok(()));
    }

    #[test]
    fn claims_beyond_the_file_or_the_limits_are_told() {
        for (claim, told) in [
            (column(1 << 40, 99, 7, 50), "1099511627776 values, the limit"),
            (column(7, 1 << 40, 7, 50), "1099511627776 bytes when unpacked"),
            (column(7, 99, 1 << 30, 50), "1073741824 values"),
            (column(7, 99, 7, (1 << 31) - 1), "2147483647 bytes when unpacked"),
            (column(-1, 99, 7, 50), "-1 values"),
            (column(7, 99, 7, -1), "-1 bytes"),
            // A schema of 2^35 entries: a list of structures, its length in a varint.
            (
                file(b"", &[0x29, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0]),
                "34359738368 entries in 1 bytes",
            ),
            (file(b"", &[0x68, 0xff, 0xff, 0x03, 0]), "65535 entries"),
            // A schema that calls itself a text would be read as a list all the same.
            (file(b"", &[0x28, 0]), "a field 2 of type 8"),
            (file(b"", &[0x29, 0x15]), "a list of type 5"),
            (
                file(b"", &[[0xcc, 0x1c].as_slice(), &[0x1c; 40]].concat()),
                "nested too deep",
            ),
            (file(b"", &[0xc9; 400]), "too deep"),
            (file(b"", &[0xcd]), "type 13"),
            (file(b"", &[0x15]), "cut off"),
            (b"PAR1\0\0\0\x80PAR1".to_vec(), "a footer longer than the file"),
            (b"PAR1PAR1".to_vec(), "PAR1 at both ends"),
        ] {
            let found = plausible(&claim).unwrap_err();
            assert!(found.contains(told), "{found}; expected {told}");
        }
    }

    #[test]
    fn a_file_cut_or_flipped_anywhere_never_panics() {
        let sound = column(7, 99, 7, 50);
        for at in 0..sound.len() {
            assert!(plausible(&sound[..at]).is_err(), "{at}");
            for bit in 0..8 {
                let mut flipped = sound.clone();
                flipped[at] ^= 1 << bit;
                // Any answer will do.
                let _ = plausible(&flipped);
            }
        }
    }
}
