// diag_json.c — what the user is told, for programs: --diagnostics=json. See diag.h.
//
// In: the items of a Diags. Out: a line for each, which is a JSON object:
//
//     {"severity": "error", "message": "unknown variable 'lenght'; did you mean 'length'?", "file": "a.ad", "line": 3, "column": 14,
//      "end_line": 3, "end_column": 20, "notes": [{"message": "'length' is declared here", "file": "a.ad", ..}],
//      "fixes": [{"text": "length", "file": "a.ad", "line": 3, ..}]}
//
// Lines and columns count from 1, columns in characters; the end is the place behind the last one. A fix says what should stand there instead. What
// has no place has no file and what follows it.
#include <string.h>

#include "diag.h"
#include "json.h"

static void put_member(Text *out, const char *name, const char *value)
{
    text_printf(out, "\"%s\": ", name);
    json_put_string(out, value, strlen(value));
}

static void put_place(Text *out, Loc loc)
{
    if (!loc.file)
        return;
    Position from = source_position(loc.file, loc.begin), to = source_position(loc.file, loc.end);
    text_put(out, ", ");
    put_member(out, "file", loc.file->path);
    text_printf(out, ", \"line\": %d, \"column\": %d, \"end_line\": %d, \"end_column\": %d", from.line, from.column, to.line, to.column);
}

// The notes, or the fixes, as an array.
static void put_notes(Text *out, const DiagItem *item, bool fixes)
{
    int n = 0;
    for (int i = 0; i < item->notes.n; i++) {
        const DiagNote *note = &item->notes.at[i];
        if (note->is_fix != fixes)
            continue;
        text_put(out, n++ ? ", {" : fixes ? ", \"fixes\": [{" : ", \"notes\": [{");
        put_member(out, fixes ? "text" : "message", note->text);
        put_place(out, note->loc);
        text_put(out, "}");
    }
    text_put(out, n ? "]" : "");
}

static void put_item(Text *out, const DiagItem *item)
{
    text_put(out, "{");
    put_member(out, "severity", severity_names[item->severity]);
    text_put(out, ", ");
    put_member(out, "message", item->plain);
    if (item->option) {
        text_put(out, ", ");
        put_member(out, "option", item->option);
    }
    put_place(out, item->loc);
    put_notes(out, item, false);
    put_notes(out, item, true);
    text_put(out, "}\n");
}

static void put_alone(Text *out, Severity severity, const char *message)
{
    DiagItem item = {.severity = severity, .plain = message};
    put_item(out, &item);
}

void diag_print_json(Diags *d, FILE *to)
{
    Arena *a = arena_new();
    Text out = text_in(a);
    int n;
    DiagItem **items = diag_items(d, &n);
    for (int i = 0; i < n; i++)
        put_item(&out, items[i]);
    for (const char *rest; (rest = diag_rest(d));)
        put_alone(&out, SEV_NOTE, rest);
    diag_forget(d);
    if (out.n > 0)
        fwrite(out.at, 1, out.n, to);
    arena_free(a);
}

void diag_print_one_json(Arena *a, FILE *to, const char *message)
{
    Text out = text_in(a);
    put_alone(&out, SEV_ERROR, message);
    fwrite(out.at, 1, out.n, to);
}
