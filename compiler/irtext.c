// irtext.c — prints the IR as text.
//
// In: a Module, well-formed or not. Out: text that ir_parse (irparse.c) reads back to the same module. irtext.h shows
// the form.
//
//     an op `store` with in = {x of id 1, i of id 2, v of id 3}, out = {x of id 4}   ->   %x.4 = store %x.1[%i.2], %v.3
//
// Only what an operand list cannot say has a form of its own: see op_form.
#include "irtext.h"

#include <string.h>

const OpForm op_form[OP_COUNT] = {
    [OP_const_real] = F_REAL,  [OP_const_int] = F_INT,    [OP_const_bool] = F_BOOL,   [OP_const_pos] = F_INT,
    [OP_undef] = F_UNDEF,      [OP_const_array] = F_ARRAY, [OP_new] = F_NEW,          [OP_buf_new] = F_BUF,
    [OP_load] = F_ELEMENT,     [OP_store] = F_ELEMENT,    [OP_acc] = F_ELEMENT,       [OP_slice] = F_SLICE,
    [OP_gemm] = F_FLAGS,       [OP_lu_solve] = F_FLAGS,   [OP_lower_solve] = F_FLAGS, [OP_lower] = F_FLAGS,
    [OP_check] = F_CHECK,      [OP_if] = F_IF,            [OP_loop] = F_LOOP,         [OP_within] = F_WITHIN,
    [OP_call] = F_CALL,
};

const char *const elem_names[6] = {"real", "int", "bool", "pos", "bit", "struct"};
const char *const role_names[3] = {"in", "out", "inout"};
const char *const trips_names[4] = {"in_order", "independent", "parallel", "threads"};
const char *const kind_names[N_PARAM_KINDS] = {"primal", "bar", "dot", "jac", "internal", "tape"};
const char *const transform_names[N_TRANSFORMS] = {"none",   "grad",    "vjp",     "jvp",    "jacfwd",
                                                   "jacrev", "hessian", "forward", "reverse"};

// ---- flags ----

enum { FLAG_TA, FLAG_TB, FLAG_SUB, FLAG_RIGHT, FLAG_HALF };     // then the other maps of `lower`, in the order of LowerMap

const char *const op_flag_names[N_OP_FLAGS] = {"ta", "tb", "sub", "right", "half", "mirror", "fold"};

bool op_has_flag(OpCode code, int flag)
{
    switch (code) {
    case OP_gemm: return flag <= FLAG_SUB;
    case OP_lu_solve: return flag == FLAG_TA;
    case OP_lower_solve: return flag == FLAG_TA || flag == FLAG_RIGHT;
    case OP_lower: return flag >= FLAG_HALF;
    default: return false;
    }
}

bool op_flag(const Op *op, int flag)
{
    switch (flag) {
    case FLAG_TA: return op->ta;
    case FLAG_TB: return op->tb;
    case FLAG_SUB: return op->sub;
    case FLAG_RIGHT: return op->right;
    default: return (int)op->map == LOWER_HALF + flag - FLAG_HALF;
    }
}

void op_set_flag(Op *op, int flag)
{
    switch (flag) {
    case FLAG_TA: op->ta = true; break;
    case FLAG_TB: op->tb = true; break;
    case FLAG_SUB: op->sub = true; break;
    case FLAG_RIGHT: op->right = true; break;
    default: op->map = (LowerMap)(LOWER_HALF + flag - FLAG_HALF);
    }
}

// ---- printing ----

typedef struct Printer {
    Text *out;
    const char *file;           // locations in this file are printed without it
    int depth;                  // of regions, for indentation
    bool brief;                 // regions as {...}
    bool no_locs;               // locations are left out
} Printer;

// ---- small things ----

