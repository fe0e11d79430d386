// diag.c — collecting, sorting and printing what the user is told.
//
// In: diag_error and its siblings, in any order. Out: one listing sorted by position. See diag.h for how it looks. A
// message is kept as a DiagItem with its notes and fixes; printing a span shows its first line with a caret under the
// first byte and tildes under the rest, tabs copied so that the caret stands where the editor shows it:
//
//     {loc 12..15, "unknown variable 'abc'"}   ->   a.ad:1:13: error: unknown variable 'abc'
//                                                       1 | <the line>
//                                                         |     ^~~
#define _POSIX_C_SOURCE 200809L
#include "diag.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct { const char *name; bool on; } warn_flags[N_WARN_FLAGS] = {
    [W_INT_DIVISION]    = {"int-division", true},
    [W_LOST_DEPENDENCE] = {"lost-dependence", true},
    [W_CUSTOM]          = {"custom", true},
    [W_UNUSED]          = {"unused", true},
    [W_SHADOW]          = {"shadow", false},
    [W_PARENTHESES]     = {"parentheses", true},
    [W_OTHER]           = {NULL, true},
};

struct Diags {
    Arena *arena;
    VEC(DiagItem *) items;
    DiagItem *last;                 // where notes go; NULL if the last report was dropped
    int n_errors, n_warnings, n_ever;
    bool enabled[N_WARN_FLAGS];
    bool warnings_are_errors, told_full, told_quiet;
};

Diags *diags_new(Arena *a)
{
    Diags *d = NEW(a, Diags);
    d->arena = a;
    for (int i = 0; i < N_WARN_FLAGS; i++) d->enabled[i] = warn_flags[i].on;
    return d;
}

// A name in the source may be as long as the file: what it makes too long is cut, between characters.
static const char *vtext(Arena *a, const char *format, va_list args)
{
    Text t = text_in(a);
    text_vprintf(&t, format, args);
    if (t.n <= DIAG_MAX_TEXT) return t.at;
    size_t n = DIAG_MAX_TEXT;
    while (n > 0 && ((unsigned char)t.at[n] & 0xC0) == 0x80) n--;
    return arena_printf(a, "%.*s...", (int)n, t.at);
}

static void add(Diags *d, Severity severity, WarnFlag flag, Loc loc, const char *plain, const char *option)
{
    DiagItem *item = NEW(d->arena, DiagItem);
    item->severity = severity;
    item->flag = flag;
    item->loc = loc;
    item->plain = plain;
    item->option = option;
    item->text = option ? arena_printf(d->arena, "%s [%s]", plain, option) : plain;
    item->order = d->n_ever++;
    vec_push(d->arena, &d->items, item);
    d->last = item;
}

void diag_error(Diags *d, Loc loc, const char *format, ...)
{
    d->last = NULL;
    if (d->n_errors++ >= DIAG_MAX_ERRORS) return;
    va_list args;
    va_start(args, format);
    add(d, SEV_ERROR, W_OTHER, loc, vtext(d->arena, format, args), NULL);
    va_end(args);
}

void diag_warning(Diags *d, Loc loc, WarnFlag flag, const char *format, ...)
{
    d->last = NULL;
    if (!d->enabled[flag]) return;
    bool is_error = d->warnings_are_errors;
    int *count = is_error ? &d->n_errors : &d->n_warnings;
    if ((*count)++ >= (is_error ? DIAG_MAX_ERRORS : DIAG_MAX_WARNINGS)) return;
    va_list args;
    va_start(args, format);
    const char *text = vtext(d->arena, format, args);
    va_end(args);
    const char *name = warn_flags[flag].name, *option = is_error ? "-Werror" : NULL;
    if (name) option = arena_printf(d->arena, is_error ? "-Werror=%s" : "-W%s", name);
    add(d, is_error ? SEV_ERROR : SEV_WARNING, flag, loc, text, option);
}

static void add_note(Diags *d, Loc loc, bool is_fix, const char *text)
{
    if (d->last) vec_push(d->arena, &d->last->notes, ((DiagNote){loc, is_fix, text}));
}

void diag_note(Diags *d, Loc loc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_note(d, loc, false, vtext(d->arena, format, args));
    va_end(args);
}

void diag_fixit(Diags *d, Loc loc, const char *replacement)
{
    add_note(d, loc, true, arena_strdup(d->arena, replacement));
}

int diag_errors(const Diags *d)
{
    return d->n_errors;
}

int diag_warnings(const Diags *d)
{
    return d->n_warnings;
}

bool diag_full(const Diags *d)
{
    return d->n_errors >= DIAG_MAX_ERRORS;
}

const char *warn_flag_name(WarnFlag flag)
{
    return warn_flags[flag].name;
}

