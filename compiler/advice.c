// advice.c — what to say about a token that does not fit.
//
// In: the token, what would have fit, and the tokens before it. Out: one error, with the fix where it is known. First
// come the tables: words of C that this language does without, then rows that know a common mistake by the token
// found, the one before it and one that was expected. What no row knows gets a general message:
//
//     if (a = b)     ->   error: an assignment has no value; '==' compares           (a row)
//     real x = 2     ->   error: expected ';' after '2'                              (general; the caret stands behind the 2)
#include "parser.h"

#include <string.h>

// ----------------------------------------------------------------------------------------------------------- words of
// C

static const struct { const char *word, *advice, *fix; } c_words[] = {
    {"double",   "there is no type 'double'; the type of real numbers is 'real'", "real"},
    {"float",    "there is no type 'float'; write 'real', and choose with --real=float", "real"},
    {"long",     "there is no type 'long'; the only integer type is 'int'", NULL},
    {"short",    "there is no type 'short'; the only integer type is 'int'", NULL},
    {"unsigned", "there is no type 'unsigned'; the only integer type is 'int'", NULL},
    {"signed",   "there is no type 'signed'; the only integer type is 'int'", NULL},
    {"char",     "there is no type 'char'; the only integer type is 'int'", NULL},
    {"size_t",   "there is no type 'size_t'; the only integer type is 'int'", "int"},
    {"_Bool",    "there is no type '_Bool'; write 'bool'", "bool"},
    {"switch",   "there is no 'switch'; write if ... else if ...", NULL},
    {"case",     "there is no 'switch'; write if ... else if ...", NULL},
    {"default",  "there is no 'switch'; write if ... else if ...", NULL},
    {"goto",     "there is no 'goto'; use break, continue, return, or a loop's condition", NULL},
    {"typedef",  "there is no 'typedef'; a struct's type is written 'struct name'", NULL},
    {"enum",     "there is no 'enum'; write const int NAME = value;", NULL},
    {"union",    "there is no 'union'", NULL},
    {"sizeof",   "there is no 'sizeof'; len(a) is the length of an array", NULL},
    {"inline",   "there is no 'inline'; write '@inline' before the function", NULL},
    {"restrict", "there is no 'restrict': two names never share an array; leave it out", ""},
    {"volatile", "there is no 'volatile'; leave it out", ""},
    {"register", "there is no 'register'; leave it out", ""},
    {"auto",     "there is no 'auto'; write the type", NULL},
};

// Reports a C word at one of the places where it makes a token not fit: the token itself, the one before, the
// statement's first.
static bool advise_on_word(Parser *p)
{
    const SeenToken *suspects[] = {&p->token, &p->before, &p->first};
    for (int i = 0; i < 3; i++) {
        const SeenToken *t = suspects[i];
        if (t->name && t->loc.begin > 0 && p->source->text[t->loc.begin - 1] == '@') continue;     // @inline is fine
        for (size_t k = 0; t->name && k < sizeof c_words / sizeof *c_words; k++) {
            if (strcmp(t->name, c_words[k].word) != 0) continue;
            diag_error(p->b.diags, t->loc, "%s", c_words[k].advice);
            if (c_words[k].fix) diag_fixit(p->b.diags, t->loc, c_words[k].fix);
            return true;
        }
    }
    return false;
}

// ------------------------------------------------------------------------------------------------------ common
// mistakes

// The tokens are named as in parse.y. TYPE stands for a word or name that a type ends with, OPERAND for any token an
// operand begins with, STATEMENT and TOP likewise, NULL for anything. `without` must not be among what is expected.
#define TYPE "\1"
#define OPERAND "an integer"
#define STATEMENT "'return'"
#define TOP "'derive'"

typedef struct Row {
    const char *found, *before, *expects, *without, *message, *fix;
} Row;

