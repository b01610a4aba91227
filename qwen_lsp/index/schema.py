"""The tables of the index, as numbered steps.

A step that was ever released is never edited: whoever has its tables would be left with them.
`PRAGMA user_version` says how many steps a database has taken.

Everything that is read out of a text belongs to a *content*, not to a file: a file that moves takes
no work, and copies are kept once.
"""

# "names" says which contents define a name (or hold members of it) and which use it: numbers of
# four bytes each, without gaps. It may name contents that are gone, never miss one that is there.
# "settled" is the highest content whose words the search for words is known to have on disk.
m001_contents = """
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    parser TEXT NOT NULL,
    verdict TEXT NOT NULL,
    content INTEGER
) WITHOUT ROWID;
CREATE INDEX files_of_content ON files (content);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    language TEXT NOT NULL,
    lines INTEGER NOT NULL,
    is_broken INTEGER NOT NULL,
    symbols INTEGER NOT NULL,
    "references" INTEGER NOT NULL,
    imports TEXT NOT NULL,
    uses BLOB NOT NULL
);
CREATE INDEX contents_of_size ON contents (size);
CREATE TABLE symbols (
    content INTEGER NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    owner TEXT NOT NULL,
    first_line INTEGER NOT NULL,
    last INTEGER NOT NULL,
    signature_last INTEGER NOT NULL,
    name_line INTEGER NOT NULL,
    name_column INTEGER NOT NULL,
    doc_first INTEGER,
    doc_last INTEGER,
    type TEXT NOT NULL,
    bases TEXT NOT NULL,
    PRIMARY KEY (content, place)
) WITHOUT ROWID;
CREATE TABLE names (
    name TEXT PRIMARY KEY,
    definitions BLOB NOT NULL,
    uses BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE numbers (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO numbers VALUES ('settled', 0), ('forgotten', 0);
"""

MIGRATIONS = (m001_contents,)
