// irparse.c — reads the IR's text.
//
// In: text in the form that irtext.h shows, any bytes. Out: a Module, or the first error with its place; it never
// crashes and its time and memory are linear in the text. What building does not need to know is not looked at: that is
// ir_verify's work.
//
//     %y.4 = store %y.2[%i.3], 1.0   ->   op const_real {1.0}; op store, in = {y.2, i.3, the constant}, out = {y.4}
//
// A first pass reads arrays and the heads of functions and skips the bodies; then the references between functions are
// resolved and the bodies are built, so that calls know what they call. Values keep the numbers they are written with
// if every value of the function has a number of its own; else they are numbered as they come. An error unwinds by
// longjmp to ir_parse; all memory is the arena's.
#include "irtext.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NESTING = 1000 };

typedef enum Tok { T_END, T_WORD, T_VALUE, T_FUNC, T_AT, T_NUMBER, T_STRING, T_ARROW, T_PUNCT } Tok;

typedef VEC(Value *) Values;

// A value's name as written: %x.3 is {"x.3", "x", 3}, %x is {"x", "x", -1}, %3 is {"3", NULL, 3}.
typedef struct Name {
    const char *full, *hint;
    int id;
    const char *at;
} Name;

typedef VEC(Name) Names;

// A function's head is parsed before what it refers to is known.
typedef struct Pending {
    Func *func;
    const char *base, *vjp, *jvp, *pair;        // names or NULL
    const char *residual, *tangent, *adjoint;   // of what solves an equation
    int unknown;
    VEC(int) wrt;
    const char *at, *body;                      // places in the text; body NULL: none
} Pending;

typedef struct Parser {
    Arena *arena;
    const char *file, *text;
    char *error;
    jmp_buf unwind;
    // the token
    const char *at, *next;                      // where it begins and ends
    Tok tok;
    char punct;
    const char *word;                           // interned: of words, names without their sigil, strings
    double number;
    int64_t integer;
    bool is_int, is_pos;
    IrLoc loc;                                  // of T_AT
    // the module
    Module *m;
    Map *funcs, *arrays;                        // interned name -> Func, ConstArray
    VEC(Pending) pending;
    // the function
    Builder b;
    Map *scope;                                 // interned full name -> Value
    VEC(const char *) visible;                  // the names defined in the open regions
    VEC(int) ids;                               // by Value.id as built: the number written, or -1
    int depth;
} Parser;

// ---- errors ----

_Noreturn static void fail_at(Parser *p, const char *at, const char *format, ...) PRINTF_LIKE(3, 4);
_Noreturn static void fail_at(Parser *p, const char *at, const char *format, ...)
{
    int line = 1, col = 1;
    for (const char *s = p->text; s < at; s++) {
        col = *s == '\n' ? 1 : col + 1;
        line += *s == '\n';
    }
    Text t = text_in(p->arena);
    text_printf(&t, "%s:%d:%d: error: ", p->file, line, col);
    va_list args;
    va_start(args, format);
    text_vprintf(&t, format, args);
    va_end(args);
    p->error = t.at;
    longjmp(p->unwind, 1);
}

// "expected X, found Y" at the token.
_Noreturn static void expected(Parser *p, const char *what)
{
    if (p->tok == T_END)
        fail_at(p, p->at, "expected %s, found the end of the file", what);
    int n = p->next - p->at > 40 ? 40 : (int)(p->next - p->at);
    fail_at(p, p->at, "expected %s, found '%.*s'", what, n, p->at);
}

// ---- tokens ----

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static const char *skip_blanks(const char *s)
{
    for (;;) {
        while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
            s++;
        if (*s != ';' && !(s[0] == '/' && s[1] == '/'))
            return s;
        while (*s && *s != '\n')
            s++;
    }
}

static int hex_digit(Parser *p, const char *s)
{
    if (is_digit(*s))
        return *s - '0';
    if (*s >= 'a' && *s <= 'f')
        return *s - 'a' + 10;
    fail_at(p, s, "expected two hexadecimal digits, such as \\x0a");
}

static void scan_string(Parser *p)
{
    Text t = text_in(p->arena);
    const char *s = p->at + 1;
    for (; *s != '"'; s++) {
        char c = *s;
        if (c == '\0' || c == '\n')
            fail_at(p, p->at, "the string does not end on its line");
        if (c == '\\' && s[1] == 'x') {
            c = (char)(hex_digit(p, s + 2) * 16 + hex_digit(p, s + 3));
            s += 3;
        } else if (c == '\\' && s[1] && s[1] != '\n') {
            c = *++s == 'n' ? '\n' : *s;
        }
        if (c == '\0')
            fail_at(p, s, "a NUL byte in a string");
        text_putn(&t, &c, 1);
    }
    p->tok = T_STRING;
    p->word = intern(p->m->names, t.at, t.n);
    p->next = s + 1;
}

static void scan_number(Parser *p)
{
    const char *s = p->at + (*p->at == '-');
    p->tok = T_NUMBER;
    p->is_int = p->is_pos = false;
    if (strncmp(s, "INFINITY", 8) == 0 || strncmp(s, "NAN", 3) == 0) {
        p->number = *s == 'N' ? (double)NAN : (double)INFINITY;
        p->number = *p->at == '-' ? -p->number : p->number;
        p->next = s + (*s == 'N' ? 3 : 8);
        return;
    }
    char *end;
    p->number = strtod(p->at, &end);
    if (end == p->at)                                           // a minus before anything else
        fail_at(p, p->at, "a number was expected");
    p->next = end;
    p->is_int = strspn(s, "0123456789") == (size_t)(end - s);
    errno = 0;
    if (p->is_int)
        p->integer = strtoll(p->at, NULL, 10);
    if (errno)
        fail_at(p, p->at, "the number is too large");
    p->is_pos = p->is_int && *end == 'p';
    p->next += p->is_pos;
    if (is_name(*p->next) || *p->next == '.')
        fail_at(p, p->at, "malformed number");
}

// @12, @12:5, @"file":12:5 as a place; @name as a name.
static int scan_int(Parser *p, const char **s)
{
    if (!is_digit(**s))
        fail_at(p, *s, "expected a line or column");
    errno = 0;
    char *end;
    long x = strtol(*s, &end, 10);
    if (errno || x > INT_MAX)
        fail_at(p, *s, "the number is too large");
    *s = end;
    return (int)x;
}

