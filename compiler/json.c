// json.c — a reader of JSON by descent, one function per kind of value. See json.h.
//
// In: text. Out: Json nodes in the arena. The first thing that does not fit ends it:
//
//     {"x": [1, 2}   ->   1:12, "expected ',' or ']'"
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

enum { MAX_DEPTH = 200 };

typedef struct Reader {
    Arena *arena;
    const char *at, *end;
    const char *counted;                    // line and column are those of this place
    int line, column;
    int depth;
    JsonError error;                        // the first; its message is NULL before
} Reader;

// Where the reader is; it only goes forwards.
static void position(Reader *r)
{
    for (; r->counted < r->at; r->counted++) {
        r->column = *r->counted == '\n' ? 1 : r->column + (((unsigned char)*r->counted & 0xC0) != 0x80);
        r->line += *r->counted == '\n';
    }
}

static Json *bad(Reader *r, const char *what)
{
    position(r);
    if (!r->error.message)
        r->error = (JsonError){r->line, r->column, what};
    return NULL;
}

static void skip_space(Reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at))
        r->at++;
}

static bool take(Reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(Reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static Json *node(Reader *r, JsonKind kind)
{
    Json *j = NEW(r->arena, Json);
    j->kind = kind;
    position(r);
    j->line = r->line;
    j->column = r->column;
    return j;
}

// ---- strings

static void put_code(Text *t, unsigned long c)
{
    char b[5] = "";
    if (c < 0x80) {
        b[0] = (char)c;
    } else if (c < 0x800) {
        b[0] = (char)(0xC0 | c >> 6), b[1] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        b[0] = (char)(0xE0 | c >> 12), b[1] = (char)(0x80 | (c >> 6 & 0x3F)), b[2] = (char)(0x80 | (c & 0x3F));
    } else {
        b[0] = (char)(0xF0 | c >> 18), b[1] = (char)(0x80 | (c >> 12 & 0x3F));
        b[2] = (char)(0x80 | (c >> 6 & 0x3F)), b[3] = (char)(0x80 | (c & 0x3F));
    }
    text_put(t, b);
}

// The four digits after \u; ULONG_MAX where they are none.
static unsigned long take_hex(Reader *r)
{
    char digits[5] = "", *end;
    if (r->end - r->at < 4)
        return ~0ul;
    memcpy(digits, r->at, 4);
    unsigned long c = strtoul(digits, &end, 16);
    r->at += 4;
    return end == digits + 4 && digits[0] != '-' && digits[0] != '+' ? c : ~0ul;
}

static bool take_escape(Reader *r, Text *t)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    const char *k = c ? strchr(from, c) : NULL;
    if (k) {
        text_putn(t, &to[k - from], 1);
        return true;
    }
    unsigned long code = c == 'u' ? take_hex(r) : ~0ul;
    if (code >= 0xD800 && code < 0xDC00 && take_word(r, "\\u")) {
        unsigned long low = take_hex(r);
        code = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : ~0ul;
    }
    if (code == ~0ul || code == 0 || (code >= 0xD800 && code < 0xE000))
        return bad(r, "an escape that JSON does not have");
    put_code(t, code);
    return true;
}

static const char *string(Reader *r)
{
    Text t = text_in(r->arena);
    text_put(&t, "");
    while (r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < ' ')
            return bad(r, "a string ends on its own line"), NULL;
        if (*r->at == '\\') {
            r->at++;
            if (!take_escape(r, &t))
                return NULL;
        } else {
            text_putn(&t, r->at++, 1);
        }
    }
    if (!take(r, '"'))
        return bad(r, "a string without an end"), NULL;
    return t.at;
}

// ---- values

static Json *value(Reader *r);

static Json *number(Reader *r)
{
    Json *j = node(r, JSON_NUMBER);
    size_t n = 0, most = (size_t)(r->end - r->at);
    while (n < most && r->at[n] && strchr("+-.0123456789eE", r->at[n]))
        n++;
    char *digits = arena_strndup(r->arena, r->at, n), *end;
    j->number = strtod(digits, &end);
    if (n == 0 || *end || digits[0] == '+' || digits[0] == '.')
        return bad(r, n == 0 ? "expected a value" : "not a number as JSON writes it");
    r->at += n;
    return j;
}

// The members of an array or object up to `close`.
static Json *members(Reader *r, JsonKind kind, char close)
{
    Json *j = node(r, kind);
    if (take(r, close))
        return j;
    do {
        JsonMember m = {NULL, NULL};
        if (kind == JSON_OBJECT) {
            if (!take(r, '"'))
                return bad(r, "expected a name in quotes");
            m.name = string(r);
            if (m.name && !take(r, ':'))
                return bad(r, "expected ':'");
            if (!m.name)
                return NULL;
        }
        m.value = value(r);
        if (!m.value)
            return NULL;
        vec_push(r->arena, &j->members, m);
    } while (take(r, ','));
    if (!take(r, close))
        return bad(r, close == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
    return j;
}

static Json *constant(Reader *r)
{
    static const struct { const char *word; JsonKind kind; bool truth; int sign; } words[] = {
        {"null", JSON_NULL, false, 0},     {"true", JSON_BOOL, true, 0},        {"false", JSON_BOOL, false, 0},
        {"NaN", JSON_NUMBER, false, 0},    {"Infinity", JSON_NUMBER, false, 1}, {"-Infinity", JSON_NUMBER, false, -1},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Json *j = node(r, words[i].kind);
        if (!take_word(r, words[i].word))
            continue;
        j->truth = words[i].truth;
        j->number = words[i].sign ? words[i].sign * (double)INFINITY : (double)NAN;
        return j;
    }
    return number(r);
}

static Json *value(Reader *r)
{
    skip_space(r);
    if (++r->depth > MAX_DEPTH)
        return bad(r, "nested too deeply");
    Json *j;
    if (take(r, '{'))
        j = members(r, JSON_OBJECT, '}');
    else if (take(r, '['))
        j = members(r, JSON_ARRAY, ']');
    else if (take(r, '"'))
        j = node(r, JSON_STRING), j->string = string(r), j = j->string ? j : NULL;
    else
        j = constant(r);
    r->depth--;
    return j;
}

Json *json_parse(Arena *a, const char *text, size_t n, JsonError *error)
{
    Reader r = {.arena = a, .at = text, .end = text + n, .counted = text, .line = 1, .column = 1};
    Json *j = value(&r);
    skip_space(&r);
    if (j && r.at != r.end)
        j = bad(&r, "something follows the value");
    *error = r.error;
    return j;
}

const Json *json_member(const Json *object, const char *name)
{
    const Json *found = NULL;
    for (int i = 0; object && object->kind == JSON_OBJECT && i < object->members.n; i++)
        if (strcmp(object->members.at[i].name, name) == 0)
            found = object->members.at[i].value;
    return found;
}

void json_put_string(Text *out, const char *s, size_t n)
{
    text_put(out, "\"");
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length(s + i, n - i);
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c == '\n')
            text_put(out, "\\n");
        else if (c == '\t')
            text_put(out, "\\t");
        else if (c < ' ' || c == 0x7F)
            text_printf(out, "\\u%04x", (unsigned)c);
        else if (length)
            text_putn(out, s + i, length);
        else
            text_put(out, "\\ufffd");
        length = length ? length : 1;
    }
    text_put(out, "\"");
}
