// emit_stmt.c — statements.
//
// In: the tree of emit_tree.c, with names. Out: the lines of a function's body, indented by four, no longer than 120
// columns, with braces only where there is more than one statement or an else could be misread, and in derived
// functions with a comment where the adjoint of another source line begins:
//
//     for (int i = 0; i < n; i++)
//         x_bar[i] += exp(x[i] - m);          /* lse.ad:7 */
#include "emit_internal.h"
#include "solvers.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { WIDTH = 120, NOTE_COLUMN = 52 };

typedef struct Printer {
    Emit *e;
    int depth;
    int noted; // the source line that the last comment named
} Printer;

// ---- lines ----

// Where to break `line`, of which at most `room` columns fit: behind the last space there that is in the fewest
// parentheses. 0: nowhere.
static size_t break_at(const char *line, size_t room, size_t from)
{
    size_t best = 0;
    int depth = 0, least = 1 << 20;
    bool quoted = false;
    for (size_t i = 0; line[i] && i < room; i++) {
        if (line[i] == '"' && (i == 0 || line[i - 1] != '\\'))
            quoted = !quoted;
        if (quoted)
            continue;
        if (line[i] == '/' && line[i + 1] == '*')               // a note stays in one piece
            return best;
        if (strchr("([{", line[i]))
            depth++;
        if (strchr(")]}", line[i]))
            depth--;
        if (line[i] == ' ' && i > from && depth <= least) {
            least = depth;
            best = i;
        }
    }
    return best;
}

void put_wrapped(Text *out, const char *line, int indent)
{
    size_t room = WIDTH - (size_t)indent, n = strlen(line);
    text_printf(out, "%*s", indent, "");
    bool first = true;
    while (n > room) {
        size_t at = break_at(line, room, first ? room / 2 : room / 3);
        if (at == 0)
            break;
        size_t end = at;
        while (end > 0 && line[end - 1] == ' ')
            end--;
        text_putn(out, line, end);
        text_printf(out, "\n%*s", indent + 8, "");
        line += at + 1;
        n -= at + 1;
        room = WIDTH - (size_t)indent - 8;
        first = false;
    }
    text_put(out, line);
    text_put(out, "\n");
}

static bool is_derivative_name(const char *name)
{
    const char *p = name ? strstr(name, "_bar") : NULL;
    p = p ? p : name ? strstr(name, "_dot") : NULL;
    return p != NULL;
}

// Does statement s belong to the derivative, as its destination's name says?
static bool is_derivative(const Emit *e, const Stmt *s)
{
    if (s->kind == S_ASSIGN)
        return s->value && !(s->value->def && s->value->def->code == OP_const_real && s->value->def->r == 0) &&
               is_derivative_name(s->var->name);
    if (s->kind != S_OP)
        return false;
    for (int i = 0; i < s->op->n_out; i++) {
        const Var *var = plan_var(e, s->op->out[i]);
        if (var && is_derivative_name(var->name))
            return true;
    }
    return false;
}

static void put_line(Printer *p, const Stmt *s, const char *line)
{
    const Emit *e = p->e;
    bool note = e->f->transform != TR_NONE && s && s->loc.line > 0 && s->loc.line != p->noted && is_derivative(e, s);
    if (note) {
        size_t n = strlen(line);
        int column = NOTE_COLUMN - 4 * p->depth;
        const char *name = s->loc.file ? s->loc.file : e->file->m->source;
        const char *slash = strrchr(name, '/');
        line = arena_printf(e->arena, "%s%*s/* %s:%d */", line, (int)n + 2 > column ? 2 : column - (int)n, "",
                            slash ? slash + 1 : name, s->loc.line);
        p->noted = s->loc.line;
    }
    put_wrapped(p->e->out, line, 4 * p->depth);
}

// The line "text;".
static void put_statement(Printer *p, const Stmt *s, Text *t)
{
    text_put(t, ";");
    put_line(p, s, t->at);
}

// ---- declarations ----

static const char *zero_of(const Emit *e, Elem elem)
{
    return elem == E_REAL ? (e->file->o->real_float ? "0.0f" : "0.0") : elem == E_BOOL ? "false" : "0";
}

