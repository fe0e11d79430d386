// source.h — source files as bytes, and byte spans in them.
//
// In: a path (or "-" for standard input). Out: a Source whose text is valid UTF-8 without NUL bytes, or a SourceStatus
// that says why not. Everything that has a place in a file carries a Loc, a span of bytes; lines and columns are
// worked out only when something is printed:
//
//     Loc loc = {src, 12, 15};               // bytes 12, 13 and 14
//     Position p = source_position(src, 12); // p.line == 2, p.column == 5
#ifndef ADC_SOURCE_H
#define ADC_SOURCE_H

#include "util.h"

enum { SOURCE_MAX_BYTES = 16 * 1024 * 1024 };   // a larger file is refused, so that offsets fit and memory is bounded
enum { SOURCE_BLOCK = 256 };

typedef struct Source {
    Arena *arena;               // where it lives
    const char *path;           // as messages and #line-like comments show it: what the user typed, or "<stdin>"
    const char *text;           // size bytes, followed by two NULs (which is what flex scans in place)
    size_t size;
    uint32_t *line_starts;      // byte offset of each line's first byte; made on first use
    int n_lines;
    uint32_t *chars_before;     // characters before each block of SOURCE_BLOCK bytes, so that long lines have quick columns; likewise
    struct Source *importer;    // the file whose import brought this one in; NULL for the main file
    uint32_t import_begin, import_end;  // where in the importer
    uint64_t device, inode;     // which file it is, whatever it is called; 0, 0 for text that is no file
} Source;

// A span of bytes [begin, end) of one file. file == NULL: no place at all (a message about the command line, say).
typedef struct Loc {
    Source *file;
    uint32_t begin, end;
} Loc;

typedef struct Position {
    int line, column;           // from 1; columns count characters, not bytes
} Position;

typedef enum SourceStatus {
    SOURCE_OK,
    SOURCE_UNREADABLE,          // it is not there, is a directory, or reading failed; reason says so in words
    SOURCE_TOO_BIG,             // more than SOURCE_MAX_BYTES
} SourceStatus;

// Reads a whole file, "-" being standard input. On SOURCE_OK *out is the new Source, else *reason a phrase such as "No
// such file or directory". A leading UTF-8 byte order mark is left in the text (the scanner skips it). Bytes are not
// looked at.
SourceStatus source_read(Arena *a, const char *path, Source **out, const char **reason);

// Is s what one finds at path? Found out without reading it.
bool source_is_at(const Source *s, const char *path);

// A Source made from size bytes in memory; they are copied. For tests and for expressions given on a command line.
Source *source_from_text(Arena *a, const char *path, const char *text, size_t size);

// The offset of the first byte that no source may hold (a NUL, or where UTF-8 is malformed), or size if all is well.
size_t source_first_bad_byte(const Source *s);

// The length of the well-formed UTF-8 character at s (n > 0 bytes left), or 0. Overlong forms, surrogates and NUL are
// not well-formed.
size_t utf8_length(const char *s, size_t n);

// Line and column of a byte offset (offset <= size).
Position source_position(Source *s, uint32_t offset);

// The text of a line (from 1) without its line end; *n gets its length in bytes and *begin, if not NULL, its offset.
const char *source_line(Source *s, int line, size_t *n, uint32_t *begin);

// The span from the beginning of a to the end of b, which are in one file.
Loc loc_join(Loc a, Loc b);

// An empty span just after loc, where something is missing; and one just before it.
Loc loc_after(Loc loc);
Loc loc_before(Loc loc);

// The two locations' order by file and begin, as strcmp gives it.
int loc_compare(Loc a, Loc b);

#endif
