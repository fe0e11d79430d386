// source.c — reading files, checking their bytes, and turning byte offsets into lines and columns.
//
// In: a path. Out: a Source (see source.h). A file is read in growing pieces, never by asking for its size, so pipes
// and files that lie about their size are fine. The line table is made the first time somebody asks for a line:
//
//     text "int a;\nint b;"   ->   line_starts {0, 7}
#define _POSIX_C_SOURCE 200809L
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static Source *new_source(Arena *a, const char *path, char *text, size_t size)
{
    Source *s = NEW(a, Source);
    s->arena = a;
    s->path = arena_strdup(a, path);
    s->text = text;
    s->size = size;
    return s;
}

Source *source_from_text(Arena *a, const char *path, const char *text, size_t size)
{
    char *copy = arena_alloc(a, size + 2);
    if (size > 0) memcpy(copy, text, size);
    return new_source(a, path, copy, size);
}

// Reads all of f into memory from malloc, at most one byte more than is allowed. NULL: reading failed, see errno.
static char *read_all(FILE *f, size_t *size)
{
    size_t cap = 64 * 1024, n = 0;
    char *text = malloc(cap);
    if (!text) out_of_memory();
    for (;;) {
        n += fread(text + n, 1, cap - n, f);
        if (ferror(f)) { free(text); return NULL; }
        if (n < cap || n > SOURCE_MAX_BYTES) break;
        cap *= 2;
        char *more = realloc(text, cap);
        if (!more) { free(text); out_of_memory(); }
        text = more;
    }
    *size = n;
    return text;
}

SourceStatus source_read(Arena *a, const char *path, Source **out, const char **reason)
{
    bool is_stdin = strcmp(path, "-") == 0;
    errno = 0;
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    if (!f) { *reason = strerror(errno); return SOURCE_UNREADABLE; }
    struct stat st = {0};
    bool known = fstat(fileno(f), &st) == 0;
    size_t size = 0;
    char *text = known && S_ISDIR(st.st_mode) ? (errno = EISDIR, NULL) : read_all(f, &size);
    if (!text) *reason = arena_strdup(a, strerror(errno ? errno : EIO));
    if (!is_stdin) fclose(f);
    if (!text) return SOURCE_UNREADABLE;
    if (size > SOURCE_MAX_BYTES) {
        free(text);
        *reason = arena_printf(a, "it is larger than %d MB", SOURCE_MAX_BYTES / 1024 / 1024);
        return SOURCE_TOO_BIG;
    }
    *out = source_from_text(a, is_stdin ? "<stdin>" : path, text, size);
    free(text);
    if (known && !is_stdin) { (*out)->device = (uint64_t)st.st_dev; (*out)->inode = (uint64_t)st.st_ino; }
    return SOURCE_OK;
}

bool source_is_at(const Source *s, const char *path)
{
    struct stat st;
    return s->inode != 0 && stat(path, &st) == 0 && s->device == (uint64_t)st.st_dev && s->inode == (uint64_t)st.st_ino;
}

size_t utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    static const struct { unsigned char lo, hi, second_lo, second_hi; size_t length; } forms[] = {
        {0x01, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4},
        {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t length = forms[i].length;
        if (s[0] < forms[i].lo || s[0] > forms[i].hi) continue;
        if (length > n) return 0;
        if (length > 1 && (s[1] < forms[i].second_lo || s[1] > forms[i].second_hi)) return 0;
        for (size_t k = 2; k < length; k++)
            if ((s[k] & 0xC0) != 0x80) return 0;
        return length;
    }
    return 0;
}

size_t source_first_bad_byte(const Source *s)
{
    for (size_t i = 0; i < s->size;) {
        size_t length = utf8_length(s->text + i, s->size - i);
        if (length == 0) return i;
        i += length;
    }
    return s->size;
}

static void find_lines(Source *s)
{
    int n = 1;
    for (size_t i = 0; i < s->size; i++) n += s->text[i] == '\n';
    uint32_t *starts = NEW_N(s->arena, uint32_t, n);
    starts[0] = 0;
    for (size_t i = 0, line = 1; i < s->size; i++)
        if (s->text[i] == '\n') starts[line++] = (uint32_t)i + 1;
    s->line_starts = starts;
    s->n_lines = n;
}

static bool begins_char(const Source *s, size_t i)
{
    return ((unsigned char)s->text[i] & 0xC0) != 0x80;
}

static void count_chars(Source *s)
{
    s->chars_before = NEW_N(s->arena, uint32_t, s->size / SOURCE_BLOCK + 1);
    uint32_t n = 0;
    for (size_t i = 0; i < s->size; i++) {
        if (i % SOURCE_BLOCK == 0) s->chars_before[i / SOURCE_BLOCK] = n;
        n += begins_char(s, i);
    }
    if (s->size % SOURCE_BLOCK == 0) s->chars_before[s->size / SOURCE_BLOCK] = n;
}

// Characters in front of an offset.
static uint32_t chars_before(const Source *s, uint32_t offset)
{
    uint32_t n = s->chars_before[offset / SOURCE_BLOCK];
    for (uint32_t i = offset / SOURCE_BLOCK * SOURCE_BLOCK; i < offset; i++) n += begins_char(s, i);
    return n;
}

Position source_position(Source *s, uint32_t offset)
{
    if (!s->line_starts) find_lines(s);
    if (!s->chars_before) count_chars(s);
    int lo = 0, hi = s->n_lines - 1;
    while (lo < hi) {                                   // the last line that starts at or before offset
        int mid = lo + (hi - lo + 1) / 2;
        if (s->line_starts[mid] <= offset) lo = mid;
        else hi = mid - 1;
    }
    uint32_t start = s->line_starts[lo];
    if (start == 0 && offset >= 3 && strncmp(s->text, "\xEF\xBB\xBF", 3) == 0) start = 3;   // the mark is no column
    return (Position){lo + 1, (int)(chars_before(s, offset) - chars_before(s, start)) + 1};
}

const char *source_line(Source *s, int line, size_t *n, uint32_t *begin)
{
    if (!s->line_starts) find_lines(s);
    uint32_t start = s->line_starts[line - 1];
    size_t end = line < s->n_lines ? s->line_starts[line] - 1 : s->size;
    if (end > start && s->text[end - 1] == '\r') end--;
    *n = end - start;
    if (begin) *begin = start;
    return s->text + start;
}

Loc loc_join(Loc a, Loc b)
{
    return (Loc){a.file, a.begin, b.end > a.end ? b.end : a.end};
}

Loc loc_after(Loc loc)
{
    return (Loc){loc.file, loc.end, loc.end};
}

Loc loc_before(Loc loc)
{
    return (Loc){loc.file, loc.begin, loc.begin};
}

int loc_compare(Loc a, Loc b)
{
    if (a.file != b.file) {
        if (!a.file || !b.file) return a.file ? 1 : -1;
        int by_path = strcmp(a.file->path, b.file->path);
        if (by_path != 0) return by_path;
    }
    return (a.begin > b.begin) - (a.begin < b.begin);
}