static void declare(Text *t, const Var *var)
{
    size_t n = strlen(var->type);
    bool joined = n > 0 && (var->type[n - 1] == ' ' || var->type[n - 1] == '*');
    text_printf(t, "%s%s%s", var->type, joined ? "" : " ", var->name);
}

static void note_type(Emit *e, Elem elem)
{
    e->file->uses_bool |= elem == E_BOOL;
    e->file->uses_stddef |= elem == E_POS;
}

// Variables of one type share a line, in the order of their first use; pointers have one each, as their `*` is the name's.
static void put_declarations(Printer *p, const Stmt *s)
{
    for (int i = 0; i < s->decls.n; i++) {
        Var *var = s->decls.at[i];
        if (var->printed)
            continue;
        Text t = text_in(p->e->arena);
        for (int k = i; k < s->decls.n; k++) {
            Var *other = s->decls.at[k];
            if (other->printed || strcmp(other->type, var->type) != 0 || (k > i && strchr(var->type, '*')))
                continue;
            if (k == i)
                declare(&t, var);
            else
                text_printf(&t, ", %s", other->name);
            if (other->needs_init)
                text_printf(&t, " = %s", zero_of(p->e, other->elem));
            other->printed = true;
        }
        note_type(p->e, var->elem);
        put_statement(p, NULL, &t);
    }
}

static const char *buf_name(const Emit *e, Elem elem)
{
    static const char *const names[] = {"real", "int", "byte", "pos", "bit"};
    return arena_printf(e->arena, "%s%s", names[elem], elem == E_REAL ? e->file->suffix : "");
}

// A struct that the next statement assigns to as a whole is declared by that.
static bool declared_by_next(const Stmt *s)
{
    Stmt *next = s->index + 1 < s->block->list.n ? s->block->list.at[s->index + 1] : NULL;
    if (!next || next->kind != S_OP || next->decls.n)
        return false;
    const Op *op = next->op;
    int result = op->code == OP_call ? emit_struct_result(op->callee) : -1;
    bool copied = op->code == OP_copy ? op == s->op : op->code == OP_copy_to && op->in[0] == s->op->out[0];
    bool returned = result >= 0 && op->in[op->callee->params.at[result].arg] == s->op->out[0];
    next->declares = copied || returned;
    return next->declares;
}

static void put_array(Printer *p, const Stmt *s)
{
    Emit *e = p->e;
    const Value *v = s->array;
    const char *name = s->var->name;
    Text t = text_in(e->arena);
    switch (e->places[v->id].storage) {
    case PLACE_BUF:
        e->file->uses_runtime = true;
        declare(&t, s->var);
        text_printf(&t, " = adrt_buf_%s_new()", buf_name(e, (Elem)v->type.elem));
        break;
    case PLACE_LOCAL: {
        note_type(e, (Elem)v->type.elem);
        if (is_object(e, v)) {
            if (declared_by_next(s))
                return;
            declare(&t, s->var);
            text_put(&t, s->op->code == OP_new && s->op->i ? " = {0}" : "");
            break;
        }
        Text size = text_in(e->arena);
        expr_size(e, &size, v, 0);
        declare(&t, s->var);
        text_printf(&t, "[%s]%s", strcmp(size.at, "0") == 0 ? "1" : size.at,
                    s->op->code == OP_new && s->op->i ? " = {0}" : "");
        break;
    }
    default:
        e->file->uses_runtime = true;
        declare(&t, s->var);
        text_put(&t, " = adrt_alloc(");
        expr_count(e, &t, v);
        text_printf(&t, ", sizeof *%s)", name);
        note_type(e, (Elem)v->type.elem);
    }
    put_statement(p, s, &t);
}

static void put_pointer(Printer *p, const Stmt *s)
{
    Text t = text_in(p->e->arena);
    if (s->declares)
        declare(&t, s->var);
    else
        text_put(&t, s->var->name);
    text_put(&t, " = ");
    expr_part(p->e, &t, s->array, s->path, s->path_in, 3);
    put_statement(p, s, &t);
}

// ---- whole arrays ----

static Elem elem_of(const Value *v)
{
    return (Elem)v->type.elem;
}