static void scan_at(Parser *p)
{
    const char *begin = p->at, *s = begin + 1;
    IrLoc loc = {.file = p->m->source};
    if (*s == '"') {
        p->at = s;
        scan_string(p);
        loc.file = p->word;
        p->at = begin;
        s = p->next;
        if (*s++ != ':')
            fail_at(p, s - 1, "expected ':' and a line");
    }
    loc.line = scan_int(p, &s);
    if (*s == ':' && is_digit(s[1])) {
        s++;
        loc.col = scan_int(p, &s);
    }
    p->tok = T_AT;
    p->loc = loc;
    p->next = s;
}

static void scan_name(Parser *p, Tok tok)
{
    const char *s = p->at + (tok != T_WORD), *begin = s;
    while (is_name(*s))
        s++;
    if (tok == T_VALUE && *s == '.' && is_digit(s[1]))
        for (s++; is_digit(*s);)
            s++;
    if (s == begin)
        fail_at(p, p->at, "expected a name after '%c'", *p->at);
    p->tok = tok;
    p->word = intern(p->m->names, begin, (size_t)(s - begin));
    p->next = s;
}

static void advance(Parser *p)
{
    const char *s = p->at = skip_blanks(p->next ? p->next : p->text);
    p->next = s + 1;
    if (*s == '\0') {
        p->tok = T_END;
        p->next = s;
    } else if (*s == '"') {
        scan_string(p);
    } else if (*s == '%') {
        scan_name(p, T_VALUE);
    } else if (*s == '@' && (is_digit(s[1]) || s[1] == '"')) {
        scan_at(p);
    } else if (*s == '@') {
        scan_name(p, T_FUNC);
    } else if (s[0] == '-' && s[1] == '>') {
        p->tok = T_ARROW;
        p->next = s + 2;
    } else if (is_digit(*s) || *s == '-' || strncmp(s, "INFINITY", 8) == 0 || strncmp(s, "NAN", 3) == 0) {
        if (*s == '-' && !is_digit(s[1]) && s[1] != 'I' && s[1] != 'N')
            fail_at(p, s, "expected a number after '-'");
        scan_number(p);
    } else if (is_name(*s)) {
        scan_name(p, T_WORD);
    } else if (strchr("()[]{},:=.", *s)) {
        p->tok = T_PUNCT;
        p->punct = *s;
    } else {
        fail_at(p, s, "unexpected character");
    }
}

static void go_to(Parser *p, const char *at)
{
    p->next = at;
    advance(p);
}

static bool at_punct(const Parser *p, char c)
{
    return p->tok == T_PUNCT && p->punct == c;
}

static bool accept(Parser *p, char c)
{
    if (!at_punct(p, c))
        return false;
    advance(p);
    return true;
}

static void expect(Parser *p, char c)
{
    char what[] = {'\'', c, '\'', '\0'};
    if (!accept(p, c))
        expected(p, what);
}

static bool at_word(const Parser *p, const char *word)
{
    return p->tok == T_WORD && strcmp(p->word, word) == 0;
}

static bool accept_word(Parser *p, const char *word)
{
    if (!at_word(p, word))
        return false;
    advance(p);
    return true;
}

static const char *take(Parser *p, Tok tok, const char *what)
{
    if (p->tok != tok)
        expected(p, what);
    const char *word = p->word;
    advance(p);
    return word;
}

static int take_int(Parser *p, int lo, int hi, const char *what)
{
    if (p->tok != T_NUMBER || !p->is_int || p->is_pos)
        expected(p, what);
    if (p->integer < lo || p->integer > hi)
        fail_at(p, p->at, "%s must be between %d and %d", what, lo, hi);
    int x = (int)p->integer;
    advance(p);
    return x;
}

// Index of the word in a table, or -1; it is taken if it is there.
static int accept_one_of(Parser *p, const char *const *table, int n)
{
    for (int i = 0; i < n; i++)
        if (accept_word(p, table[i]))
            return i;
    return -1;
}

static IrLoc accept_loc(Parser *p)
{
    IrLoc loc = {0};
    if (p->tok == T_AT) {
        loc = p->loc;
        advance(p);
    }
    return loc;
}

// ---- types ----

static Elem parse_elem(Parser *p)
{
    int e = accept_one_of(p, elem_names, 5);
    if (e < 0)
        expected(p, "a type");
    return (Elem)e;
}

static Type scalar_of(Elem e)
{
    return (Type){.kind = K_SCALAR, .elem = (unsigned char)(e == E_BIT ? E_BOOL : e)};
}

// real, or struct point: what an array has elements of.
static Type parse_item(Parser *p)
{
    Type t = {.kind = K_SCALAR};
    if (!accept_word(p, "struct")) {
        t.elem = (unsigned char)parse_elem(p);
        return t;
    }
    const char *at = p->at;
    t.elem = E_STRUCT;
    t.st = struct_by_name(p->m, take(p, T_WORD, "the name of a struct"));
    if (!t.st)
        fail_at(p, at, "there is no such struct");
    return t;
}

static Type parse_type(Parser *p)
{
    if (accept_word(p, "buf"))
        return type_buf(parse_elem(p));
    Type t = parse_item(p);
    if (t.elem == E_STRUCT && !at_punct(p, '['))
        expected(p, "'[': a struct is in memory");
    if (!accept(p, '['))
        return t;
    int rank = take_int(p, 0, IR_MAX_RANK, "a rank");
    expect(p, ']');
    return type_like(t, rank);
}

// ---- values ----

static Name parse_name(Parser *p)
{
    Name n = {.at = p->at, .id = -1};
    n.full = take(p, T_VALUE, "a value, such as %x");
    const char *dot = strchr(n.full, '.');
    const char *digits = dot ? dot + 1 : n.full;
    bool numbered = dot || strspn(n.full, "0123456789") == strlen(n.full);
    if (numbered && strlen(digits) < 9)
        n.id = (int)strtol(digits, NULL, 10);
    if (dot)
        n.hint = intern(p->m->names, n.full, (size_t)(dot - n.full));
    else if (!numbered)
        n.hint = n.full;
    return n;
}

// Records the number that v was written with (-1: none).
static void note_id(Parser *p, const Value *v, int id)
{
    while (p->ids.n <= v->id)
        vec_push(p->arena, &p->ids, -1);
    p->ids.at[v->id] = id;
}

static void define(Parser *p, Value *v, Name name)
{
    if (map_get(p->scope, name.full))
        fail_at(p, name.at, "%%%s is defined twice", name.full);
    v->name = name.hint;
    note_id(p, v, name.id);
    map_set(p->scope, name.full, v);
    vec_push(p->arena, &p->visible, name.full);
}