void ir_print_type(Text *out, Type t)
{
    const char *elem = t.elem <= E_STRUCT ? elem_names[t.elem] : "?";
    if (t.elem == E_STRUCT)
        elem = arena_printf(out->arena, "struct %s", t.st ? t.st->name : "?");
    if (t.kind == K_BUF)
        text_printf(out, "buf %s", elem);
    else if (t.kind == K_ARRAY)
        text_printf(out, "%s[%d]", elem, t.rank);
    else
        text_put(out, elem);
}

void ir_print_value(Text *out, const Value *v)
{
    if (!v)
        text_put(out, "%?");
    else if (v->name)
        text_printf(out, "%%%s.%d", v->name, v->id);
    else
        text_printf(out, "%%%d", v->id);
}

static void print_string(Text *out, const char *s)
{
    text_put(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c < 32 || c == 127)
            text_printf(out, "\\x%02x", c);
        else
            text_putn(out, s, 1);
    }
    text_put(out, "\"");
}

static void print_loc(Printer *p, IrLoc loc)
{
    if (loc.line == 0 || p->no_locs)
        return;
    text_put(p->out, " @");
    if (loc.file && (!p->file || strcmp(loc.file, p->file) != 0)) {
        print_string(p->out, loc.file);
        text_put(p->out, ":");
    }
    text_printf(p->out, "%d", loc.line);
    if (loc.col)
        text_printf(p->out, ":%d", loc.col);
}

static void print_real(Text *out, double x, const char *spelling)
{
    text_put(out, real_text(out->arena, x));
    if (spelling) {
        text_put(out, " ");
        print_string(out, spelling);
    }
}

// Operand k, or %? where a malformed op has none.
static void print_in(Printer *p, const Op *op, int k)
{
    ir_print_value(p->out, k < op->n_in ? op->in[k] : NULL);
}

// Operands first .. end-1, separated by commas.
static void print_ins(Printer *p, const Op *op, int first, int end)
{
    for (int k = first; k < end; k++) {
        if (k > first)
            text_put(p->out, ", ");
        print_in(p, op, k);
    }
}

// ---- regions ----

static void print_body(Printer *p, const Region *r);

static void print_braces(Printer *p, const Region *r)
{
    if (p->brief || !r) {
        text_put(p->out, "{...}");
        return;
    }
    text_put(p->out, "{\n");
    p->depth++;
    print_body(p, r);
    p->depth--;
    text_printf(p->out, "%*s}", 4 * p->depth, "");
}

// Arguments of r from `first` on, in parentheses: (%a, %b); with inits (%a = %x, ...), operands of op from `init` on.
// Nothing if none.
static void print_args(Printer *p, const Op *op, const Region *r, int first, int init)
{
    int n = r ? r->args.n - first : 0;
    if (n <= 0)
        return;
    for (int k = 0; k < n; k++) {
        text_put(p->out, k ? ", " : " (");
        ir_print_value(p->out, r->args.at[first + k]);
        if (init >= 0) {
            text_put(p->out, " = ");
            print_in(p, op, init + k);
        }
    }
    text_put(p->out, ")");
}

static void print_if(Printer *p, const Op *op)
{
    text_put(p->out, op->choice ? " choice " : " ");
    print_in(p, op, 0);
    print_args(p, op, op->regions[0], 0, 1);
    print_loc(p, op->loc);
    text_put(p->out, " ");
    print_braces(p, op->regions[0]);
    text_put(p->out, " else");
    print_args(p, op, op->regions[1], 0, -1);
    text_put(p->out, " ");
    print_braces(p, op->regions[1]);
}

static void print_loop(Printer *p, const Op *op)
{
    const Region *body = op->regions[0];
    if (op->counted) {
        text_put(p->out, " ");
        ir_print_value(p->out, body && body->args.n ? body->args.at[0] : NULL);
        text_put(p->out, " = ");
        print_in(p, op, 0);
        text_put(p->out, " to ");
        print_in(p, op, 1);
        text_printf(p->out, " step %d", op->step);
    }
    text_put(p->out, op->reversed ? " reversed" : "");
    text_put(p->out, op->has_exit ? " exit" : "");
    if (op->trips)
        text_printf(p->out, " %s", trips_names[op->trips]);
    if (op->checkpoint) {
        text_put(p->out, " checkpoint ");
        print_in(p, op, loop_first_init(op) - 1);
    }
    print_args(p, op, body, op->counted, loop_first_init(op));
    print_loc(p, op->loc);
    if (op->regions[1]) {
        text_put(p->out, " while");
        print_args(p, op, op->regions[1], 0, -1);
        text_put(p->out, " ");
        print_braces(p, op->regions[1]);
        text_put(p->out, " do");
    }
    text_put(p->out, " ");
    print_braces(p, body);
}

