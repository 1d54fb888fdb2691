//! A CSV as people write it, to a CSV as readers want it: every record with as many fields as the header,
//! every field quoted.
//!
//! Real dumps hold titles with commas that nobody quoted (`Black Tie, Cufflink and Pocket Square`), and bare
//! quotes (`3.5" Pink Short`). A quote counts as one only where it opens a field and a matching one closes it
//! before a comma or the end of the line; any other is a character. Fields beyond the header's number belong
//! to the one column of free text, where a table has one.

use std::borrow::Cow;
use std::ops::Range;

/// The repaired table and what was done to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Repaired {
    /// The table, header first.
    pub(super) csv: String,
    /// The line each record begins in, without the header and those with a surplus.
    pub(super) lines: Vec<u32>,
    /// Records whose surplus commas were put back into the free text.
    pub(super) mended: usize,
    /// Records with fewer fields than the header, filled up with empty ones.
    pub(super) filled: usize,
    /// Records that were left out for having more fields than the header: line, and number of fields.
    pub(super) surplus: Vec<(u32, usize)>,
}

/// The fields of the first record, trimmed.
pub(super) fn header(text: &str, separator: u8) -> Vec<String> {
    let (_, fields) = Records::of(text, separator).next().unwrap_or_default();
    fields
        .into_iter()
        .map(|field| text_of(text, &field).trim().to_owned())
        .collect()
}

/// Repairs `text`, whose fields are parted by `separator`; the result's are by commas. Surplus fields of a
/// record go to the column `free_text`, counted from 0; without one the record is left out.
pub(super) fn repair(text: &str, separator: u8, free_text: Option<usize>) -> Repaired {
    let mut repaired = Repaired {
        csv: String::with_capacity(text.len() * 5 / 4),
        ..Repaired::default()
    };
    let mut width = None;
    for (line, mut fields) in Records::of(text, separator) {
        match width {
            None => width = Some(fields.len()),
            Some(width) => {
                repaired.mended += usize::from(join_surplus(&mut fields, width, free_text));
                if fields.len() > width {
                    repaired.surplus.push((line, fields.len()));
                    continue;
                }
                repaired.lines.push(line);
                repaired.filled += usize::from(fields.len() < width);
                fields.resize(width, Field::Bare(0..0));
            }
        }
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                repaired.csv.push(',');
            }
            push_quoted(&mut repaired.csv, &text_of(text, field));
        }
        repaired.csv.push('\n');
    }
    repaired
}

/// Makes one field of the surplus ones; whether there was text to put back.
fn join_surplus(fields: &mut Vec<Field>, width: usize, free_text: Option<usize>) -> bool {
    // Empty cells at the end are a spreadsheet's, not part of a title.
    while fields.len() > width && fields.last().is_some_and(|field| field.range().is_empty()) {
        fields.pop();
    }
    let surplus = fields.len().saturating_sub(width);
    let Some(free_text) = free_text.filter(|&column| surplus > 0 && column < width) else {
        return false;
    };
    let last = free_text + surplus;
    let whole = fields[free_text].raw().start..fields[last].raw().end;
    fields.splice(free_text..=last, [Field::Bare(whole)]);
    true
}

/// Where a field lies in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Field {
    /// All of the range is the field.
    Bare(Range<usize>),
    /// The range lies between quotes, and quotes in it are doubled.
    Quoted(Range<usize>),
}

impl Field {
    fn range(&self) -> &Range<usize> {
        match self {
            Self::Bare(range) | Self::Quoted(range) => range,
        }
    }

    /// The range with its quotes.
    fn raw(&self) -> Range<usize> {
        match self {
            Self::Bare(range) => range.clone(),
            Self::Quoted(range) => range.start - 1..range.end + 1,
        }
    }
}

fn text_of<'a>(text: &'a str, field: &Field) -> Cow<'a, str> {
    match field {
        Field::Bare(range) => Cow::Borrowed(&text[range.clone()]),
        Field::Quoted(range) => Cow::Owned(text[range.clone()].replace("\"\"", "\"")),
    }
}

/// A line break within a field becomes a space: nothing here needs it, and every reader splits at it safely.
fn push_quoted(csv: &mut String, field: &str) {
    csv.push('"');
    for c in field.chars() {
        match c {
            '"' => csv.push_str("\"\""),
            '\r' | '\n' => csv.push(' '),
            c => csv.push(c),
        }
    }
    csv.push('"');
}

/// The records of a text, each with the line it begins in; blank lines are none.
struct Records<'a> {
    text: &'a str,
    separator: u8,
    at: usize,
    line: u32,
    /// Up to here lines are counted.
    counted: usize,
}

impl<'a> Records<'a> {
    const fn of(text: &'a str, separator: u8) -> Self {
        Self {
            text,
            separator,
            at: 0,
            line: 1,
            counted: 0,
        }
    }
}

impl Iterator for Records<'_> {
    type Item = (u32, Vec<Field>);

    fn next(&mut self) -> Option<(u32, Vec<Field>)> {
        let bytes = self.text.as_bytes();
        while let Some(b'\r' | b'\n') = bytes.get(self.at) {
            self.at += 1;
        }
        let breaks = bytes[self.counted..self.at].iter().filter(|&&b| b == b'\n');
        self.line = self
            .line
            .saturating_add(u32::try_from(breaks.count()).unwrap_or(u32::MAX));
        self.counted = self.at;
        if self.at >= bytes.len() {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            let field = self.quoted().unwrap_or_else(|| self.bare());
            self.at = field.raw().end;
            fields.push(field);
            match bytes.get(self.at) {
                Some(&b) if b == self.separator => self.at += 1,
                _ => return Some((self.line, fields)),
            }
        }
    }
}