static void leave_scope(Parser *p, int n_visible)
{
    while (p->visible.n > n_visible)
        map_set(p->scope, p->visible.at[--p->visible.n], NULL);
}

// A number or truth value where a value is asked for. `want` decides what `2` is; without one it is an int.
static Value *parse_literal(Parser *p, const Type *want)
{
    Value *v = NULL;
    if (p->tok == T_WORD) {
        v = b_bool(&p->b, strcmp(p->word, "true") == 0);
    } else if (!p->is_int || (want && type_eq(*want, T_REAL))) {
        v = b_real(&p->b, p->number);
    } else if (p->is_pos || (want && type_eq(*want, T_POS))) {
        v = b_pos(&p->b, p->integer);
    } else {
        v = b_int(&p->b, p->integer);
    }
    note_id(p, v, -1);
    advance(p);
    return v;
}

static Value *parse_operand(Parser *p, const Type *want)
{
    if (p->tok == T_NUMBER || at_word(p, "true") || at_word(p, "false"))
        return parse_literal(p, want);
    Name n = parse_name(p);
    Value *v = map_get(p->scope, n.full);
    if (!v)
        fail_at(p, n.at, "%%%s is not defined here", n.full);
    return v;
}

static void push_operand(Parser *p, Values *in, const Type *want)
{
    Value *v = parse_operand(p, want);
    vec_push(p->arena, in, v);
}

static Value *parse_array(Parser *p)
{
    const char *at = p->at;
    Value *v = parse_operand(p, NULL);
    if (v->type.kind != K_ARRAY)
        fail_at(p, at, "expected an array");
    return v;
}

static Op *make(Parser *p, OpCode code, const Values *in)
{
    return b_op(&p->b, code, in->n, in->at);
}

// ---- regions ----

static void parse_ops(Parser *p);

// The inside of braces, into r, whose arguments are args[first..] under those names.
static void parse_region(Parser *p, Region *r, const Names *args, int n_visible)
{
    Region *outer = p->b.at;
    if (++p->depth > MAX_NESTING)
        fail_at(p, p->at, "regions are nested more than %d deep", MAX_NESTING);
    p->b.at = r;
    for (int i = 0; i < args->n; i++)
        define(p, r->args.at[r->args.n - args->n + i], args->at[i]);
    expect(p, '{');
    parse_ops(p);
    expect(p, '}');
    leave_scope(p, n_visible);
    p->depth--;
    p->b.at = outer;
}

// (%a, %b), or nothing; with inits (%a = %x, ...), whose operands are appended to `in`.
static Names parse_args(Parser *p, Values *in)
{
    Names names = {0};
    if (!accept(p, '(') || accept(p, ')'))
        return names;
    do {
        Name n = parse_name(p);
        vec_push(p->arena, &names, n);
        if (in) {
            expect(p, '=');
            push_operand(p, in, NULL);
        }
    } while (accept(p, ','));
    expect(p, ')');
    return names;
}

static Region *add_region(Parser *p, Op *op, int k)
{
    if (op->n_regions <= k)
        op->n_regions = k + 1;
    return op->regions[k] = region_new(p->b.f, op);
}

// An argument of r for each operand of op from `first` on; the next versions of them.
static void args_of_operands(Parser *p, Region *r, const Op *op, int first)
{
    for (int k = first; k < op->n_in; k++)
        note_id(p, region_arg(r, op->in[k]->type, NULL, op->in[k]->root), -1);
}

static Op *parse_if(Parser *p)
{
    Values in = {0};
    bool choice = accept_word(p, "choice");
    push_operand(p, &in, NULL);
    const char *at = p->at;
    Names then = parse_args(p, &in), otherwise = {0};
    Op *op = make(p, OP_if, &in);
    op->choice = choice;
    op->loc = accept_loc(p);
    int visible = p->visible.n;
    for (int k = 0; k < 2; k++)
        args_of_operands(p, add_region(p, op, k), op, 1);
    parse_region(p, op->regions[0], &then, visible);
    if (accept_word(p, "else")) {
        at = p->at;
        otherwise = parse_args(p, NULL);
        if (otherwise.n != then.n)
            fail_at(p, at, "the arms have %d and %d arguments", then.n, otherwise.n);
        parse_region(p, op->regions[1], &otherwise, visible);
    }
    const Region *r = op->regions[0];
    for (int i = 0; i < r->yields.n; i++)
        b_result(op, r->yields.at[i]->type, NULL, i + 1 < op->n_in ? op->in[1 + i]->root : r->yields.at[i]->root);
    if (op->n_out < op->n_in - 1)
        fail_at(p, at, "the arms have to yield the arrays that they are handed");
    return op;
}

// `%i = lo to hi step s`: gives the name of the index.
static Name parse_counter(Parser *p, Values *in, int *step)
{
    Name index = parse_name(p);
    expect(p, '=');
    push_operand(p, in, &T_INT);
    if (!accept_word(p, "to"))
        expected(p, "'to'");
    push_operand(p, in, &T_INT);
    *step = accept_word(p, "step") ? take_int(p, INT_MIN, INT_MAX, "a step") : 1;
    return index;
}

static void parse_head(Parser *p, Op *op, int n_carried)
{
    const char *at = p->at;
    Names names = parse_args(p, NULL);
    if (names.n != n_carried)
        fail_at(p, at, "the head has %d arguments, the loop carries %d", names.n, n_carried);
    Region *head = add_region(p, op, 1);
    args_of_operands(p, head, op, loop_first_init(op));
    parse_region(p, head, &names, p->visible.n);
    if (!accept_word(p, "do"))
        expected(p, "'do'");
}