// ---- indices and paths ----

// Operands k .. end-1 in brackets, and with `range` the two after them.
static void print_brackets(Printer *p, const Op *op, int k, int end, bool range)
{
    text_put(p->out, "[");
    print_ins(p, op, k, end);
    if (range) {
        text_put(p->out, end > k ? ", " : "");
        print_in(p, op, end);
        text_put(p->out, " : ");
        print_in(p, op, end + 1);
    }
    text_put(p->out, "]");
}

// The names on the way to field `at` of st, each with its own indices: .pts[%j].xy(%5)[%k]. In parentheses stands the operand that is the
// field's number. *k: the next index.
static void print_field(Printer *p, const Op *op, const StructInfo *st, int at, int number, int *k, int end, bool range)
{
    const Field *f = &st->fields.at[at];
    if (f->parent >= 0)
        print_field(p, op, st, f->parent, -1, k, *k + st->fields.at[f->parent].rank - st->fields.at[f->parent].n_outer, false);
    text_printf(p->out, ".%s", f->name);
    if (number >= 0) {
        text_put(p->out, "(");
        print_in(p, op, number);
        text_put(p->out, ")");
    }
    end = number >= 0 ? end : *k + f->rank - f->n_outer;
    if (end > *k || range)
        print_brackets(p, op, *k, end, range);
    *k = end;
}

// Indices k .. k+n-1 into an array of type t: [%i, %j], and of structs [%i].rot(%5)[%j].
static void print_index(Printer *p, const Op *op, Type t, int k, int n, bool range)
{
    int number = k + t.rank;
    const Field *f = number < op->n_in && op->in[number] ? type_field(t, n, op->in + k) : NULL;
    if (!f) {
        print_brackets(p, op, k, k + n, range);
        return;
    }
    if (t.rank)
        print_brackets(p, op, k, number, false);
    int next = number + 1;
    print_field(p, op, t.st, (int)(f - t.st->fields.at), number, &next, k + n, range);
}

static Type base_type(const Op *op)
{
    return op->n_in && op->in[0] ? op->in[0]->type : T_REAL;
}

// The operands of a path, from operand *k on, which is moved past them.
static void print_path(Printer *p, const Op *op, const Path *path, int *k)
{
    if (path->at_pos) {
        text_put(p->out, "at ");
        print_in(p, op, *k);
        text_put(p->out, " ");
        print_brackets(p, op, *k + 1, *k + 1 + path->rank, false);
    } else {
        print_index(p, op, base_type(op), *k, path->n_idx, path->has_range);
    }
    *k += path_n_operands(path);
}

static void print_within(Printer *p, const Op *op)
{
    const Region *body = op->regions[0];
    text_put(p->out, " ");
    print_in(p, op, 0);
    text_put(p->out, " (");
    for (int s = 0, k = 1; s < op->n_paths; s++) {
        text_put(p->out, s ? ", " : "");
        ir_print_value(p->out, body && s < body->args.n ? body->args.at[s] : NULL);
        text_put(p->out, " = ");
        print_path(p, op, &op->paths[s], &k);
    }
    for (int s = 0; s < op->n_extra; s++) {
        text_put(p->out, ", ");
        ir_print_value(p->out, body && op->n_paths + s < body->args.n ? body->args.at[op->n_paths + s] : NULL);
        text_put(p->out, " = ");
        print_in(p, op, op->n_in - op->n_extra + s);
    }
    text_put(p->out, ")");
    print_loc(p, op->loc);
    text_put(p->out, " ");
    print_braces(p, body);
}