// An array parameter may be NULL if it is empty, and NULL is not for memset and memcpy.
static bool may_be_null(const Emit *e, const Value *v)
{
    const Value *root = v->root;
    while (root->def && e->places[root->id].storage == PLACE_VIEW)
        root = root->def->in[0]->root;
    while (!root->def && root->region->owner)
        root = root->region->owner->in[0]->root;
    return e->places[root->id].storage == PLACE_PARAM;
}

// Is v of rank 1 and its dimension *d an int?
static bool has_int_length(const Value *v, Dim *d)
{
    const Value *root = v->root;
    while (root->def && root->def->code == OP_copy)
        root = root->def->in[0]->root;
    bool frozen = root->def && (root->def->code == OP_freeze || (root->def->code == OP_shape && root->def->n_in == 1 &&
                                                                 root->type.rank == 1));
    if (frozen || root->type.rank != 1)
        return false;
    *d = place_dim(root, 0);
    return !(d->v && d->v->type.elem == E_POS);
}

// The head of a loop over all elements.
static void put_each(Printer *p, const Stmt *s, const Value *v)
{
    Emit *e = p->e;
    const char *i = s->from->name;
    Text t = text_in(e->arena);
    Dim d = {0};
    bool one = has_int_length(v, &d);
    text_printf(&t, "for (%s %s = 0; %s < ", one ? "int" : "size_t", i, i);
    if (one && d.v)
        expr(e, &t, d.v, 12);
    else
        expr_size(e, &t, v, 12);
    e->file->uses_stddef |= !one;
    text_printf(&t, "; %s++)", i);
    put_line(p, NULL, t.at);
}

static void put_element(Emit *e, Text *t, const Stmt *s, const Value *v)
{
    expr_item(e, t, v, s->from->name);
}

static void put_loop_over(Printer *p, const Stmt *s, const Value *to, const char *sign, const Value *from,
                          const Value *value)
{
    Emit *e = p->e;
    put_each(p, s, to);
    Text t = text_in(e->arena);
    put_element(e, &t, s, to);
    text_printf(&t, " %s ", sign);
    if (from)
        put_element(e, &t, s, from);
    else
        expr(e, &t, value, 3);
    p->depth++;
    put_statement(p, s, &t);
    p->depth--;
}

// `number of elements * sizeof *array`
static void put_bytes(Emit *e, Text *t, const Value *v)
{
    Text a = text_in(e->arena), n = text_in(e->arena);
    expr_array(e, &a, v, 14);
    if (e->places[v->root->id].storage == PLACE_LOCAL) {
        text_printf(t, "sizeof %s", a.at);
        return;
    }
    expr_size(e, &n, v, 13);
    bool plain = a.at[0] != '(' && strchr(a.at, '+') == NULL;
    text_printf(t, plain ? "%s * sizeof *%s" : "%s * sizeof(%s)", n.at, plain ? a.at : c_element(e->file, v->type));
}

static void put_memset(Printer *p, const Stmt *s, const Value *v)
{
    Emit *e = p->e;
    e->file->uses_string = true;
    Text t = text_in(e->arena);
    text_put(&t, "memset(");
    expr_array(e, &t, v, 3);
    text_put(&t, ", 0, ");
    put_bytes(e, &t, v);
    text_put(&t, ")");
    put_statement(p, s, &t);
}

static bool is_zero(const Value *v)
{
    int64_t c;
    if (ir_is_int_const(v, &c))
        return c == 0;
    static const double zero = 0.0;
    return v->def && v->def->code == OP_const_real && memcmp(&v->def->r, &zero, sizeof zero) == 0;
}

// ---- whole structs ----

static bool is_struct(const Value *v)
{
    return type_is_struct(v->type);
}

static bool is_one_struct(const Value *v)
{
    return is_struct(v) && v->type.rank == 0;
}

// The left side of an assignment to a struct; true if that declares it: one that the statement is the declaration of, and the one that the
// function returns, where the function begins with it.
static bool put_assigned(Printer *p, const Stmt *s, Text *t, const Value *to)
{
    Var *var = plan_var(p->e, to);
    bool first = var && var->fixed && var->type && !var->declared && !var->printed && s->block == p->e->top;
    if (first || s->declares) {
        var->declared = var->printed = true;
        declare(t, var);
    } else {
        expr_struct(p->e, t, to, 0);
    }
    text_put(t, " = ");
    return first || s->declares;
}