static Op *parse_loop(Parser *p)
{
    Values in = {0};
    Names args = {0};
    int step = 0;
    bool counted = p->tok == T_VALUE;
    if (counted) {
        Name index = parse_counter(p, &in, &step);
        vec_push(p->arena, &args, index);
    }
    bool reversed = accept_word(p, "reversed"), has_exit = accept_word(p, "exit");
    int trips = accept_one_of(p, trips_names, 4);
    bool checkpoint = accept_word(p, "checkpoint");
    if (checkpoint)
        push_operand(p, &in, &T_INT);
    Names carried = parse_args(p, &in);
    for (int i = 0; i < carried.n; i++)
        vec_push(p->arena, &args, carried.at[i]);
    Op *op = make(p, OP_loop, &in);
    op->counted = counted;
    op->step = step;
    op->reversed = reversed;
    op->has_exit = has_exit;
    op->trips = trips < 0 ? TRIPS_IN_ORDER : (Trips)trips;
    op->checkpoint = checkpoint;
    op->loc = accept_loc(p);
    Region *body = add_region(p, op, 0);
    if (counted)
        note_id(p, region_arg(body, T_INT, NULL, NULL), -1);
    args_of_operands(p, body, op, loop_first_init(op));
    if (accept_word(p, "while"))
        parse_head(p, op, carried.n);
    parse_region(p, body, &args, p->visible.n);
    for (int k = loop_first_init(op); k < op->n_in; k++)
        b_result(op, op->in[k]->type, NULL, op->in[k]->root);
    b_result(op, T_INT, NULL, NULL);
    return op;
}

// ---- paths ----

// [%i, %lo : %len]; gives how many single indices there are.
static int parse_brackets(Parser *p, Values *in, bool *range)
{
    int n = 0;
    expect(p, '[');
    while (!at_punct(p, ']') && !(range && *range)) {
        push_operand(p, in, &T_INT);
        if (range && accept(p, ':')) {
            push_operand(p, in, &T_INT);
            *range = true;
        } else {
            n++;
        }
        if (!accept(p, ','))
            break;
    }
    expect(p, ']');
    return n;
}

// .pts[%j].xy(%5)[%k] of a struct. The operand in parentheses is the field's number; without it there is a new one.
static int parse_fields(Parser *p, Values *in, const StructInfo *st, bool *range)
{
    int n = 1, slot = in->n, field = -1;
    Value *number = NULL;
    vec_push(p->arena, in, number);
    while (accept(p, '.')) {
        const char *at = p->at, *name = take(p, T_WORD, "the name of a field");
        int inner = struct_field(st, field, name);
        if (inner < 0)
            fail_at(p, at, "there is no field '%s'", name);
        if (field >= 0 && (n - 1 != st->fields.at[field].rank || (range && *range)))
            fail_at(p, at, "'%s' is a field of one struct, this is an array of them", name);
        field = inner;
        if (accept(p, '(')) {
            number = parse_operand(p, &T_INT);
            expect(p, ')');
        }
        if (at_punct(p, '['))
            n += parse_brackets(p, in, range);
    }
    if (!number)
        note_id(p, number = b_int(&p->b, field), -1);
    in->at[slot] = number;
    int64_t c;
    if (!ir_is_int_const(number, &c) || c != field)
        fail_at(p, p->at, "the number of this field is %d", field);
    return n;
}

// The indices into an array of type t, [%i] or [%i].rot[%j]; a range only where `range` is given. Gives how many there are without it.
static int parse_index(Parser *p, Values *in, Type t, bool *range)
{
    int n = 0;
    const char *at = p->at;
    if (t.rank > 0 || !at_punct(p, '.'))
        n = parse_brackets(p, in, range);
    if (at_punct(p, '.')) {
        if (t.elem != E_STRUCT || n != t.rank || (range && *range))
            fail_at(p, p->at, "this is no struct and has no fields");
        return n + parse_fields(p, in, t.st, range);
    }
    if (range && n + *range > t.rank)
        fail_at(p, at, "more subscripts than the array has dimensions, %d", t.rank);
    return n;
}

// A path into an array of type t; *part: what it leads to.
static Path parse_index_path(Parser *p, Values *in, Type t, Type *part)
{
    Path path = {0};
    const char *at = p->at;
    int first = in->n;
    path.n_idx = parse_index(p, in, t, &path.has_range);
    const Field *f = type_field(t, path.n_idx, in->at + first);
    if (f && path.n_idx - t.rank - 1 + path.has_range > f->rank)
        fail_at(p, at, "more subscripts than the field has dimensions, %d", f->rank);
    *part = type_part(t, path.n_idx, in->at + first);
    path.rank = part->rank;
    return path;
}

static Path parse_path(Parser *p, Values *in, Type t, Type *part)
{
    if (!accept_word(p, "at"))
        return parse_index_path(p, in, t, part);
    Path path = {.at_pos = true};
    push_operand(p, in, &T_POS);
    expect(p, '[');
    for (; !at_punct(p, ']') && path.rank < IR_MAX_RANK; path.rank++) {
        if (path.rank)
            expect(p, ',');
        push_operand(p, in, &T_INT);
    }
    expect(p, ']');
    *part = type_like(t, path.rank);
    return path;
}

static Op *parse_slice(Parser *p)
{
    Values in = {0};
    Value *a = parse_array(p);
    vec_push(p->arena, &in, a);
    Type part;
    Path path = parse_index_path(p, &in, a->type, &part);
    Op *op = make(p, OP_slice, &in);
    op->n_paths = 1;
    op->paths = arena_copy(p->arena, &path, sizeof path);
    b_result(op, part, NULL, NULL);
    return op;
}

static Op *parse_within(Parser *p)
{
    Values in = {0};
    Names names = {0};
    VEC(Path) paths = {0};
    VEC(Type) parts = {0};
    int n_extra = 0;
    Value *a = parse_array(p);
    vec_push(p->arena, &in, a);
    expect(p, '(');
    do {
        Name n = parse_name(p);
        expect(p, '=');
        vec_push(p->arena, &names, n);
        if (p->tok == T_VALUE) {
            n_extra++;
            push_operand(p, &in, NULL);
            continue;
        }
        if (n_extra)
            expected(p, "another array, after the parts");
        Type part;
        Path path = parse_path(p, &in, a->type, &part);
        vec_push(p->arena, &paths, path);
        vec_push(p->arena, &parts, part);
    } while (accept(p, ','));
    expect(p, ')');
    Op *op = make(p, OP_within, &in);
    op->n_extra = n_extra;
    op->n_paths = paths.n;
    op->paths = paths.at;
    op->loc = accept_loc(p);
    Region *body = add_region(p, op, 0);
    for (int s = 0; s < paths.n; s++)
        note_id(p, region_arg(body, parts.at[s], NULL, NULL), -1);
    args_of_operands(p, body, op, op->n_in - n_extra);
    parse_region(p, body, &names, p->visible.n);
    b_result(op, a->type, NULL, a->root);
    for (int i = paths.n; i < body->yields.n; i++)
        b_result(op, body->yields.at[i]->type, NULL, body->yields.at[i]->root);
    return op;
}