// ---- ops ----

// new real[%n, %m] zero
static void print_new(Printer *p, const Op *op)
{
    Type t = op->n_out ? op->out[0]->type : T_REAL;
    t.kind = K_SCALAR;
    text_put(p->out, " ");
    ir_print_type(p->out, t);
    print_brackets(p, op, 0, op->n_in, false);
    text_put(p->out, op->no_derivative ? " no_derivative" : op->i ? " zero" : "");
}

// load %a[%i, %j]; store %a[%i], %v
static void print_element(Printer *p, const Op *op)
{
    int end = op->code == OP_load ? op->n_in : op->n_in - 1;
    text_put(p->out, " ");
    print_in(p, op, 0);
    print_index(p, op, base_type(op), 1, end - 1, false);
    if (op->code != OP_load) {
        text_put(p->out, ", ");
        print_in(p, op, end);
    }
}

static void print_slice(Printer *p, const Op *op)
{
    int k = 1;
    text_put(p->out, " ");
    print_in(p, op, 0);
    if (op->n_paths)
        print_path(p, op, op->paths, &k);
}

static void print_list(Printer *p, const Op *op)
{
    if (op->n_in)
        text_put(p->out, " ");
    print_ins(p, op, 0, op->n_in);
}

static void print_flags(Printer *p, const Op *op)
{
    bool any = false;
    print_list(p, op);
    for (int i = 0; i < N_OP_FLAGS; i++)
        if (op_has_flag(op->code, i) && op_flag(op, i)) {
            text_printf(p->out, "%s%s", any ? ", " : " {", op_flag_names[i]);
            any = true;
        }
    text_put(p->out, any ? "}" : "");
}

// check assert "message", %ok, %v
static void print_check(Printer *p, const Op *op)
{
    text_printf(p->out, " %s ", op->kind ? op->kind : "assert");
    print_string(p->out, op->text ? op->text : "");
    for (int k = 0; k < op->n_in; k++) {
        text_put(p->out, ", ");
        print_in(p, op, k);
    }
}

static void print_call(Printer *p, const Op *op)
{
    text_printf(p->out, " @%s(", op->callee ? op->callee->name : "?");
    print_ins(p, op, 0, op->n_in);
    text_put(p->out, ")");
}

static void print_undef(Printer *p, const Op *op)
{
    text_put(p->out, " ");
    ir_print_type(p->out, op->n_out ? op->out[0]->type : T_REAL);
}

static void print_one_op(Printer *p, const Op *op)
{
    for (int k = 0; k < op->n_out; k++) {
        text_put(p->out, k ? ", " : "");
        ir_print_value(p->out, op->out[k]);
    }
    text_put(p->out, op->n_out ? " = " : "");
    text_put(p->out, op_info[op->code].name);
    switch (op_form[op->code]) {
    case F_LIST: print_list(p, op); break;
    case F_REAL: text_put(p->out, " "); print_real(p->out, op->r, op->text); break;
    case F_INT: text_printf(p->out, " %lld", (long long)op->i); break;
    case F_BOOL: text_put(p->out, op->i ? " true" : " false"); break;
    case F_UNDEF: print_undef(p, op); break;
    case F_ARRAY: text_printf(p->out, " @%s", op->array ? op->array->name : "?"); break;
    case F_NEW: print_new(p, op); break;
    case F_BUF: text_printf(p->out, " %s", elem_names[op->n_out ? op->out[0]->type.elem % 5 : E_REAL]); break;
    case F_ELEMENT: print_element(p, op); break;
    case F_SLICE: print_slice(p, op); break;
    case F_FLAGS: print_flags(p, op); break;
    case F_CHECK: print_check(p, op); break;
    case F_CALL: print_call(p, op); break;
    case F_IF: print_if(p, op); return;
    case F_LOOP: print_loop(p, op); return;
    case F_WITHIN: print_within(p, op); return;
    }
    print_loc(p, op->loc);
}

