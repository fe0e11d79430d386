// passcheck.c — see passcheck.h.
#include "passcheck.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

Module *pass_parse(Arena *a, const char *text)
{
    char *error = NULL;
    Module *m = ir_parse(a, "case.ir", text, &error);
    if (!m)
        ck_abort_msg("%s", error);
    char *wrong = ir_verify(a, m);
    if (wrong)
        ck_abort_msg("before: %s", wrong);
    return m;
}

static size_t elements(Type t, int n)
{
    size_t size = type_is_struct(t) ? (size_t)struct_scalars(t.st) : 1;
    for (int k = 0; k < t.rank; k++)
        size *= (size_t)n;
    return size;
}

static IVal argument(Interp *in, Type t, int n, unsigned *seed)
{
    size_t size = elements(t, n);
    double x[512] = {0};
    ck_assert(size <= 512);
    for (size_t i = 0; i < size; i++) {
        *seed = *seed * 1103515245u + 12345u;
        x[i] = (double)(*seed >> 8) / 16777216.0 * 3 - 1;
    }
    if (type_is_struct(t)) {
        IVal v = iv_structs(in, t.st, (int)size / struct_scalars(t.st), x);
        return v;
    }
    if (t.elem == E_REAL)
        return t.kind == K_SCALAR ? iv_real(x[0]) : iv_reals(in, (int)size, x);
    if (t.elem == E_BOOL)
        return iv_bool(n % 2 == 1);
    return t.kind == K_SCALAR ? iv_int(n) : iv_ints(in, (int)size, NULL);
}

static void run(const Module *m, Interp *in, int n, IVal *results)
{
    const Func *f = func_by_name(m, "f");
    IVal args[MOST];
    unsigned seed = 5;
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].arg >= 0)
            args[f->params.at[i].arg] = argument(in, f->params.at[i].type, n, &seed);
    if (!interp_call(in, f, args, results)) {
        Text t = text_in(in->arena);
        ir_print_func(&t, f);
        ck_abort_msg("n = %d: %s\n%s", n, in->error, t.at);
    }
}

static Type result_type(const Func *f, int r)
{
    for (int i = 0; i < f->params.n; i++)
        if (f->params.at[i].result == r)
            return f->params.at[i].type;
    return f->ret_type;
}

static void compare(Arena *a, const Module *before, const Module *after, int n)
{
    IVal x[MOST], y[MOST];
    run(before, interp_new(a), n, x);
    run(after, interp_new(a), n, y);
    const Func *f = func_by_name(after, "f");
    for (int r = 0; r < func_n_results(f); r++) {
        Type t = result_type(f, r);
        if (t.kind == K_SCALAR && !x[r].defined)
            continue;                                           // an undef may become anything
        for (size_t i = 0; i < elements(t, n); i++) {
            double p = iv_at(x[r], (int)i), q = iv_at(y[r], (int)i);
            if (memcmp(&p, &q, sizeof p) != 0) {
                Text text = text_in(a);
                ir_print_func(&text, f);
                ck_abort_msg("n = %d: element %d of result %d is %.17g, was %.17g\n%s", n, (int)i, r, q, p, text.at);
            }
        }
    }
}

Module *pass_check(Arena *a, const char *text, void (*pass)(Func *), void (*whole)(Module *))
{
    static const int sizes[] = {0, 1, 2, 3, 7};
    Module *before = pass_parse(a, text), *after = pass_parse(a, text);
    for (int i = 0; pass && i < after->funcs.n; i++)
        pass(after->funcs.at[i]);
    if (whole)
        whole(after);
    char *wrong = ir_verify(a, after);
    if (wrong) {
        Text t = text_in(a);
        ir_print(&t, after);
        ck_abort_msg("after: %s\n%s", wrong, t.at);
    }
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        compare(a, before, after, sizes[k]);
    return after;
}

static int count(const Region *r, OpCode code)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        bool plain = (op->code < OP_const_real || op->code > OP_undef) && op->code != OP_shape;
        n += code == OP_COUNT ? plain : op->code == code;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += count(op->regions[k], code);
    }
    return n;
}

int pass_count(const Func *f, OpCode code)
{
    return count(f->body, code);
}

static int carried(const Region *r)
{
    int n = 0;
    for (int i = 0; i < r->ops.n; i++) {
        const Op *op = r->ops.at[i];
        for (int k = 0; op->code == OP_loop && k < loop_n_carried(op); k++)
            n += loop_arg(op, k)->type.kind == K_ARRAY;
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                n += carried(op->regions[k]);
    }
    return n;
}

int pass_carried(const Func *f)
{
    return carried(f->body);
}