static void put_copy_struct(Printer *p, const Stmt *s, const Value *to, const Value *from)
{
    Text t = text_in(p->e->arena);
    put_assigned(p, s, &t, to);
    expr_struct(p->e, &t, from, 3);
    put_statement(p, s, &t);
}

static void put_zero_struct(Printer *p, const Stmt *s, const Value *v)
{
    Text t = text_in(p->e->arena);
    bool declares = put_assigned(p, s, &t, v);
    text_printf(&t, declares ? "{0}" : "(%s){0}", c_element(p->e->file, v->type));
    put_statement(p, s, &t);
}

// for (i) cams[i] = (struct camera){0};
static void put_zero_structs(Printer *p, const Stmt *s, const Value *v)
{
    put_each(p, s, v);
    Text t = text_in(p->e->arena);
    put_element(p->e, &t, s, v);
    text_printf(&t, " = (%s){0}", c_element(p->e->file, v->type));
    p->depth++;
    put_statement(p, s, &t);
    p->depth--;
}

// Only the reals are added: by a function of its own, which emit_c.c puts before those that call it.
static void put_add_structs(Printer *p, const Stmt *s, const Value *to, const Value *from)
{
    Emit *e = p->e;
    const StructInfo *st = to->type.st;
    Text t = text_in(e->arena);
    map_set(e->file->adders, st, (void *)st);
    text_printf(&t, "%s(", emit_adder(e->file, st));
    if (is_one_struct(to)) {
        expr_array(e, &t, to, 3);
        text_put(&t, ", ");
        expr_array(e, &t, from, 3);
        text_put(&t, ")");
        put_statement(p, s, &t);
        return;
    }
    put_each(p, s, to);
    text_put(&t, "&");
    put_element(e, &t, s, to);
    text_put(&t, ", &");
    put_element(e, &t, s, from);
    text_put(&t, ")");
    p->depth++;
    put_statement(p, s, &t);
    p->depth--;
}

static void put_fill(Printer *p, const Stmt *s)
{
    const Value *to = s->op->in[0];
    if (is_one_struct(to)) {
        put_zero_struct(p, s, to);
        return;
    }
    if (is_struct(to) && may_be_null(p->e, to)) {
        put_zero_structs(p, s, to);
        return;
    }
    if (is_zero(s->op->in[1]) && !may_be_null(p->e, s->op->in[0]))
        put_memset(p, s, s->op->in[0]);
    else
        put_loop_over(p, s, s->op->in[0], "=", NULL, s->op->in[1]);
}

static void put_memcpy(Printer *p, const Stmt *s, const Value *to, const Value *from)
{
    Emit *e = p->e;
    if (is_one_struct(to)) {
        put_copy_struct(p, s, to, from);
        return;
    }
    if (may_be_null(e, to) || may_be_null(e, from)) {
        put_loop_over(p, s, to, "=", from, NULL);
        return;
    }
    e->file->uses_string = true;
    Text t = text_in(e->arena);
    text_put(&t, "memcpy(");
    expr_array(e, &t, to, 3);
    text_put(&t, ", ");
    expr_array(e, &t, from, 3);
    text_put(&t, ", ");
    put_bytes(e, &t, to);
    text_put(&t, ")");
    put_statement(p, s, &t);
}

// ---- buffers ----

static const char *buf_address(Emit *e, const Value *buf)
{
    Var *var = plan_var(e, buf);
    var->printed = true;
    return arena_printf(e->arena, "%s%s", var->fixed && !var->type ? "" : "&", var->name);
}

static void put_put(Printer *p, const Stmt *s)
{
    Emit *e = p->e;
    e->file->uses_runtime = true;
    for (int i = 1; i < s->op->n_in; i++) {
        Text t = text_in(e->arena);
        text_printf(&t, "adrt_put_%s(%s, ", buf_name(e, elem_of(s->op->in[0])), buf_address(e, s->op->in[0]));
        expr(e, &t, s->op->in[i], 3);
        text_put(&t, ")");
        put_statement(p, s, &t);
    }
}