// ---- the other ops ----

static Op *parse_constant(Parser *p, OpCode code)
{
    bool is_bool = at_word(p, "true") || at_word(p, "false");
    if (code == OP_const_bool ? !is_bool : p->tok != T_NUMBER || (code != OP_const_real && (!p->is_int || p->is_pos)))
        expected(p, code == OP_const_bool ? "true or false" : "a number");
    Op *op = b_op(&p->b, code, 0, NULL);
    op->i = is_bool ? strcmp(p->word, "true") == 0 : p->integer;
    op->r = p->number;
    if (code == OP_const_real)
        op->i = 0;
    else
        op->r = 0;
    advance(p);
    if (code == OP_const_real && p->tok == T_STRING)
        op->text = take(p, T_STRING, "a spelling");
    static const OpCode codes[] = {OP_const_real, OP_const_int, OP_const_bool, OP_const_pos};
    static const Elem elems[] = {E_REAL, E_INT, E_BOOL, E_POS};
    for (int i = 0; i < 4; i++)
        if (codes[i] == code)
            b_result(op, scalar_of(elems[i]), NULL, NULL);
    return op;
}

static Op *parse_const_array(Parser *p)
{
    const char *at = p->at;
    ConstArray *c = map_get(p->arrays, take(p, T_FUNC, "the name of an array, such as @w"));
    if (!c)
        fail_at(p, at, "there is no such array");
    Op *op = b_op(&p->b, OP_const_array, 0, NULL);
    op->array = c;
    b_result(op, type_array(c->elem, c->rank), NULL, NULL);
    return op;
}

static Op *parse_new(Parser *p)
{
    Values in = {0};
    Type t = parse_item(p);
    const char *at = p->at;
    parse_brackets(p, &in, NULL);
    if (in.n > IR_MAX_RANK)
        fail_at(p, at, "an array of more than %d dimensions", IR_MAX_RANK);
    Op *op = make(p, OP_new, &in);
    op->no_derivative = accept_word(p, "no_derivative");
    op->i = op->no_derivative || accept_word(p, "zero");
    b_result(op, type_like(t, in.n), NULL, NULL);
    return op;
}

// load %a[%i], store %a[%i], %v and acc
static Op *parse_element(Parser *p, OpCode code)
{
    Values in = {0};
    Value *a = parse_array(p);
    const char *at = p->at;
    vec_push(p->arena, &in, a);
    int n = parse_index(p, &in, a->type, NULL);
    Type elem = type_element(a->type, n, in.at + 1);
    if (elem.elem == E_STRUCT)
        fail_at(p, at, "this is no scalar");
    if (code != OP_load) {
        expect(p, ',');
        push_operand(p, &in, &elem);
    }
    Op *op = make(p, code, &in);
    if (code == OP_load)
        b_result(op, elem, NULL, NULL);
    else
        b_result(op, a->type, NULL, a->root);
    return op;
}

static Op *parse_check(Parser *p)
{
    Values in = {0};
    const char *kind = take(p, T_WORD, "the kind of the check");
    const char *text = take(p, T_STRING, "a message");
    while (accept(p, ','))
        push_operand(p, &in, NULL);
    Op *op = make(p, OP_check, &in);
    op->kind = kind;
    op->text = text;
    return op;
}

static Op *parse_call(Parser *p)
{
    Values in = {0};
    const char *at = p->at;
    Func *f = map_get(p->funcs, take(p, T_FUNC, "the name of a function, such as @f"));
    if (!f)
        fail_at(p, at, "there is no such function");
    expect(p, '(');
    VEC(Type) want = {0};
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg >= 0)
            vec_push(p->arena, &want, f->params.at[i].type);
    while (!at_punct(p, ')')) {
        if (in.n)
            expect(p, ',');
        push_operand(p, &in, in.n < want.n ? &want.at[in.n] : NULL);
    }
    expect(p, ')');
    if (in.n != want.n)
        fail_at(p, at, "@%s takes %d arguments, here are %d", f->name, want.n, in.n);
    for (int i = 0; i < in.n; i++)
        if (!type_eq(in.at[i]->type, want.at[i]))
            fail_at(p, at, "argument %d of @%s has the wrong type", i + 1, f->name);
    Op *op = b_call(&p->b, f, in.n, in.at);
    return op;
}

static Op *parse_typed(Parser *p, OpCode code)
{
    Op *op = b_op(&p->b, code, 0, NULL);
    b_result(op, code == OP_buf_new ? type_buf(parse_elem(p)) : parse_type(p), NULL, NULL);
    return op;
}

// The result of an op that is written as a list of its operands.
static void list_result(Parser *p, Op *op, const char *at)
{
    if (op_is_scalar(op->code)) {
        b_result(op, op_result_type(op->code), NULL, NULL);
        return;
    }
    if (op->n_in == 0 || op->in[0]->type.kind == K_SCALAR)
        fail_at(p, at, "%s takes an array or a buffer first", op_info[op->code].name);
    Type t = op->in[0]->type;
    int fixed = op->code == OP_view_at ? 2 : 1, rank = op->n_in - fixed;
    bool any_number = op->code == OP_put;
    if (rank < 0 || (rank > IR_MAX_RANK && !any_number))
        fail_at(p, at, "%s with %d operands", op_info[op->code].name, op->n_in);
    switch (op->code) {
    case OP_shape: b_result(op, t, NULL, NULL); break;
    case OP_copy: b_result(op, t, NULL, NULL); break;
    case OP_reshape:
    case OP_view_at: b_result(op, type_like(t, rank), NULL, NULL); break;
    case OP_freeze: b_result(op, type_array((Elem)t.elem, 1), NULL, NULL); break;
    case OP_len: b_result(op, T_POS, NULL, NULL); break;
    case OP_lu_logdet: b_result(op, T_REAL, NULL, NULL); break;
    case OP_lu:
        b_result(op, type_array(E_REAL, 2), NULL, NULL);
        b_result(op, type_array(E_INT, 1), NULL, NULL);
        b_result(op, T_INT, NULL, NULL);
        break;
    case OP_cholesky:
        b_result(op, t, NULL, op->in[0]->root);
        b_result(op, T_INT, NULL, NULL);
        break;
    default: b_result(op, t, NULL, op->in[0]->root); break;
    }
}