static void set_all(Diags *d, bool on)
{
    for (int i = 0; i < N_WARN_FLAGS; i++) d->enabled[i] = on;
}

bool diag_set_flag(Diags *d, const char *flag)
{
    if (strcmp(flag, "-w") == 0) return set_all(d, false), true;
    if (strcmp(flag, "all") == 0) return set_all(d, true), true;
    bool on = strncmp(flag, "no-", 3) != 0;
    const char *name = on ? flag : flag + 3;
    if (strcmp(name, "error") == 0) return d->warnings_are_errors = on, true;
    for (int i = 0; i < N_WARN_FLAGS; i++)
        if (warn_flags[i].name && strcmp(warn_flags[i].name, name) == 0) return d->enabled[i] = on, true;
    return false;
}

// -------------------------------------------------------------------------------------------------------------
// printing

static int compare_items(const void *x, const void *y)
{
    const DiagItem *a = *(DiagItem *const *)x, *b = *(DiagItem *const *)y;
    int by_place = loc_compare(a->loc, b->loc);
    return by_place != 0 ? by_place : (a->order > b->order) - (a->order < b->order);
}

DiagItem **diag_items(Diags *d, int *n)
{
    if (d->items.n > 1) qsort(d->items.at, (size_t)d->items.n, sizeof *d->items.at, compare_items);
    *n = d->items.n;
    return d->items.at;
}

enum { MAX_SHOWN = 400 };           // of a source line, in bytes: a longer one is cut, around the place that is meant

typedef struct Printer {
    Text *out;
    bool color;
} Printer;

const char *const severity_names[] = {"error", "warning", "note"};
static const char *const severity_colors[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};

static void paint(Printer *p, const char *code)
{
    if (p->color) text_put(p->out, code);
}

static void print_heading(Printer *p, Loc loc, Severity severity, const char *text)
{
    paint(p, "\033[1m");
    if (loc.file) {
        Position at = source_position(loc.file, loc.begin);
        text_printf(p->out, "%s:%d:%d: ", loc.file->path, at.line, at.column);
    } else {
        text_put(p->out, "adc: ");
    }
    paint(p, severity_colors[severity]);
    text_printf(p->out, "%s: ", severity_names[severity]);
    paint(p, "\033[0m");
    paint(p, "\033[1m");
    text_put(p->out, text);
    paint(p, "\033[0m");
    text_put(p->out, "\n");
}

// Blank space as wide as the n bytes at s: tabs stay tabs, other characters become one space each.
static void put_indent(Text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\t') text_put(out, "\t");
        else if (((unsigned char)s[i] & 0xC0) != 0x80) text_put(out, " ");
    }
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

// What of a line is shown: [from, to), all of it unless it is very long. Cuts are made between characters.
static void choose_window(const char *line, size_t n, size_t caret, size_t *from, size_t *to)
{
    *from = 0;
    *to = n;
    if (n <= MAX_SHOWN) return;
    *from = caret > MAX_SHOWN / 2 ? caret - MAX_SHOWN / 2 : 0;
    while (*from > 0 && !starts_character(line[*from])) (*from)--;
    *to = *from + MAX_SHOWN < n ? *from + MAX_SHOWN : n;
    while (*to < n && !starts_character(line[*to])) (*to)--;
}

// Text as the terminal should get it: control characters, but for tabs, and bytes that are no UTF-8 become '?', so
// that a file cannot play tricks.
static void put_line(Text *out, const char *s, size_t n)
{
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length(s + i, n - i);
        bool shown = length > 1 || (length == 1 && (s[i] >= ' ' || s[i] == '\t') && s[i] != 0x7F);
        if (shown) text_putn(out, s + i, length);
        else text_put(out, "?");
        if (length == 0) length = 1;
    }
}

static void put_underline(Text *out, const char *s, size_t n)
{
    text_put(out, "^");
    for (size_t i = 1; i < n; i++)
        if (starts_character(s[i])) text_put(out, "~");
}

// The line of loc with a caret under it and, if replacement is not NULL, what should stand there on a line below.
static void print_snippet(Printer *p, Loc loc, const char *replacement)
{
    if (!loc.file) return;
    Position at = source_position(loc.file, loc.begin);
    size_t n, from, to;
    uint32_t begin;
    const char *line = source_line(loc.file, at.line, &n, &begin);
    size_t caret = loc.begin - begin <= n ? loc.begin - begin : n;
    choose_window(line, n, caret, &from, &to);
    size_t end = loc.end - begin < to ? loc.end - begin : to;
    text_printf(p->out, "%5d | ", at.line);
    put_line(p->out, line + from, to - from);
    text_put(p->out, "\n      | ");
    put_indent(p->out, line + from, caret - from);
    paint(p, "\033[1;32m");
    put_underline(p->out, line + caret, end > caret ? end - caret : 1);
    paint(p, "\033[0m");
    text_put(p->out, "\n");
    if (!replacement || !*replacement) return;
    text_put(p->out, "      | ");
    put_indent(p->out, line + from, caret - from);
    paint(p, "\033[32m");
    text_put(p->out, replacement);
    paint(p, "\033[0m");
    text_put(p->out, "\n");
}