// The number of elements for adrt_puts, to which a negative one is none.
static void put_length(Emit *e, Text *t, const Value *v)
{
    Dim d = {0};
    if (has_int_length(v, &d) && d.v) {
        expr(e, t, d.v, 3);
        return;
    }
    Text n = text_in(e->arena);
    expr_size(e, &n, v, 0);
    text_printf(t, strchr(n.at, '*') || n.at[0] == '(' ? "(ptrdiff_t)(%s)" : "(ptrdiff_t)%s", n.at);
}

static void put_puts(Printer *p, const Stmt *s)
{
    Emit *e = p->e;
    Text t = text_in(e->arena);
    e->file->uses_runtime = e->file->uses_stddef = true;
    text_printf(&t, "adrt_puts_%s(%s, ", buf_name(e, elem_of(s->op->in[0])), buf_address(e, s->op->in[0]));
    expr_array(e, &t, s->op->in[1], 3);
    text_put(&t, ", ");
    put_length(e, &t, s->op->in[1]);
    text_put(&t, ")");
    put_statement(p, s, &t);
}

// ---- checks ----

const char *c_string(Arena *a, const char *s)
{
    Text quoted = text_in(a), *t = &quoted;
    text_put(t, "\"");
    for (const char *first = s; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\' || (c == '?' && s > first && s[-1] == '?')) // no trigraphs
            text_printf(t, "\\%c", c);
        else if (c < 32 || c >= 127)
            text_printf(t, "\\%03o", c);
        else
            text_putn(t, s, 1);
    }
    text_put(t, "\"");
    return t->at;
}

static void put_check(Printer *p, const Stmt *s)
{
    static const char *const kinds[][2] = {{"assert", "ADRT_ASSERT"},   {"shape", "ADRT_SHAPE"},
                                           {"index", "ADRT_INDEX"},     {"slice", "ADRT_SLICE"},
                                           {"overlap", "ADRT_OVERLAP"}, {"singular", "ADRT_SINGULAR"},
                                           {"root", "ADRT_NO_ROOT"}};
    Emit *e = p->e;
    const Op *op = s->op;
    const char *kind = "ADRT_ASSERT";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(op->kind, kinds[i][0]) == 0)
            kind = kinds[i][1];
    e->file->uses_runtime = true;
    Text t = text_in(e->arena);
    text_put(&t, "if (");
    expr_not(e, &t, op->in[0], 0);
    text_put(&t, ")");
    put_line(p, NULL, t.at);
    t = text_in(e->arena);
    text_printf(&t, "adrt_fail(%s, ", kind);
    text_put(&t, c_string(e->arena, op->loc.file ? op->loc.file : e->file->m->source ? e->file->m->source : ""));
    text_printf(&t, ", %d, ", op->loc.line);
    text_put(&t, c_string(e->arena, op->text ? op->text : ""));
    for (int i = 1; i <= 3; i++) {
        text_put(&t, ", ");
        if (i >= op->n_in)
            text_put(&t, "0");
        else if (op->in[i]->type.elem == E_REAL)
            text_put(&t, "0");
        else
            expr(e, &t, op->in[i], 3);
    }
    text_put(&t, ")");
    p->depth++;
    put_statement(p, NULL, &t);
    p->depth--;
}

static void put_op(Printer *p, const Stmt *s)
{
    Text t = text_in(p->e->arena);
    switch (s->op->code) {
    case OP_store:
    case OP_acc:
        expr_store(p->e, &t, s->op);
        put_statement(p, s, &t);
        return;
    case OP_fill: put_fill(p, s); return;
    case OP_copy: put_memcpy(p, s, s->op->out[0], s->op->in[0]); return;
    case OP_copy_to: put_memcpy(p, s, s->op->in[0], s->op->in[1]); return;
    case OP_add_to:
        if (is_struct(s->op->in[0]))
            put_add_structs(p, s, s->op->in[0], s->op->in[1]);
        else
            put_loop_over(p, s, s->op->in[0], "+=", s->op->in[1], NULL);
        return;
    case OP_put: put_put(p, s); return;
    case OP_puts: put_puts(p, s); return;
    case OP_check: put_check(p, s); return;
    default:
        if (s->declares) {
            put_assigned(p, s, &t, s->op->in[s->op->callee->params.at[emit_struct_result(s->op->callee)].arg]);
            p->e->declared_by = s->op;
        }
        (s->op->code == OP_call ? expr_call : expr_matrix)(p->e, &t, s->op);
        put_statement(p, s, &t);
    }
}