static void print_body(Printer *p, const Region *r)
{
    for (int i = 0; i < r->ops.n; i++) {
        text_printf(p->out, "%*s", 4 * p->depth, "");
        print_one_op(p, r->ops.at[i]);
        text_put(p->out, "\n");
    }
    if (r->yields.n == 0)
        return;
    text_printf(p->out, "%*syield ", 4 * p->depth, "");
    for (int i = 0; i < r->yields.n; i++) {
        text_put(p->out, i ? ", " : "");
        ir_print_value(p->out, r->yields.at[i]);
    }
    text_put(p->out, "\n");
}

void ir_print_op(Text *out, const Op *op)
{
    Printer p = {.out = out, .brief = true, .file = op->loc.file};
    print_one_op(&p, op);
}

// ---- functions ----

// A derive that is not made yet, or an extern function without arrays, has arguments but nothing to print in braces.
static bool is_bodyless(const Func *f)
{
    return !f->body || (f->is_extern && f->body->ops.n == 0) || (f->transform != TR_NONE && !f->done);
}

// %x.1: real[1] inout bar of 2 "[n]"; `returned`: by the source; `as "y"` where the argument's value bears another name than the parameter.
static void print_param(Printer *p, const Func *f, const Param *q)
{
    const Value *arg = is_bodyless(f) || q->arg < 0 || q->arg >= f->body->args.n ? NULL : f->body->args.at[q->arg];
    if (arg)
        ir_print_value(p->out, arg);
    else
        text_printf(p->out, "%%%s", q->name);
    text_put(p->out, ": ");
    ir_print_type(p->out, q->type);
    if (q->role != ROLE_IN)
        text_printf(p->out, " %s", role_names[q->role]);
    if (q->kind != P_PRIMAL)
        text_printf(p->out, " %s", kind_names[q->kind]);
    if (q->kind == P_BAR || q->kind == P_DOT || q->kind == P_JAC)
        text_printf(p->out, " of %d", q->of);
    if (q->is_result)
        text_put(p->out, " returned");
    if (arg && (!arg->name || strcmp(arg->name, q->name) != 0)) {
        text_put(p->out, " as ");
        print_string(p->out, q->name);
    }
    if (q->shape && *q->shape) {
        text_put(p->out, " ");
        print_string(p->out, q->shape);
    }
}

static void print_results(Printer *p, const Func *f)
{
    const char *sep = "";
    text_put(p->out, " -> (");
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result >= 0) {
            text_put(p->out, sep);
            ir_print_type(p->out, f->params.at[i].type);
            sep = ", ";
        }
    if (f->ret >= 0) {
        text_put(p->out, sep);
        ir_print_type(p->out, f->ret_type);
    }
    text_put(p->out, ")");
}

// ` word "text"`, if there is a text.
static void print_word(Printer *p, const char *word, const char *text)
{
    if (!text)
        return;
    text_printf(p->out, " %s ", word);
    print_string(p->out, text);
}

static void print_clauses(Printer *p, const Func *f)
{
    if (f->transform != TR_NONE) {
        text_printf(p->out, " = %s @%s wrt", transform_names[f->transform], f->base ? f->base->name : "?");
        for (int i = 0; f->base && f->wrt && i < f->base->params.n; i++)
            if (f->wrt[i])
                text_printf(p->out, " %d", i);
        if (f->pair)
            text_printf(p->out, " pair @%s", f->pair->name);
        print_word(p, "tape", f->tape);
        if (f->directions.kind != DIRECTIONS_ONE)
            text_printf(p->out, " by %s%lld", f->directions.kind == DIRECTIONS_PARAM ? "param " : "",
                        (long long)f->directions.n);
    }
    text_put(p->out, f->done ? " done" : "");
    text_put(p->out, f->must_inline ? " inline" : "");
    text_put(p->out, f->no_inline ? " noinline" : "");
    print_word(p, "source", f->source_name);
    print_word(p, "comment", f->comment);
    if (f->custom_vjp)
        text_printf(p->out, " vjp @%s", f->custom_vjp->name);
    if (f->custom_jvp)
        text_printf(p->out, " jvp @%s", f->custom_jvp->name);
    if (f->implicit)
        text_printf(p->out, " solves @%s for %d tangent @%s adjoint @%s", f->implicit->residual->name, f->implicit->unknown,
                    f->implicit->tangent->name, f->implicit->adjoint->name);
    print_loc(p, f->loc);
}