static const Row rows[] = {
    {"'='", NULL, "')'", NULL, "an assignment has no value; '==' compares", "=="},
    {"'='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own for each", NULL},
    {"'='", "a name", "'('", "'+'", "only constants stand outside functions; write 'const' before the type", NULL},
    {"';'", "a name", "'('", "'+'", "only constants and functions stand outside functions", NULL},
    {"'['", "a name", "'('", "'+'", "only constants stand outside functions; write 'const' before the type", NULL},
    {"'+='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own", NULL},
    {"'-='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own", NULL},
    {"'*='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own", NULL},
    {"'/='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own", NULL},
    {"'%='", NULL, "'=='", NULL, "an assignment has no value; write a statement of its own", NULL},
    {"';'", "'='", OPERAND, NULL, "a value is missing behind '='", NULL},
    {"'++'", NULL, NULL, NULL, "'++' is a statement of its own, not part of an expression", NULL},
    {"'--'", NULL, NULL, NULL, "'--' is a statement of its own, not part of an expression", NULL},
    {"'=='", NULL, "'='", NULL, "'==' compares, which does nothing here; '=' assigns", "="},
    {"an assignment such as '&='", NULL, NULL, NULL, "there is no such assignment; write it out, as in x = x & y", NULL},
    {"'->'", NULL, NULL, NULL, "there are no pointers; a field is written with '.'", "."},
    {"'*'", TYPE, "a name", NULL, "there are no pointers; an array is written with its size, as in real x[n]", NULL},
    {"'&'", TYPE, "a name", NULL, "there are no references; write 'inout' or 'out' before the type", NULL},
    {"'*'", NULL, OPERAND, NULL, "there are no pointers; an element is written x[i]", NULL},
    {"'&'", NULL, OPERAND, NULL, "there are no pointers; pass the variable itself to an 'out' or 'inout' parameter", NULL},
    {"'*'", NULL, STATEMENT, NULL, "there are no pointers; an element is written x[i]", NULL},
    {"']'", "'['", "':'", NULL, "a subscript is missing; ':' is all of the axis", NULL},
    {"']'", "'['", NULL, NULL, "an array has a size: write it between the brackets", NULL},
    {"'['", TYPE, "a name", "'['", "the size stands behind the name, as in real x[n]", NULL},
    {"','", NULL, "']'", "','", "sizes stand in brackets of their own, as in [m][n]", NULL},
    {"','", NULL, "';'", NULL, "there is no comma operator; write a statement for each", NULL},
    {"','", NULL, "')'", NULL, "there is no comma operator; here stands one expression or one step", NULL},
    {"'const'", NULL, "'inout'", NULL, "an 'in' array or struct cannot be written to anyway; leave 'const' out", ""},
    {"'in'", TYPE, "a name", NULL, "the role stands before the type, as in: in real x", NULL},
    {"'out'", TYPE, "a name", NULL, "the role stands before the type, as in: out real x", NULL},
    {"'inout'", TYPE, "a name", NULL, "the role stands before the type, as in: inout real x", NULL},
    {"')'", TYPE, "a name", NULL, "a parameter needs a name", NULL},
    {"','", TYPE, "a name", NULL, "a parameter needs a name", NULL},
    {"'void'", "'('", OPERAND, NULL, "a result that is not used needs no '(void)': a call may stand as a statement", NULL},
    {"'void'", NULL, NULL, NULL, "'void' is only the result of a function; a variable is real, int, bool or a struct", NULL},
    {"'bool'", NULL, OPERAND, NULL, "nothing converts to bool; compare instead, as in x != 0", NULL},
    {"a string", NULL, NULL, NULL, "a string stands only in import and assert", NULL},
    {"'{'", NULL, OPERAND, NULL, "values in braces stand only where a variable is declared", NULL},
    {"'else'", NULL, NULL, NULL, "this 'else' belongs to no 'if'", NULL},
    {"'derive'", NULL, STATEMENT, NULL, "'derive' stands outside functions; is a '}' missing before it?", NULL},
    {"'import'", NULL, STATEMENT, NULL, "'import' stands outside functions; is a '}' missing before it?", NULL},
    {"'custom'", NULL, STATEMENT, NULL, "'custom' stands outside functions; is a '}' missing before it?", NULL},
    {"'static'", NULL, STATEMENT, NULL, "there are no static variables, and functions do not nest; is a '}' missing before this?", NULL},
    {"'extern'", NULL, STATEMENT, NULL, "'extern' stands outside functions; is a '}' missing before it?", NULL},
    {"'('", "a name", "'='", "'=='", "functions do not nest; is a '}' missing before this one?", NULL},
    {"'{'", "a name", "a name", NULL, "a struct is declared outside functions; is a '}' missing before it?", NULL},
    {"'return'", NULL, TOP, NULL, "statements stand inside functions; is there a '}' too many before this?", NULL},
    {"'for'", NULL, TOP, NULL, "statements stand inside functions; is there a '}' too many before this?", NULL},
    {"'if'", NULL, TOP, NULL, "statements stand inside functions; is there a '}' too many before this?", NULL},
    {"'while'", NULL, TOP, NULL, "statements stand inside functions; is there a '}' too many before this?", NULL},
};