// ---- scalars ----

static void put_assign(Printer *p, const Stmt *s)
{
    Emit *e = p->e;
    Text t = text_in(e->arena);
    if (s->declares) {
        note_type(e, s->var->elem);
        text_printf(&t, "%s ", s->var->type);
    }
    if (s->from || !s->value) {
        expr_var(e, &t, s->var, 0);
        text_put(&t, " = ");
        if (s->from)
            expr_var(e, &t, s->from, 3);
        else
            text_put(&t, zero_of(e, s->var->elem));
    } else {
        expr_assign(e, &t, s->var, s->value);
    }
    put_statement(p, s, &t);
}

// ---- control ----

static void put_block(Printer *p, const Block *b);

static bool is_struct_assignment(const Op *op)
{
    bool whole = op->code == OP_copy || op->code == OP_copy_to || op->code == OP_fill || op->code == OP_add_to;
    return whole && is_one_struct(op->out[0]);
}

// May b stand without braces below a head? Below an `if`, only what cannot be taken for the owner of its else.
static bool is_single(const Block *b, bool below_if)
{
    if (b->list.n != 1)
        return false;
    const Stmt *s = b->list.at[0];
    if (s->decls.n || s->declares)
        return false;
    switch (s->kind) {
    case S_ASSIGN:
    case S_COUNT:
    case S_BREAK:
    case S_CONTINUE:
    case S_RETURN: return true;
    case S_OP:
        return s->op->code == OP_store || s->op->code == OP_acc || s->op->code == OP_call || s->op->code == OP_gemm ||
               is_solver(s->op->code) || s->op->code == OP_puts || is_struct_assignment(s->op) || (s->op->code == OP_put && s->op->n_in == 2);
    case S_IF:   return !below_if;
    case S_LOOP: return !below_if && !s->do_while && s->op->trips != TRIPS_THREADS;
    default: return false;
    }
}

static void put_body(Printer *p, const Stmt *s, const char *head, const Block *b, bool braces)
{
    put_line(p, s, arena_printf(p->e->arena, "%s%s", head, braces ? " {" : ""));
    p->depth++;
    put_block(p, b);
    p->depth--;
}

static void put_if(Printer *p, const Stmt *s, const char *before)
{
    Emit *e = p->e;
    Text t = text_in(e->arena);
    text_printf(&t, "%sif (", before);
    if (s->negated)
        expr_not(e, &t, s->value, 0);
    else
        expr(e, &t, s->value, 0);
    text_put(&t, ")");
    const Block *otherwise = s->body[1];
    bool chain = otherwise->list.n == 1 && otherwise->list.at[0]->kind == S_IF && otherwise->list.at[0]->decls.n == 0;
    bool braces =
        *before || chain || !is_single(s->body[0], true) || (otherwise->list.n > 0 && !is_single(otherwise, true));
    put_body(p, NULL, t.at, s->body[0], braces);
    if (chain) {
        put_if(p, otherwise->list.at[0], "} else ");
        return;
    }
    if (otherwise->list.n > 0)
        put_body(p, NULL, braces ? "} else" : "else", otherwise, braces);
    if (braces)
        put_line(p, NULL, "}");
}

// v + c or v - c, c > 0: gives v and c with its sign, else NULL.
static const Value *plus_constant(const Emit *e, const Value *v, int64_t *c)
{
    const Op *op = plan_var(e, v) ? NULL : v->def;
    if (!op || (op->code != OP_iadd && op->code != OP_isub) || !ir_is_int_const(op->in[1], c))
        return NULL;
    *c = op->code == OP_isub ? -*c : *c;
    return op->in[0];
}

