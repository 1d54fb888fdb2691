//! Thrift's compact protocol, read against a grammar: every length is compared with the bytes that are left.

use super::grammar::{Kind, Role, Structure};

/// Structures and lists within each other.
const MAX_DEPTH: u32 = 16;

const STOP: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// Takes the numbers that are looked at.
type Note<'n> = dyn FnMut(Role, i64) + 'n;

/// Bytes, and how far they are read.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn of(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Reads a structure of that grammar; `note` gets each number that has a role.
    ///
    /// # Errors
    /// What was found instead.
    pub(super) fn structure(&mut self, grammar: &Structure, note: &mut Note<'_>) -> Result<(), String> {
        self.fields(0, grammar, note)
    }

    fn fields(&mut self, depth: u32, grammar: &Structure, note: &mut Note<'_>) -> Result<(), String> {
        let depth = deeper(depth)?;
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            let found = head & 0xf;
            if found == STOP {
                return Ok(());
            }
            id = match head >> 4 {
                0 => self.number()?,
                step => id + i64::from(step),
            };
            if !(0..=i64::from(i16::MAX)).contains(&id) {
                return Err(format!("a field of number {id}"));
            }
            match grammar.iter().find(|(known, ..)| *known == id) {
                Some((_, kind, role)) if kind.is(found) => {
                    if *role == Role::Chunk {
                        note(Role::Chunk, 0);
                    }
                    self.value(depth, kind, *role, note)?;
                }
                Some(_) => return Err(format!("a field {id} of type {found}")),
                None => self.skip(depth, found, false)?,
            }
        }
    }

    fn value(&mut self, depth: u32, kind: &Kind, role: Role, note: &mut Note<'_>) -> Result<(), String> {
        match kind {
            // Its value is its type.
            Kind::Bool => {}
            Kind::Byte => drop(self.byte()?),
            Kind::I16 | Kind::I32 | Kind::I64 => {
                let number = self.number()?;
                if role != Role::Nothing {
                    note(role, number);
                }
            }
            Kind::Binary => self.binary()?,
            Kind::List(of) => {
                let (length, found) = self.list()?;
                // Some writers leave the type out where there is nothing.
                if length > 0 && !of.is(found) {
                    return Err(format!("a list of type {found}"));
                }
                let depth = deeper(depth)?;
                for _ in 0..length {
                    self.value(depth, of, role, note)?;
                }
            }
            Kind::Struct(grammar) => self.fields(depth, grammar, note)?,
        }
        Ok(())
    }

    /// Passes over a value of any type; in a list a truth value takes a byte.
    fn skip(&mut self, depth: u32, found: u8, in_list: bool) -> Result<(), String> {
        let depth = deeper(depth)?;
        match found {
            YES | NO if !in_list => {}
            YES | NO | BYTE => drop(self.byte()?),
            I16 | I32 | I64 => drop(self.varint()?),
            DOUBLE => self.pass(8)?,
            BINARY => self.binary()?,
            LIST | SET => {
                let (length, of) = self.list()?;
                for _ in 0..length {
                    self.skip(depth, of, true)?;
                }
            }
            MAP => {
                let length = self.length()?;
                let kinds = if length == 0 { 0 } else { self.byte()? };
                for _ in 0..length {
                    self.skip(depth, kinds >> 4, true)?;
                    self.skip(depth, kinds & 0xf, true)?;
                }
            }
            STRUCT => self.fields(depth, &[], &mut |_, _| {})?,
            other => return Err(format!("a field of type {other}, which there is not")),
        }
        Ok(())
    }

    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(cut_off)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number of more than 64 bits".to_owned())
    }

    /// A signed number.
    fn number(&mut self) -> Result<i64, String> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A number of things that take at least a byte each.
    fn length(&mut self) -> Result<usize, String> {
        let (length, left) = (self.varint()?, self.left());
        let right = usize::try_from(length).ok().filter(|&length| length <= left);
        right.ok_or_else(|| format!("a claim of {length} entries in {left} bytes"))
    }

    fn binary(&mut self) -> Result<(), String> {
        let length = self.length()?;
        self.pass(length)
    }

    /// Length and type of a list.
    fn list(&mut self) -> Result<(usize, u8), String> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.length()?,
            short => usize::from(short),
        };
        Ok((length, head & 0xf))
    }

    fn pass(&mut self, bytes: usize) -> Result<(), String> {
        if bytes > self.left() {
            return Err(cut_off());
        }
        self.at += bytes;
        Ok(())
    }
}

impl Kind {
    /// Whether the protocol's type is this one.
    const fn is(&self, found: u8) -> bool {
        match self {
            Self::Bool => matches!(found, YES | NO),
            Self::Byte => found == BYTE,
            Self::I16 => found == I16,
            Self::I32 => found == I32,
            Self::I64 => found == I64,
            Self::Binary => found == BINARY,
            Self::List(_) => found == LIST,
            Self::Struct(_) => found == STRUCT,
        }
    }
}

fn deeper(depth: u32) -> Result<u32, String> {
    if depth >= MAX_DEPTH {
        return Err("a description nested too deep".to_owned());
    }
    Ok(depth + 1)
}

fn cut_off() -> String {
    "a description that is cut off".to_owned()
}