// What a literal as the next operand is: what the op's row says, or for fill and put an element.
static const Type *wanted(OpCode code, const Values *in, Type *t)
{
    if (op_is_scalar(code)) {
        *t = in->n < op_arity(code) ? op_operand_type(code, in->n) : T_INT;
        return t;
    }
    if ((code != OP_fill && code != OP_put) || in->n == 0)
        return code == OP_view_at && in->n == 1 ? &T_POS : NULL;
    *t = in->at[0]->type.elem == E_STRUCT ? T_REAL : scalar_of((Elem)in->at[0]->type.elem);
    return t;
}

static Op *parse_list(Parser *p, OpCode code)
{
    Values in = {0};
    const char *at = p->at;
    Type t;
    while (p->tok == T_VALUE || p->tok == T_NUMBER || at_word(p, "true") || at_word(p, "false")) {
        push_operand(p, &in, wanted(code, &in, &t));
        if (!accept(p, ','))
            break;
    }
    Op *op = make(p, code, &in);
    list_result(p, op, at);
    return op;
}

static Op *parse_flags(Parser *p, OpCode code)
{
    Op *op = parse_list(p, code);
    if (!accept(p, '{'))
        return op;
    do {
        int flag = 0;
        while (flag < N_OP_FLAGS && !(op_has_flag(code, flag) && accept_word(p, op_flag_names[flag])))
            flag++;
        if (flag == N_OP_FLAGS)
            expected(p, "a flag of this op");
        op_set_flag(op, flag);
    } while (accept(p, ','));
    expect(p, '}');
    return op;
}

static Op *parse_op(Parser *p)
{
    const char *at = p->at;
    OpCode code = op_by_name(take(p, T_WORD, "an operation"));
    if (code == OP_COUNT)
        fail_at(p, at, "there is no such operation");
    Op *op = NULL;
    switch (op_form[code]) {
    case F_LIST: op = parse_list(p, code); break;
    case F_REAL:
    case F_INT:
    case F_BOOL: op = parse_constant(p, code); break;
    case F_UNDEF:
    case F_BUF: op = parse_typed(p, code); break;
    case F_ARRAY: op = parse_const_array(p); break;
    case F_NEW: op = parse_new(p); break;
    case F_ELEMENT: op = parse_element(p, code); break;
    case F_SLICE: op = parse_slice(p); break;
    case F_FLAGS: op = parse_flags(p, code); break;
    case F_CHECK: op = parse_check(p); break;
    case F_CALL: op = parse_call(p); break;
    case F_IF: return parse_if(p);
    case F_LOOP: return parse_loop(p);
    case F_WITHIN: return parse_within(p);
    }
    op->loc = accept_loc(p);
    return op;
}

// [%a, %b =] op ...
static void parse_statement(Parser *p)
{
    Names names = {0};
    if (p->tok == T_VALUE) {
        do {
            Name n = parse_name(p);
            vec_push(p->arena, &names, n);
        } while (accept(p, ','));
        expect(p, '=');
    }
    const char *at = p->at;
    Op *op = parse_op(p);
    if (names.n > op->n_out)
        fail_at(p, at, "%s has %d results, here are names for %d", op_info[op->code].name, op->n_out, names.n);
    for (int k = 0; k < op->n_out; k++) {
        if (k < names.n)
            define(p, op->out[k], names.at[k]);
        else
            note_id(p, op->out[k], -1);
    }
}

static void parse_ops(Parser *p)
{
    while (!at_punct(p, '}')) {
        if (p->tok == T_END)
            expected(p, "'}'");
        if (!accept_word(p, "yield")) {
            parse_statement(p);
            continue;
        }
        Values v = {0};
        do
            push_operand(p, &v, NULL);
        while (accept(p, ','));
        ir_yield(&p->b, v.n, v.at);
        return;
    }
}

// ---- bodies ----

// Gives the values the numbers they are written with, if these are distinct and not much larger than there are values.
static void number_values(Parser *p, Func *f)
{
    int max = -1;
    for (int i = 0; i < p->ids.n; i++) {
        if (p->ids.at[i] < 0 || p->ids.at[i] / 64 > p->ids.n + 100)
            return;
        max = p->ids.at[i] > max ? p->ids.at[i] : max;
    }
    bool *taken = NEW_N(p->arena, bool, max + 1);
    for (int i = 0; i < p->ids.n; i++) {
        if (taken[p->ids.at[i]])
            return;
        taken[p->ids.at[i]] = true;
    }
    f->n_values = max + 1;
}

static void renumber_region(Parser *p, Region *r)
{
    for (int i = 0; i < r->args.n; i++)
        r->args.at[i]->id = p->ids.at[r->args.at[i]->id];
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; k < op->n_out; k++)
            op->out[k]->id = p->ids.at[op->out[k]->id];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                renumber_region(p, op->regions[k]);
    }
}

static void parse_body(Parser *p, const Pending *q, const Names *args)
{
    Func *f = q->func;
    p->b = builder_at(f, f->body, false);
    p->scope = map_new(p->arena);
    p->visible.n = p->ids.n = 0;
    for (int i = 0; i < f->body->args.n; i++)
        note_id(p, f->body->args.at[i], -1);
    go_to(p, q->body);
    parse_region(p, f->body, args, 0);
    int built = f->n_values;
    f->n_values = -1;
    number_values(p, f);
    if (f->n_values >= 0)
        renumber_region(p, f->body);
    else
        f->n_values = built;
}

// ---- heads of functions ----

// %x.1: real[1] inout bar of 2 as "y" "[n]"; %y.2: real[1] out returned
static void parse_param(Parser *p, Func *f)
{
    Name n = parse_name(p);
    expect(p, ':');
    Type t = parse_type(p);
    int role = accept_one_of(p, role_names, 3), kind = accept_one_of(p, kind_names, N_PARAM_KINDS), of = 0;
    role = role < 0 ? ROLE_IN : role;
    kind = kind < 0 ? P_PRIMAL : kind;
    if (accept_word(p, "of"))
        of = take_int(p, -1, INT_MAX, "the number of a parameter");
    Value *arg = func_param(f, n.hint ? n.hint : n.full, (Role)role, t, (ParamKind)kind, of);
    if (arg)
        arg->name = n.hint;
    Param *q = &f->params.at[f->params.n - 1];
    q->is_result = accept_word(p, "returned");
    if (accept_word(p, "as"))
        q->name = take(p, T_STRING, "a parameter's name");
    if (p->tok == T_STRING)
        q->shape = take(p, T_STRING, "a shape");
}

