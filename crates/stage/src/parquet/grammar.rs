//! What parquet's own description of a file may hold: parquet.thrift of Apache Parquet 2.11, its fields by number. A field
//! of another type than here is refused, since readers that go by numbers alone would take its bytes for something else.

/// The type of a field.
#[derive(Debug)]
pub(super) enum Kind {
    Bool,
    Byte,
    I16,
    I32,
    I64,
    Binary,
    List(&'static Kind),
    Struct(&'static Structure),
}

/// What a number is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Nothing,
    /// A part of a column begins.
    Chunk,
    Rows,
    Values,
    Unpacked,
    Packed,
    /// Where the pages of data begin.
    Data,
    /// Where the page of the dictionary is.
    Dictionary,
}

/// Fields by number; others are passed over.
pub(super) type Structure = [(i64, Kind, Role)];

use Kind::{Binary, Bool, Byte, I16, I32, I64, List, Struct};
use Role::Nothing;

const NONE: &Structure = &[];

/// `FileMetaData`.
pub(super) const FILE: [(i64, Kind, Role); 7] = [
    (1, I32, Nothing),
    (2, List(&Struct(SCHEMA)), Nothing),
    (3, I64, Role::Rows),
    (4, List(&Struct(ROW_GROUP)), Nothing),
    (5, List(&Struct(KEY_VALUE)), Nothing),
    (6, Binary, Nothing),
    (7, List(&Struct(COLUMN_ORDER)), Nothing),
];
/// `PageHeader`.
pub(super) const PAGE: [(i64, Kind, Role); 8] = [
    (1, I32, Nothing),
    (2, I32, Role::Unpacked),
    (3, I32, Role::Packed),
    (4, I32, Nothing),
    (5, Struct(DATA_PAGE), Nothing),
    (6, Struct(NONE), Nothing),
    (7, Struct(DICTIONARY_PAGE), Nothing),
    (8, Struct(DATA_PAGE_V2), Nothing),
];
const DATA_PAGE: &Structure = &[
    (1, I32, Role::Values),
    (2, I32, Nothing),
    (3, I32, Nothing),
    (4, I32, Nothing),
    (5, Struct(STATISTICS), Nothing),
];
const DICTIONARY_PAGE: &Structure = &[(1, I32, Role::Values), (2, I32, Nothing), (3, Bool, Nothing)];
const DATA_PAGE_V2: &Structure = &[
    (1, I32, Role::Values),
    (2, I32, Nothing),
    (3, I32, Nothing),
    (4, I32, Nothing),
    (5, I32, Nothing),
    (6, I32, Nothing),
    (7, Bool, Nothing),
    (8, Struct(STATISTICS), Nothing),
];
const SCHEMA: &Structure = &[
    (1, I32, Nothing),
    (2, I32, Nothing),
    (3, I32, Nothing),
    (4, Binary, Nothing),
    (5, I32, Nothing),
    (6, I32, Nothing),
    (7, I32, Nothing),
    (8, I32, Nothing),
    (9, I32, Nothing),
    (10, Struct(LOGICAL_TYPE), Nothing),
];
const LOGICAL_TYPE: &Structure = &[
    (1, Struct(NONE), Nothing),
    (2, Struct(NONE), Nothing),
    (3, Struct(NONE), Nothing),
    (4, Struct(NONE), Nothing),
    (5, Struct(&[(1, I32, Nothing), (2, I32, Nothing)]), Nothing),
    (6, Struct(NONE), Nothing),
    (7, Struct(TIME), Nothing),
    (8, Struct(TIME), Nothing),
    (10, Struct(&[(1, Byte, Nothing), (2, Bool, Nothing)]), Nothing),
    (11, Struct(NONE), Nothing),
    (12, Struct(NONE), Nothing),
    (13, Struct(NONE), Nothing),
    (14, Struct(NONE), Nothing),
    (15, Struct(NONE), Nothing),
];
const TIME: &Structure = &[(1, Bool, Nothing), (2, Struct(TIME_UNIT), Nothing)];
const TIME_UNIT: &Structure = &[
    (1, Struct(NONE), Nothing),
    (2, Struct(NONE), Nothing),
    (3, Struct(NONE), Nothing),
];
const ROW_GROUP: &Structure = &[
    (1, List(&Struct(COLUMN_CHUNK)), Nothing),
    (2, I64, Nothing),
    (3, I64, Role::Rows),
    (4, List(&Struct(SORTING)), Nothing),
    (5, I64, Nothing),
    (6, I64, Nothing),
    (7, I16, Nothing),
];
const SORTING: &Structure = &[(1, I32, Nothing), (2, Bool, Nothing), (3, Bool, Nothing)];
const COLUMN_CHUNK: &Structure = &[
    (1, Binary, Nothing),
    (2, I64, Nothing),
    (3, Struct(COLUMN), Role::Chunk),
    (4, I64, Nothing),
    (5, I32, Nothing),
    (6, I64, Nothing),
    (7, I32, Nothing),
];
const COLUMN: &Structure = &[
    (1, I32, Nothing),
    (2, List(&I32), Nothing),
    (3, List(&Binary), Nothing),
    (4, I32, Nothing),
    (5, I64, Role::Values),
    (6, I64, Role::Unpacked),
    (7, I64, Role::Packed),
    (8, List(&Struct(KEY_VALUE)), Nothing),
    (9, I64, Role::Data),
    (10, I64, Nothing),
    (11, I64, Role::Dictionary),
    (12, Struct(STATISTICS), Nothing),
    (
        13,
        List(&Struct(&[
            (1, I32, Nothing),
            (2, I32, Nothing),
            (3, I32, Nothing),
        ])),
        Nothing,
    ),
    (14, I64, Nothing),
    (15, I32, Nothing),
];
const STATISTICS: &Structure = &[
    (1, Binary, Nothing),
    (2, Binary, Nothing),
    (3, I64, Nothing),
    (4, I64, Nothing),
    (5, Binary, Nothing),
    (6, Binary, Nothing),
    (7, Bool, Nothing),
    (8, Bool, Nothing),
];
const KEY_VALUE: &Structure = &[(1, Binary, Nothing), (2, Binary, Nothing)];
const COLUMN_ORDER: &Structure = &[(1, Struct(NONE), Nothing), (2, Struct(NONE), Nothing)];
