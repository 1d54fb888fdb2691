//! TFRecord, the framing of event files: `u64 length, u32 crc(length), bytes, u32 crc(bytes)`, little-endian, where crc is
//! a masked CRC-32C (TensorFlow's `record_writer.h`).

const HEAD: usize = 12;
const TAIL: usize = 4;

/// `data` as a record.
pub(super) fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(HEAD + data.len() + TAIL);
    record.extend(length);
    record.extend(masked(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked(data).to_le_bytes());
    record
}

/// The records of a file one after the other, whole with their frames, as (record, data); ends at the first that is cut
/// or damaged, after which nothing can be read.
pub(super) fn records(file: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = file;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<8>()?;
        let (sum, _) = after.split_first_chunk::<4>()?;
        if masked(length) != u32::from_le_bytes(*sum) {
            return None;
        }
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let end = HEAD.checked_add(length)?.checked_add(TAIL)?;
        let record = rest.get(..end)?;
        let (data, sum) = record[HEAD..].split_last_chunk::<4>()?;
        if masked(data) != u32::from_le_bytes(*sum) {
            return None;
        }
        rest = &rest[end..];
        Some((record, data))
    })
}

/// The CRC is rotated and moved, so that one over data that hold a CRC is still worth something.
fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes() {
        // As the Python package `tensorboard` 2.21.0 writes them (RecordWriter).
        let hex: String = framed(b"abc").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "0300000000000000b099490e6162636e57f121");
    }

    #[test]
    fn a_file_is_read_up_to_the_first_bad_byte() {
        let pieces: [&[u8]; 3] = [b"first", b"", b"third"];
        let file: Vec<u8> = pieces.iter().flat_map(|p| framed(p)).collect();
        let read = |file: &[u8]| records(file).map(|(_, data)| data.to_vec()).collect::<Vec<_>>();
        assert_eq!(read(&file), pieces);
        let ends = [21, 37, 58];
        assert_eq!(file.len(), ends[2]);
        for at in 0..file.len() {
            let whole = ends.iter().filter(|&&end| end <= at).count();
            assert_eq!(read(&file[..at]), pieces[..whole], "cut at {at}");
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert_eq!(read(&damaged), pieces[..whole], "damaged at {at}");
        }
    }
}