static void parse_params(Parser *p, Func *f)
{
    expect(p, '(');
    while (!at_punct(p, ')')) {
        if (f->params.n)
            expect(p, ',');
        parse_param(p, f);
    }
    expect(p, ')');
}

// The names of the arguments, which parse_params has skipped: reads the head's parentheses again.
static Names arg_names(Parser *p, const Pending *q)
{
    Names names = {0};
    const Func *f = q->func;
    go_to(p, q->at);
    expect(p, '(');
    for (int i = 0; i < f->params.n; i++) {
        while (p->tok != T_VALUE)
            advance(p);
        Name n = parse_name(p);
        if (f->params.at[i].arg >= 0)
            vec_push(p->arena, &names, n);
    }
    return names;
}

// -> (real[1], real): what out and inout parameters give, then perhaps a scalar returned by value.
static void parse_results(Parser *p, Func *f)
{
    int k = 0;
    if (p->tok != T_ARROW)
        return;
    advance(p);
    expect(p, '(');
    for (int i = 0; !at_punct(p, ')'); k++) {
        if (k)
            expect(p, ',');
        const char *at = p->at;
        Type t = parse_type(p);
        while (i < f->params.n && f->params.at[i].result < 0)
            i++;
        if (i < f->params.n ? !type_eq(t, f->params.at[i].type) : f->ret >= 0 || !type_is_scalar(t))
            fail_at(p, at, "the results are one for each out and inout parameter, then at most one scalar");
        if (i++ >= f->params.n)
            func_set_ret(f, t);
    }
    if (k != func_n_results(f))
        fail_at(p, p->at, "expected %d results: one for each out and inout parameter", func_n_results(f));
    expect(p, ')');
}

static void parse_transform(Parser *p, Pending *q)
{
    int t = accept_one_of(p, transform_names, N_TRANSFORMS);
    if (t <= 0)
        expected(p, "grad, vjp, jvp, jacfwd, jacrev, hessian, forward or reverse");
    q->func->transform = (Transform)t;
    q->base = take(p, T_FUNC, "a function, such as @f");
    if (!accept_word(p, "wrt"))
        expected(p, "'wrt'");
    while (p->tok == T_NUMBER) {
        int k = take_int(p, 0, INT_MAX, "the number of a parameter");
        vec_push(p->arena, &q->wrt, k);
    }
    if (accept_word(p, "pair"))
        q->pair = take(p, T_FUNC, "a function, such as @f");
    if (accept_word(p, "tape"))
        q->func->tape = take(p, T_STRING, "a name");
    if (accept_word(p, "by")) {
        q->func->directions.kind = accept_word(p, "param") ? DIRECTIONS_PARAM : DIRECTIONS_CONST;
        q->func->directions.n = take_int(p, 0, INT_MAX, "a number of directions");
    }
}

static const char *take_after(Parser *p, const char *word)
{
    if (!accept_word(p, word))
        expected(p, arena_printf(p->arena, "'%s'", word));
    return take(p, T_FUNC, "a function, such as @f");
}

// solves @F for 1 tangent @t adjoint @a
static void parse_implicit(Parser *p, Pending *q)
{
    q->residual = take(p, T_FUNC, "a function, such as @f");
    if (!accept_word(p, "for"))
        expected(p, "'for'");
    q->unknown = take_int(p, 0, INT_MAX, "the number of a parameter");
    q->tangent = take_after(p, "tangent");
    q->adjoint = take_after(p, "adjoint");
}

static void parse_clauses(Parser *p, Pending *q)
{
    Func *f = q->func;
    if (accept(p, '='))
        parse_transform(p, q);
    f->done = accept_word(p, "done");
    f->must_inline = accept_word(p, "inline");
    f->no_inline = accept_word(p, "noinline");
    if (accept_word(p, "source"))
        f->source_name = take(p, T_STRING, "a name");
    if (accept_word(p, "comment"))
        f->comment = take(p, T_STRING, "a comment");
    if (accept_word(p, "vjp"))
        q->vjp = take(p, T_FUNC, "a function, such as @f");
    if (accept_word(p, "jvp"))
        q->jvp = take(p, T_FUNC, "a function, such as @f");
    if (accept_word(p, "solves"))
        parse_implicit(p, q);
    f->loc = accept_loc(p);
}

static void skip_braces(Parser *p)
{
    int depth = 0;
    do {
        if (p->tok == T_END)
            expected(p, "'}'");
        depth += at_punct(p, '{') - at_punct(p, '}');
        advance(p);
    } while (depth);
}

static void parse_func(Parser *p)
{
    bool imported = accept_word(p, "imported"), is_static = accept_word(p, "static");
    bool is_extern = accept_word(p, "extern");
    if (!accept_word(p, "derive") && !accept_word(p, "func"))
        expected(p, "a function, an array or a module");
    const char *at = p->at, *name = take(p, T_FUNC, "a name, such as @f");
    if (map_get(p->funcs, name))
        fail_at(p, at, "@%s is defined twice", name);
    Pending q = {.func = func_new(p->m, name), .at = p->at};
    map_set(p->funcs, name, q.func);
    q.func->is_imported = imported;
    q.func->is_static = is_static;
    q.func->is_extern = is_extern;
    parse_params(p, q.func);
    parse_results(p, q.func);
    parse_clauses(p, &q);
    if (at_punct(p, '{')) {
        q.body = p->at;
        q.func->done |= q.func->transform != TR_NONE;
        skip_braces(p);
    }
    vec_push(p->arena, &p->pending, q);
}

// ---- modules ----

static void parse_element_value(Parser *p, ConstArray *c, int cap)
{
    if (c->n == cap)
        expected(p, "']': the dimensions leave no room for more");
    const char *spelling = NULL;
    if (c->elem == E_BOOL) {
        if (!at_word(p, "true") && !at_word(p, "false"))
            expected(p, "true or false");
        c->data[c->n] = at_word(p, "true");
    } else {
        if (p->tok != T_NUMBER || (c->elem != E_REAL && !p->is_int))
            expected(p, "a number");
        c->data[c->n] = p->number;
    }
    advance(p);
    if (p->tok == T_STRING)
        spelling = take(p, T_STRING, "a spelling");
    if (spelling && !c->text)
        c->text = NEW_N(p->arena, const char *, cap);
    if (spelling)
        c->text[c->n] = spelling;
    c->n++;
}