typedef struct Mismatch {           // one syntax error
    Parser *p;
    const char *found;
    const char *const *expected;
    int n_expected;
} Mismatch;

static bool expects(const Mismatch *m, const char *token)
{
    for (int i = 0; i < m->n_expected; i++)
        if (strcmp(m->expected[i], token) == 0) return true;
    return false;
}

static const char *const type_words[] = {"real", "int", "bool", "void"};

// Whether the source text of t is exactly `text`.
static bool is_text(const SeenToken *t, const char *text)
{
    size_t n = t->loc.end - t->loc.begin;
    return t->loc.file && n == strlen(text) && memcmp(t->loc.file->text + t->loc.begin, text, n) == 0;
}

// Whether the token before fits a row's word: NULL, TYPE, "a name" or a quoted token.
static bool before_is(const Parser *p, const char *wanted)
{
    const SeenToken *t = &p->before;
    if (!wanted) return true;
    if (strcmp(wanted, "a name") == 0) return t->name != NULL;
    if (strcmp(wanted, TYPE) == 0) {
        for (size_t i = 0; i < sizeof type_words / sizeof *type_words; i++)
            if (is_text(t, type_words[i])) return true;
        return t->name != NULL;
    }
    return t->loc.end - t->loc.begin + 2 == strlen(wanted) && t->loc.file
        && memcmp(t->loc.file->text + t->loc.begin, wanted + 1, strlen(wanted) - 2) == 0;
}

// Mistakes that the tokens around them do not show: they are known by how the declaration or the statement began.
static bool advise_by_context(const Mismatch *m)
{
    Parser *p = m->p;
    if (is_text(&p->first, "derive") && m->n_expected == 1 && expects(m, "'('") && p->before.name) {
        diag_error(p->b.diags, p->before.loc, "a derive needs a transform, as in grad(%s)", p->before.name);
        return true;
    }
    if (expects(m, "';'") && (is_text(&p->before, "++") || is_text(&p->before, "--"))) {
        diag_error(p->b.diags, p->before.loc, "'%.2s' is a statement of its own, not part of an expression",
                   p->source->text + p->before.loc.begin);
        return true;
    }
    bool is_operator = m->found[0] == '\'' && strchr("+-*/%<>&|^?!", m->found[1]) && m->found[2] != '>';
    if (expects(m, "'+='") && expects(m, "'['") && is_operator) {
        diag_error(p->b.diags, p->token.loc, "an expression does nothing as a statement; is its value to be assigned?");
        return true;
    }
    return false;
}

static bool advise_by_row(const Mismatch *m)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const Row *r = &rows[i];
        if (strcmp(r->found, m->found) != 0 || !before_is(m->p, r->before)) continue;
        if ((r->expects && !expects(m, r->expects)) || (r->without && expects(m, r->without))) continue;
        diag_error(m->p->b.diags, m->p->token.loc, "%s", r->message);
        if (r->fix) diag_fixit(m->p->b.diags, m->p->token.loc, r->fix);
        return true;
    }
    return false;
}