// `v + c`, with what v adds itself taken together; the text of an int.
static void put_plus(Emit *e, Text *t, const Value *v, int64_t c, int least)
{
    int64_t k;
    if (ir_is_int_const(v, &k)) {
        text_printf(t, "%lld", (long long)(k + c));
        return;
    }
    const Value *base = plus_constant(e, v, &k);
    if (base && k + c >= INT_MIN && k + c <= INT_MAX) {
        v = base;
        c += k;
    }
    if (c == 0) {
        expr(e, t, v, least);
        return;
    }
    Text s = text_in(e->arena);
    expr(e, &s, v, 12);
    text_printf(&s, c < 0 ? " - %lld" : " + %lld", (long long)(c < 0 ? -c : c));
    text_printf(t, least > 12 ? "(%s)" : "%s", s.at);
}

static void put_upwards(Emit *e, Text *t, const char *i, const Value *lo, const Value *hi, int step)
{
    int64_t k;
    text_printf(t, "for (int %s = ", i);
    expr(e, t, lo, 3);
    const Value *last = plus_constant(e, hi, &k);
    bool inclusive = last && k == (step > 0 ? 1 : -1);
    text_printf(t, "; %s %s%s ", i, step > 0 ? "<" : ">", inclusive ? "=" : "");
    expr(e, t, inclusive ? last : hi, 12);
}

// The same indices from the last to the first: lo + (trips - 1) * step, where trips rounds up.
static void put_backwards(Emit *e, Text *t, const char *i, const Value *lo, const Value *hi, int step)
{
    int64_t c, size = step < 0 ? -(int64_t)step : step;
    bool zero = ir_is_int_const(lo, &c) && c == 0;
    text_printf(t, "for (int %s = ", i);
    if (size == 1) {
        put_plus(e, t, hi, -step, 3);
    } else {
        const Value *from = step > 0 ? lo : hi, *to = step > 0 ? hi : lo;
        Text distance = text_in(e->arena);
        int64_t from_c;
        bool from_zero = ir_is_int_const(from, &from_c) && from_c == 0;
        if (from_zero) {
            put_plus(e, &distance, to, size - 1, 0);
        } else {
            expr(e, &distance, to, 12);
            text_put(&distance, " - ");
            Text f = text_in(e->arena);
            expr(e, &f, from, 13);
            text_printf(&distance, f.at[0] == '-' ? "(%s)" : "%s", f.at);
            text_printf(&distance, " + %lld", (long long)(size - 1));
        }
        const char *sign = step > 0 ? "+" : "-";
        if (!zero) {
            expr(e, t, lo, 12);
            text_printf(t, " %s ", sign);
        } else if (step < 0) {
            text_put(t, "-");
        }
        text_printf(t, "(%s) / %lld * %lld %s %lld", distance.at, (long long)size, (long long)size,
                    step > 0 ? "-" : "+", (long long)size);
    }
    text_printf(t, "; %s %s ", i, step > 0 ? ">=" : "<=");
    expr(e, t, lo, 12);
}

static void put_step(Text *t, const char *i, int step)
{
    if (step == 1 || step == -1)
        text_printf(t, "; %s%s)", i, step > 0 ? "++" : "--");
    else
        text_printf(t, "; %s %s= %d)", i, step > 0 ? "+" : "-", step > 0 ? step : -step);
}

static void put_loop(Printer *p, const Stmt *s)
{
    Emit *e = p->e;
    Text t = text_in(e->arena);
    const Op *op = s->op;
    if (op->counted) {
        const char *i = op_data(e, op)->index_var->name;
        if (emit_lanes_apart(e, op)) {
            e->file->uses_runtime = true;
            put_line(p, NULL, "ADRT_LANES");
        }
        bool backwards = op->reversed && e->v[loop_index(op)->id].uses > 0; // else the order does not show
        (backwards ? put_backwards : put_upwards)(e, &t, i, op->in[0], op->in[1], op->step);
        put_step(&t, i, backwards ? -op->step : op->step);
    } else if (s->do_while) {
        text_put(&t, "do");
    } else if (s->forever || !s->value) {
        e->file->uses_bool = true;
        text_put(&t, "while (true)");
    } else {
        text_put(&t, "while (");
        expr(e, &t, s->value, 0);
        text_put(&t, ")");
    }
    if (op->trips == TRIPS_THREADS)
        text_put(e->out, "#ifdef _OPENMP\n#pragma omp parallel for\n#endif\n");
    bool empty = s->body[0]->list.n == 0;
    bool braces = s->do_while || empty || !is_single(s->body[0], false);
    put_body(p, NULL, t.at, s->body[0], braces);
    if (s->do_while) {
        t = text_in(e->arena);
        text_put(&t, "} while (");
        if (s->from) {
            text_put(&t, "!");
            expr_var(e, &t, s->from, 14);
        } else {
            expr_not(e, &t, s->value, 0);
        }
        text_put(&t, ")");
        put_statement(p, NULL, &t);
    } else if (braces) {
        put_line(p, NULL, "}");
    }
}