// The elements; at most as many as there are bytes left, whatever the dimensions say.
static void parse_elements(Parser *p, ConstArray *c, size_t size)
{
    if (size > strlen(p->at))
        fail_at(p, p->at, "the array needs %zu elements", size);
    c->data = NEW_N(p->arena, double, size + 1);
    expect(p, '[');
    while (!at_punct(p, ']')) {
        if (c->n)
            expect(p, ',');
        parse_element_value(p, c, (int)size);
    }
    if ((size_t)c->n != size)
        fail_at(p, p->at, "the array needs %zu elements, here are %d", size, c->n);
    expect(p, ']');
}

// array @w: real[2][2] = [1.0, ...]
static void parse_array_def(Parser *p)
{
    ConstArray *c = NEW(p->arena, ConstArray);
    const char *at = p->at;
    c->name = take(p, T_FUNC, "a name, such as @w");
    if (map_get(p->arrays, c->name))
        fail_at(p, at, "@%s is defined twice", c->name);
    map_set(p->arrays, c->name, c);
    expect(p, ':');
    c->elem = parse_elem(p);
    size_t size = 1;
    while (accept(p, '[')) {
        if (c->rank == IR_MAX_RANK)
            fail_at(p, p->at, "an array of more than %d dimensions", IR_MAX_RANK);
        int dim = take_int(p, 0, INT_MAX, "a dimension");
        c->dims[c->rank++] = dim;
        size = dim && size > INT_MAX / (size_t)dim ? INT_MAX : size * (size_t)dim;
        expect(p, ']');
    }
    expect(p, '=');
    parse_elements(p, c, size);
    vec_push(p->arena, &p->m->arrays, c);
}

// struct point = {xy: real[2], id: int}
static void parse_struct(Parser *p)
{
    const char *at = p->at, *name = take(p, T_WORD, "the name of a struct");
    if (struct_by_name(p->m, name))
        fail_at(p, at, "struct %s is defined twice", name);
    StructInfo st = {.name = name};
    expect(p, '=');
    expect(p, '{');
    while (!at_punct(p, '}')) {
        int dims[IR_MAX_RANK], rank = 0;
        if (st.fields.n)
            expect(p, ',');
        at = p->at;
        const char *member = take(p, T_WORD, "the name of a field");
        if (struct_field(&st, -1, member) >= 0)
            fail_at(p, at, "there are two fields '%s'", member);
        expect(p, ':');
        Type t = parse_item(p);
        while (accept(p, '[')) {
            if (rank == IR_MAX_RANK)
                fail_at(p, p->at, "an array of more than %d dimensions", IR_MAX_RANK);
            dims[rank++] = take_int(p, 1, INT_MAX, "a dimension");
            expect(p, ']');
        }
        for (int i = 0; t.st && i < t.st->fields.n; i++)
            if (rank + t.st->fields.at[i].rank > IR_MAX_RANK)
                fail_at(p, at, "a field of more than %d dimensions", IR_MAX_RANK);
        struct_member(p->m, &st, member, (Elem)t.elem, t.st, rank, dims);
    }
    expect(p, '}');
    *struct_new(p->m, name) = st;
}

static Func *named_func(Parser *p, const Pending *q, const char *name)
{
    Func *f = name ? map_get(p->funcs, name) : NULL;
    if (name && !f)
        fail_at(p, q->at, "@%s refers to @%s, which does not exist", q->func->name, name);
    return f;
}

// A derive that is done outlives its base (see opt_drop_unused). Stands in for such a base: a name, and parameters as
// far as f speaks of them.
static Func *phantom(Parser *p, const Pending *q)
{
    Func *base = NEW(p->arena, Func);
    *base = (Func){.module = p->m, .name = q->base, .ret = -1, .is_extern = true};
    base->body = region_new(base, NULL);
    int n = 0;
    for (int i = 0; i < q->wrt.n; i++)
        n = q->wrt.at[i] >= n ? q->wrt.at[i] + 1 : n;
    for (int i = 0; i < q->func->params.n; i++)
        n = q->func->params.at[i].of >= n ? q->func->params.at[i].of + 1 : n;
    if (n > 100000)
        fail_at(p, q->at, "@%s has no parameter %d", q->base, n - 1);
    for (int i = 0; i < n; i++)
        func_param(base, "_", ROLE_IN, T_REAL, P_PRIMAL, 0);
    return base;
}

static void resolve(Parser *p, const Pending *q)
{
    Func *f = q->func;
    f->custom_vjp = named_func(p, q, q->vjp);
    f->custom_jvp = named_func(p, q, q->jvp);
    f->pair = named_func(p, q, q->pair);
    if (q->residual) {
        Implicit *how = NEW(p->arena, Implicit);
        *how = (Implicit){named_func(p, q, q->residual), named_func(p, q, q->tangent), named_func(p, q, q->adjoint), q->unknown};
        f->implicit = how;
    }
    f->base = q->base && f->done && !map_get(p->funcs, q->base) ? phantom(p, q) : named_func(p, q, q->base);
    if (!f->base)
        return;
    f->wrt = NEW_N(p->arena, bool, f->base->params.n + 1);
    for (int i = 0; i < q->wrt.n; i++) {
        if (q->wrt.at[i] >= f->base->params.n)
            fail_at(p, q->at, "@%s has no parameter %d", q->base, q->wrt.at[i]);
        f->wrt[q->wrt.at[i]] = true;
    }
}

static void parse_module(Parser *p)
{
    advance(p);
    if (accept_word(p, "module"))
        p->m->source = take(p, T_STRING, "the name of a file");
    while (p->tok != T_END) {
        if (accept_word(p, "struct"))
            parse_struct(p);
        else if (accept_word(p, "array"))
            parse_array_def(p);
        else
            parse_func(p);
    }
    for (int i = 0; i < p->pending.n; i++)
        resolve(p, &p->pending.at[i]);
    for (int i = 0; i < p->pending.n; i++)
        if (p->pending.at[i].body) {
            Names args = arg_names(p, &p->pending.at[i]);
            parse_body(p, &p->pending.at[i], &args);
        }
}

Module *ir_parse(Arena *a, const char *file, const char *text, char **error)
{
    Parser *p = NEW(a, Parser);
    p->arena = a;
    p->file = file;
    p->text = text;
    p->m = module_new(a);
    p->funcs = map_new(a);
    p->arrays = map_new(a);
    *error = NULL;
    if (setjmp(p->unwind) == 0) {
        parse_module(p);
        return p->m;
    }
    *error = p->error;
    return NULL;
}