// ------------------------------------------------------------------------------------------------------ general
// messages

enum { MAX_QUOTED = 40, MAX_LISTED = 4 };

// A token as the user wrote it, in quotes, cut if it is long.
static const char *quoted(Parser *p, const SeenToken *t)
{
    size_t n = t->loc.end - t->loc.begin;
    const char *text = p->source->text + t->loc.begin;
    if (n == 0) return "the end of the file";
    if (n <= MAX_QUOTED) return arena_printf(p->b.arena, "'%.*s'", (int)n, text);
    n = MAX_QUOTED;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    return arena_printf(p->b.arena, "'%.*s...'", (int)n, text);
}

// What would have fit, in a few words.
static const char *wanted(const Mismatch *m)
{
    if (expects(m, TOP)) return "a declaration";
    if (expects(m, STATEMENT)) return "a statement";
    if (expects(m, OPERAND)) return "an expression";
    if (expects(m, "')'")) return "')'";
    if (expects(m, "']'")) return "']'";
    if (m->n_expected == 0 || m->n_expected > MAX_LISTED) return NULL;
    Text t = text_in(m->p->b.arena);
    for (int i = 0; i < m->n_expected; i++)
        text_printf(&t, "%s%s", i == 0 ? "" : i + 1 < m->n_expected ? ", " : " or ", m->expected[i]);
    return t.at;
}

static bool is_reserved(const Mismatch *m)
{
    return m->found[0] == '\'' && m->found[1] >= 'a' && m->found[1] <= 'z';
}

static void note_open_bracket(Parser *p)
{
    if (p->n_open == 0 || p->n_open > MAX_OPEN) return;
    Loc open = p->open[p->n_open - 1];
    diag_note(p->b.diags, open, "this '%c' is not closed", p->source->text[open.begin]);
}

static void report_generally(const Mismatch *m)
{
    Parser *p = m->p;
    Diags *d = p->b.diags;
    bool at_end = p->token.loc.begin == p->token.loc.end;
    bool in_braces = p->n_open > 0 && p->n_open <= MAX_OPEN && p->source->text[p->open[p->n_open - 1].begin] == '{';
    const char *found = quoted(p, &p->token), *fits = at_end && in_braces ? "'}'" : wanted(m);
    Loc behind = p->before.loc.file ? loc_after(p->before.loc) : p->token.loc;
    if (p->closes_nothing) {
        diag_error(d, p->token.loc, "this %s closes nothing", found);
    } else if (at_end) {
        diag_error(d, behind, "the file ends too early%s%s", fits ? "; expected " : "", fits ? fits : "");
        note_open_bracket(p);
    } else if (expects(m, "';'") && !expects(m, "')'") && !expects(m, STATEMENT) && !expects(m, TOP) && p->before.loc.file) {
        diag_error(d, behind, "expected ';' after %s", quoted(p, &p->before));
        diag_fixit(d, behind, ";");
    } else if (is_reserved(m) && m->n_expected <= 2 && expects(m, "a name")) {
        diag_error(d, p->token.loc, "%s is a reserved word and cannot be a name", found);
    } else if (fits) {
        diag_error(d, p->token.loc, "expected %s before %s", fits, found);
        bool misses_bracket = strcmp(fits, "')'") == 0 || strcmp(fits, "']'") == 0;
        if (misses_bracket && !strchr("([{", p->source->text[p->token.loc.begin])) note_open_bracket(p);
    } else {
        diag_error(d, p->token.loc, "%s does not fit here", found);
    }
}

void report_syntax_error(Parser *p, const char *found, const char *const *expected, int n_expected)
{
    Mismatch m = {p, found, expected, n_expected};
    if (advise_on_word(p) || (!p->closes_nothing && (advise_by_context(&m) || advise_by_row(&m)))) return;
    report_generally(&m);
}