static void print_params(Printer *p, const Func *f)
{
    for (int i = 0; i < f->params.n; i++) {
        text_put(p->out, i ? ", " : "");
        print_param(p, f, &f->params.at[i]);
    }
    text_put(p->out, ")");
}

static void print_func(Printer *p, const Func *f)
{
    text_put(p->out, f->is_imported ? "imported " : "");
    text_put(p->out, f->is_static ? "static " : "");
    text_put(p->out, f->is_extern ? "extern " : "");
    text_printf(p->out, "%s @%s(", f->transform != TR_NONE && !f->done ? "derive" : "func", f->name);
    print_params(p, f);
    print_results(p, f);
    print_clauses(p, f);
    if (!is_bodyless(f)) {
        text_put(p->out, " ");
        print_braces(p, f->body);
    }
    text_put(p->out, "\n");
}

void ir_print_func(Text *out, const Func *f)
{
    Printer p = {.out = out, .file = f->module->source};
    print_func(&p, f);
}

void ir_print_code(Text *out, const Func *f)
{
    Printer p = {.out = out, .no_locs = true};
    text_printf(out, "@%s(", f->name);
    print_params(&p, f);
    print_results(&p, f);
    if (!is_bodyless(f))
        print_braces(&p, f->body);
}

// ---- modules ----

// struct point = {xy: real[2], id: int}
static void print_struct(Text *out, const StructInfo *st)
{
    const char *sep = "";
    text_printf(out, "struct %s = {", st->name);
    for (int i = 0; i < st->fields.n; i++) {
        const Field *f = &st->fields.at[i];
        if (f->parent >= 0)
            continue;                                           // shown where its struct is
        text_printf(out, "%s%s: ", sep, f->name);
        ir_print_type(out, (Type){.kind = K_SCALAR, .elem = (unsigned char)f->elem, .st = f->st});
        for (int k = 0; k < f->rank; k++)
            text_printf(out, "[%d]", f->dims[k]);
        sep = ", ";
    }
    text_put(out, "}\n");
}

void ir_print_array(Text *out, const ConstArray *c)
{
    text_printf(out, "array @%s: %s", c->name, elem_names[c->elem]);
    for (int i = 0; i < c->rank; i++)
        text_printf(out, "[%d]", c->dims[i]);
    text_put(out, " = [");
    for (int i = 0; i < c->n; i++) {
        text_put(out, i ? ", " : "");
        if (c->elem == E_REAL)
            print_real(out, c->data[i], c->text ? c->text[i] : NULL);
        else if (c->elem == E_BOOL)
            text_put(out, c->data[i] != 0 ? "true" : "false");
        else
            text_printf(out, "%lld", (long long)c->data[i]);
    }
    text_put(out, "]\n");
}

void ir_print(Text *out, const Module *m)
{
    if (m->source) {
        text_put(out, "module ");
        print_string(out, m->source);
        text_put(out, "\n");
    }
    for (int i = 0; i < m->structs.n; i++)
        print_struct(out, m->structs.at[i]);
    for (int i = 0; i < m->arrays.n; i++)
        ir_print_array(out, m->arrays.at[i]);
    for (int i = 0; i < m->funcs.n; i++) {
        if (i || m->arrays.n || m->structs.n || m->source)
            text_put(out, "\n");
        ir_print_func(out, m->funcs.at[i]);
    }
}
