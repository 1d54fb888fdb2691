//! The few protobuf messages of TensorBoard that a run writes, in protobuf's wire format.
//!
//! `Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }`,
//! `Summary { repeated Value value = 1; }`, `Value { string tag = 1; float simple_value = 2; Image image = 4; }`,
//! `Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }`,
//! `SessionLog { SessionStatus status = 1; }` (TensorBoard's `event.proto` and `summary.proto`).

/// What TensorBoard takes for its own format.
const FILE_VERSION: &str = "brain.Event:2";
/// `SessionLog.SessionStatus.START`.
const START: u64 = 1;
/// Channels of an RGB image.
const RGB: u64 = 3;

const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const BYTES: u64 = 2;
const FOUR_BYTES: u64 = 5;
const STEP_FIELD: u64 = 2;

/// What an event tells.
pub(super) enum What<'a> {
    /// The first event of every file.
    FileVersion,
    /// A sitting begins: what was told earlier of this step and later ones no longer holds.
    Start,
    /// Values by tag.
    Scalars(&'a [(String, f32)]),
    /// A picture.
    Image {
        tag: &'a str,
        width: u64,
        height: u64,
        png: &'a [u8],
    },
}

/// An `Event`, `wall_time` in seconds since 1970.
pub(super) fn event(wall_time: f64, step: u64, what: &What<'_>) -> Vec<u8> {
    let mut event = Message::default();
    event.double(1, wall_time);
    // A zero is not written: it is what a reader takes for granted.
    if step > 0 {
        event.varint(STEP_FIELD, step);
    }
    match what {
        What::FileVersion => event.bytes(3, FILE_VERSION.as_bytes()),
        What::Start => {
            let mut log = Message::default();
            log.varint(1, START);
            event.bytes(7, &log.0);
        }
        What::Scalars(values) => {
            let mut summary = Message::default();
            for (tag, value) in *values {
                let mut message = Message::default();
                message.bytes(1, tag.as_bytes());
                message.float(2, *value);
                summary.bytes(1, &message.0);
            }
            event.bytes(5, &summary.0);
        }
        What::Image {
            tag,
            width,
            height,
            png,
        } => {
            let mut image = Message::default();
            image.varint(1, *height);
            image.varint(2, *width);
            image.varint(3, RGB);
            image.bytes(4, png);
            let mut value = Message::default();
            value.bytes(1, tag.as_bytes());
            value.bytes(4, &image.0);
            let mut summary = Message::default();
            summary.bytes(1, &value.0);
            event.bytes(5, &summary.0);
        }
    }
    event.0
}

/// The step of an `Event`; `None` where the bytes are none.
pub(super) fn step_of(event: &[u8]) -> Option<u64> {
    let (mut rest, mut step) = (event, 0);
    while !rest.is_empty() {
        let key = read_varint(&mut rest)?;
        let skipped = match key & 7 {
            VARINT => {
                let value = read_varint(&mut rest)?;
                if key >> 3 == STEP_FIELD {
                    step = value;
                }
                0
            }
            EIGHT_BYTES => 8,
            FOUR_BYTES => 4,
            BYTES => usize::try_from(read_varint(&mut rest)?).ok()?,
            _ => return None,
        };
        rest = rest.get(skipped..)?;
    }
    Some(step)
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.raw_varint(field << 3 | wire);
    }

    fn varint(&mut self, field: u64, value: u64) {
        self.key(field, VARINT);
        self.raw_varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, EIGHT_BYTES);
        self.0.extend(value.to_le_bytes());
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, FOUR_BYTES);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, BYTES);
        self.raw_varint(value.len() as u64);
        self.0.extend(value);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_each_event() {
        // As the Python package `tensorboard` 2.21.0 prints them (SerializeToString).
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let version = event(1.5, 0, &What::FileVersion);
        assert_eq!(hex(&version), "09000000000000f83f1a0d627261696e2e4576656e743a32");
        assert_eq!(
            hex(&event(1.5, 300, &What::Start)),
            "09000000000000f83f10ac023a020801"
        );
        let scalars = [("a".to_owned(), 0.5), ("b/c".to_owned(), -2.0)];
        assert_eq!(
            hex(&event(1.5, 300, &What::Scalars(&scalars))),
            "09000000000000f83f10ac022a160a080a0161150000003f0a0a0a03622f6315000000c0"
        );
        let image = What::Image {
            tag: "a",
            width: 200,
            height: 3,
            png: b"png",
        };
        assert_eq!(
            hex(&event(1.5, 300, &image)),
            "09000000000000f83f10ac022a130a110a0161220c080310c80118032203706e67"
        );
    }

    #[test]
    fn the_step_of_any_event_is_found_and_of_other_bytes_none() {
        for step in [0, 1, 127, 128, 300, u64::MAX] {
            assert_eq!(step_of(&event(0.0, step, &What::Start)), Some(step));
        }
        assert_eq!(step_of(b""), Some(0));
        for bytes in [
            &b"\x10"[..],
            b"\x2a\x05ab",
            b"\x0b",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(step_of(bytes), None, "{bytes:?}");
        }
    }
}