impl Records<'_> {
    /// The quoted field that begins here, if one does and is closed where a field may end.
    fn quoted(&self) -> Option<Field> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        if bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let mut at = start;
        loop {
            at += bytes.get(at..)?.iter().position(|&b| b == b'"')?;
            match bytes.get(at + 1) {
                Some(b'"') => at += 2,
                None | Some(b'\r' | b'\n') => return Some(Field::Quoted(start..at)),
                Some(&b) if b == self.separator => return Some(Field::Quoted(start..at)),
                Some(_) => return None,
            }
        }
    }

    fn bare(&self) -> Field {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest
            .iter()
            .position(|&b| b == self.separator || matches!(b, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        Field::Bare(self.at..self.at + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(csv: &str) -> (Vec<String>, Repaired) {
        let repaired = repair(csv, b',', Some(1));
        let fields = Records::of(&repaired.csv, b',').skip(1);
        let titles = fields
            .map(|(_, fields)| text_of(&repaired.csv, &fields[1]).into_owned())
            .collect();
        (titles, repaired)
    }

    #[test]
    fn surplus_commas_go_back_into_the_title() {
        let (titles, repaired) =
            titles("id,title\n1,Black Tie, Cufflink and Square\n2,Live, Life, Laugh\r\n3,Plain\n");
        assert_eq!(
            titles,
            ["Black Tie, Cufflink and Square", "Live, Life, Laugh", "Plain"]
        );
        assert_eq!(
            (repaired.lines.len(), repaired.mended, repaired.filled),
            (3, 2, 0)
        );
    }

    #[test]
    fn surplus_commas_are_put_back_in_a_column_that_is_not_the_last() {
        let repaired = repair(
            "id,title,usage\n1,Tie, Cufflink, Square,Formal\n2,Tie,Casual",
            b',',
            Some(1),
        );
        assert_eq!(
            repaired.csv,
            "\"id\",\"title\",\"usage\"\n\"1\",\"Tie, Cufflink, Square\",\"Formal\"\n\"2\",\"Tie\",\"Casual\"\n"
        );
    }

    #[test]
    fn quoted_fields_stay_right() {
        let (titles, repaired) =
            titles("\"id\",\"title\"\n\"1\",\"White, Blue \"\"Liv\"\" Shoe\"\n2,\"two\nlines\"\n3,\"\"");
        assert_eq!(titles, ["White, Blue \"Liv\" Shoe", "two lines", ""]);
        assert_eq!((repaired.lines.len(), repaired.mended), (3, 0));
    }

    #[test]
    fn bare_quotes_are_characters() {
        let (titles, repaired) = titles(
            "id,title\n1,3.5\" Pink Short\n2,\"Cool\" Shirt, Blue\n3,\"Never closed\n4,\"Well, closed\"\n5,a\"b\",c",
        );
        assert_eq!(
            titles,
            [
                "3.5\" Pink Short",
                "\"Cool\" Shirt, Blue",
                "\"Never closed",
                "Well, closed",
                "a\"b\",c"
            ]
        );
        assert_eq!((repaired.lines.len(), repaired.mended), (5, 2));
    }

    #[test]
    fn short_rows_are_filled_and_empty_cells_at_the_end_dropped() {
        let (titles, repaired) = titles("id,title\n1\n2,Shirt,,,\n\n\n");
        assert_eq!(titles, ["", "Shirt"]);
        assert_eq!(
            (repaired.lines.len(), repaired.mended, repaired.filled),
            (2, 0, 1)
        );
    }

    #[test]
    fn without_free_text_a_surplus_is_left_out_and_lines_are_counted() {
        let repaired = repair("id,title\n\n1,a\r\n2,a,b\n3,\"c\nd\"\n4,e,,\n", b',', None);
        assert_eq!(repaired.lines, [3, 5, 7]);
        assert_eq!(repaired.surplus, [(4, 3)]);
    }

    #[test]
    fn tabs_part_fields_where_they_should() {
        let repaired = repair("id\ttitle\n1\tTie, \"so called\"\n2\t\"a\tb\"\n", b'\t', None);
        assert_eq!(
            repaired.csv,
            "\"id\",\"title\"\n\"1\",\"Tie, \"\"so called\"\"\"\n\"2\",\"a\tb\"\n"
        );
    }

    #[test]
    fn nothing_and_a_header_alone_have_no_rows() {
        assert_eq!(repair("", b',', Some(1)), Repaired::default());
        assert_eq!(header("", b','), Vec::<String>::new());
        assert_eq!(repair("id,title\n", b',', Some(1)).lines.len(), 0);
        assert_eq!(header(" id ,\"title\"\r\n1,2", b','), ["id", "title"]);
    }

    #[test]
    fn a_megabyte_of_quotes_takes_no_time() {
        let hostile = ["id,title\n", &"\"a\"\",".repeat(200_000)].concat();
        assert_eq!(repair(&hostile, b',', Some(1)).lines.len(), 1);
    }
}