static bool same_span(Loc a, Loc b)
{
    return a.file == b.file && a.begin == b.begin && a.end == b.end;
}

// A fix at the very place of its message shares the message's snippet.
static void print_item(Printer *p, const DiagItem *item)
{
    const DiagNote *first = item->notes.n > 0 ? &item->notes.at[0] : NULL;
    bool shared = first && first->is_fix && same_span(first->loc, item->loc);
    print_heading(p, item->loc, item->severity, item->text);
    print_snippet(p, item->loc, shared ? first->text : NULL);
    for (int i = shared ? 1 : 0; i < item->notes.n; i++) {
        const DiagNote *note = &item->notes.at[i];
        const char *fix = *note->text ? "write this instead" : "leave this out";
        bool insert = note->is_fix && note->loc.begin == note->loc.end;
        print_heading(p, note->loc, SEV_NOTE, !note->is_fix ? note->text : insert ? "insert this" : fix);
        if (!note->is_fix && same_span(note->loc, item->loc)) continue;         // that line has just been shown
        print_snippet(p, note->loc, note->is_fix ? note->text : NULL);
    }
}

const char *diag_rest(Diags *d)
{
    bool full = diag_full(d) && !d->told_full;
    bool quiet = !full && d->n_warnings > DIAG_MAX_WARNINGS && !d->told_quiet;
    d->told_full = d->told_full || full;
    d->told_quiet = d->told_quiet || quiet;
    if (full) return arena_printf(d->arena, "stopped after %d errors", DIAG_MAX_ERRORS);
    return quiet ? arena_printf(d->arena, "%d more warnings are not shown", d->n_warnings - DIAG_MAX_WARNINGS) : NULL;
}

void diag_forget(Diags *d)
{
    d->items.n = 0;
    d->last = NULL;
}

static void print_all(Diags *d, Printer *p)
{
    int n;
    DiagItem **items = diag_items(d, &n);
    for (int i = 0; i < n; i++) print_item(p, items[i]);
    for (const char *rest; (rest = diag_rest(d));) text_printf(p->out, "adc: %s\n", rest);
    diag_forget(d);
}

void diag_print(Diags *d, FILE *to, ColorMode color)
{
    const char *no_color = getenv("NO_COLOR");
    bool wanted = isatty(fileno(to)) && !(no_color && *no_color);
    Text out = text_in(d->arena);
    Printer p = {&out, color == COLOR_ALWAYS || (color == COLOR_AUTO && wanted)};
    print_all(d, &p);
    if (out.n > 0) fwrite(out.at, 1, out.n, to);
}

const char *diag_text(Diags *d, Arena *a)
{
    Text out = text_in(a);
    Printer p = {&out, false};
    text_put(&out, "");
    print_all(d, &p);
    return out.at ? out.at : "";
}

// -------------------------------------------------------------------------------------------------------------
// spelling

enum { MAX_NAME = 64 };             // longer names are not compared

static int min3(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

// How many insertions, removals, replacements and swaps of neighbours lead from a to b. Both shorter than MAX_NAME.
static int edit_distance(const char *a, const char *b)
{
    int rows[3][MAX_NAME + 1];      // the row being made and the two before it
    int na = (int)strlen(a), nb = (int)strlen(b);
    assert(na < MAX_NAME && nb < MAX_NAME);
    for (int j = 0; j <= nb; j++) rows[0][j] = j;
    for (int i = 1; i <= na; i++) {
        int *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && up2[j - 2] + 1 < row[j]) row[j] = up2[j - 2] + 1;
        }
    }
    return rows[na % 3][nb];
}

const char *nearest(const char *name, const char *const *candidates, int n)
{
    size_t length = strlen(name);
    if (length >= MAX_NAME) return NULL;
    int best = (int)(length + 2) / 3 + 1;           // one more than what is allowed
    if (length < 2) best = 1;                       // one-letter names resemble everything
    const char *found = NULL;
    for (int i = 0; i < n; i++) {
        if (strlen(candidates[i]) >= MAX_NAME) continue;
        int distance = edit_distance(name, candidates[i]);
        if (distance < best) { best = distance; found = candidates[i]; }
    }
    return found;
}