static void put_exit_if(Printer *p, const Stmt *s)
{
    Text t = text_in(p->e->arena);
    text_put(&t, "if (");
    if (s->from)
        expr_var(p->e, &t, s->from, 0);
    else if (s->kind == S_WHILE_NOT)
        expr_not(p->e, &t, s->value, 0);
    else
        expr(p->e, &t, s->value, 0);
    text_put(&t, ")");
    put_line(p, NULL, t.at);
    p->depth++;
    put_line(p, NULL, "break;");
    p->depth--;
}

static void put_return(Printer *p, const Stmt *s)
{
    Text t = text_in(p->e->arena);
    text_put(&t, "return");
    if (s->value || s->from)
        text_put(&t, " ");
    if (s->from)
        expr_var(p->e, &t, s->from, 0);
    else if (s->value)
        expr_converted(p->e, &t, s->value);
    int result = emit_struct_result(p->e->original);
    if (result >= 0) {
        Var *var = p->e->param_vars[result];
        var->printed = true;
        text_printf(&t, " %s", var->name);
    }
    put_statement(p, NULL, &t);
}

// Each line of the text as a line.
static void put_lines(Printer *p, const char *text)
{
    p->e->file->uses_runtime = true;
    while (*text) {
        size_t n = strcspn(text, "\n");
        put_line(p, NULL, arena_strndup(p->e->arena, text, n));
        text += n + (text[n] != '\0');
    }
}

static void put_stmt(Printer *p, const Stmt *s)
{
    put_declarations(p, s);
    Text t = text_in(p->e->arena);
    switch (s->kind) {
    case S_ASSIGN: put_assign(p, s); return;
    case S_OP: put_op(p, s); return;
    case S_ARRAY: put_array(p, s); return;
    case S_ZERO:
        if (is_one_struct(s->op->out[0]))
            put_zero_struct(p, s, s->op->out[0]);
        else
            put_memset(p, s, s->op->out[0]);
        return;
    case S_IF: put_if(p, s, ""); return;
    case S_LOOP: put_loop(p, s); return;
    case S_BREAK: put_line(p, NULL, "break;"); return;
    case S_CONTINUE: put_line(p, NULL, "continue;"); return;
    case S_RETURN: put_return(p, s); return;
    case S_EXIT_IF:
    case S_WHILE_NOT: put_exit_if(p, s); return;
    case S_POINTER: put_pointer(p, s); return;
    case S_OPEN: put_lines(p, emit_tape_opened(p->e)); return;
    case S_PACK: put_lines(p, emit_tape_packed(p->e)); return;
    case S_COUNT:
        text_printf(&t, "%s++", s->var->name);
        put_statement(p, NULL, &t);
        return;
    case S_MARK:
        p->e->file->uses_runtime = true;
        text_printf(&t, "struct adrt_mark %s = adrt_mark()", s->var->name);
        put_statement(p, NULL, &t);
        return;
    case S_REWIND:
        text_printf(&t, "adrt_rewind(%s)", s->var->name);
        put_statement(p, NULL, &t);
        return;
    }
}

static void put_block(Printer *p, const Block *b)
{
    for (int i = 0; i < b->list.n; i++)
        put_stmt(p, b->list.at[i]);
}

void emit_body(Emit *e)
{
    Printer p = {.e = e, .depth = 1};
    put_block(&p, e->top);
}
