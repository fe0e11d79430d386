// test_ir.c — ir.c and partials.c: types, the table, the builder, and what one may ask of values and ops.
//
// In: IR made by the builder, or from text where that is shorter. The idea: every op kind of ir.h's list once, with
// what it makes, what it consumes and what its result is the next version of.
#include "ir.h"

#include "passcheck.h"

#include <check.h>
#include <string.h>

static Arena *arena;
static Func *f;
static Builder b;

static void setup(void) // an empty function to build in
{
    arena = arena_new();
    f = func_new(module_new(arena), "f");
    b = builder_at(f, f->body, false);
}

static void teardown(void)
{
    arena_free(arena);
}

// ---- the table ----

START_TEST(table)
{
    for (int c = 0; c < OP_COUNT; c++) {
        ck_assert_int_eq(op_by_name(op_info[c].name), c);
        if (!op_is_scalar((OpCode)c))
            continue;
        int n = op_arity((OpCode)c);
        ck_assert_int_ge(n, 1);
        ck_assert_int_le(n, 3);
        ck_assert_int_eq((int)strlen(op_info[c].sig), n + 2);
        for (int k = 0; k < 3; k++) {
            bool real = k < n && type_eq(op_operand_type((OpCode)c, k), T_REAL);
            ck_assert_msg(real || !op_info[c].partial[k], "%s: operand %d has a derivative and is no real",
                          op_info[c].name, k);
        }
    }
    ck_assert_int_eq(op_by_name("nonsense"), OP_COUNT);
    ck_assert_int_eq(op_by_name(""), OP_COUNT);
    ck_assert(type_eq(op_result_type(OP_lt), T_BOOL) && type_eq(op_operand_type(OP_lt, 1), T_REAL));
    ck_assert(type_eq(op_result_type(OP_padd), T_POS) && type_eq(op_operand_type(OP_padd, 1), T_INT));
}
END_TEST

START_TEST(types)
{
    Type a = type_array(E_INT, 2), z = type_buf(E_BIT);
    ck_assert(a.kind == K_ARRAY && a.elem == E_INT && a.rank == 2 && type_is_linear(a) && !type_is_scalar(a) &&
              !type_is_real(a));
    ck_assert(z.kind == K_BUF && type_is_linear(z) && !type_is_real(z));
    ck_assert(type_is_real(T_REAL) && type_is_real(type_array(E_REAL, 1)) && type_is_real(type_buf(E_REAL)));
    ck_assert(type_eq(a, type_array(E_INT, 2)) && !type_eq(a, type_array(E_INT, 1)) &&
              !type_eq(a, type_array(E_REAL, 2)));
    ck_assert(!type_eq(T_REAL, type_array(E_REAL, 0)));
}
END_TEST

// Which of operands and result each partial reads: as written, not as one might think.
START_TEST(what_partials_read)
{
    static const struct {
        OpCode op;
        int k;
        unsigned needs;
    } rows[] = {
        {OP_add, 0, 0},
        {OP_sub, 1, 0},
        {OP_mul, 0, NEEDS_B},
        {OP_mul, 1, NEEDS_A},
        {OP_div, 0, NEEDS_B},
        {OP_div, 1, NEEDS_B | NEEDS_R},
        {OP_neg, 0, 0},
        {OP_fma, 0, NEEDS_B},
        {OP_fma, 1, NEEDS_A},
        {OP_fma, 2, 0},
        {OP_exp, 0, NEEDS_R},
        {OP_log, 0, NEEDS_A},
        {OP_sin, 0, NEEDS_A},
        {OP_tan, 0, NEEDS_R},
        {OP_tanh, 0, NEEDS_R},
        {OP_sqrt, 0, NEEDS_A | NEEDS_R},
        {OP_hypot, 1, NEEDS_B | NEEDS_R},
        {OP_sel, 0, 0},
        {OP_sel, 1, NEEDS_A},
        {OP_sel, 2, NEEDS_A},
        {OP_max, 0, NEEDS_A | NEEDS_B},
        {OP_powc, 0, NEEDS_A | NEEDS_B},
        {OP_floor, 0, 0},
        {OP_stop, 0, 0},
        {OP_polygamma, 1, NEEDS_A | NEEDS_B},
        {OP_erf, 0, NEEDS_A},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(partial_needs(rows[i].op, rows[i].k) == rows[i].needs, "%s, operand %d: %x",
                      op_info[rows[i].op].name, rows[i].k, partial_needs(rows[i].op, rows[i].k));
}
END_TEST

// What partial_needs does not name may be missing; b_partial gives NULL exactly where the table has no derivative.
START_TEST(partials)
{
    Value *seed = func_param(f, "s", ROLE_IN, T_REAL, P_PRIMAL, -1),
          *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Value *i = func_param(f, "i", ROLE_IN, T_INT, P_PRIMAL, -1), *c = func_param(f, "c", ROLE_IN, T_BOOL, P_PRIMAL, -1);
    for (int code = 0; code < OP_COUNT; code++)
        for (int k = 0; op_is_scalar((OpCode)code) && k < op_arity((OpCode)code); k++) {
            unsigned needs = partial_needs((OpCode)code, k);
            Value *in[3] = {NULL, NULL, NULL};
            for (int j = 0; j < op_arity((OpCode)code); j++) {
                Type t = op_operand_type((OpCode)code, j);
                if (needs & (1u << j))
                    in[j] = t.elem == E_REAL ? x : t.elem == E_INT ? i : c;
            }
            Value *v = b_partial(&b, (OpCode)code, k, seed, in, needs & NEEDS_R ? x : NULL);
            ck_assert_msg((v != NULL) == (op_info[code].partial[k] != NULL), "%s, operand %d", op_info[code].name, k);
            ck_assert_msg(!v || type_eq(v->type, T_REAL), "%s, operand %d: no real", op_info[code].name, k);
        }
}
END_TEST

START_TEST(a_partial_by_hand) // the row of div: -(s * r / b)
{
    Value *s = func_param(f, "s", ROLE_IN, T_REAL, P_PRIMAL, -1),
          *y = func_param(f, "y", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Value *r = func_param(f, "r", ROLE_IN, T_REAL, P_PRIMAL, -1);
    const Op *minus = b_partial(&b, OP_div, 1, s, (Value *[]){NULL, y}, r)->def;
    ck_assert_int_eq(minus->code, OP_neg);
    const Op *over = minus->in[0]->def;
    ck_assert_int_eq(over->code, OP_div);
    ck_assert_ptr_eq(over->in[1], y);
    const Op *times = over->in[0]->def;
    ck_assert_int_eq(times->code, OP_mul);
    ck_assert(times->in[0] == s && times->in[1] == r);
}
END_TEST

// ---- functions ----

// The op that the partial of a unary op calls with the operand, if it reads the operand nowhere else.
START_TEST(companions)
{
    static const struct { OpCode op, companion; } rows[] = {
        {OP_sin, OP_cos}, {OP_cos, OP_sin}, {OP_sinh, OP_cosh}, {OP_lgamma, OP_digamma}, {OP_softplus, OP_sigmoid},
        {OP_exp, OP_COUNT}, {OP_tan, OP_COUNT}, {OP_erf, OP_COUNT}, {OP_abs, OP_sign}, {OP_mul, OP_COUNT}, {OP_loop, OP_COUNT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(op_companion(rows[i].op) == rows[i].companion, "%s", op_info[rows[i].op].name);
    Value *seed = func_param(f, "s", ROLE_IN, T_REAL, P_PRIMAL, -1), *c = func_param(f, "c", ROLE_IN, T_REAL, P_PRIMAL, -1);
    const Op *times = b_partial_by(&b, OP_sin, seed, c, NULL)->def;
    ck_assert(times->code == OP_mul && times->in[0] == seed && times->in[1] == c);
}
END_TEST

START_TEST(parameters)
{
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1);
    Value *o = func_param(f, "o", ROLE_OUT, T_REAL, P_PRIMAL, -1);
    Value *x = func_param(f, "x", ROLE_INOUT, T_REAL, P_PRIMAL, -1);
    Value *a = func_param(f, "a", ROLE_OUT, type_array(E_REAL, 1), P_PRIMAL, -1);
    func_set_ret(f, T_BOOL);
    ck_assert(n && !o && x && a);
    ck_assert_int_eq(f->body->args.n, 3);
    static const struct {
        int arg, result;
    } want[] = {{0, -1}, {-1, 0}, {1, 1}, {2, 2}};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(f->params.at[i].arg, want[i].arg);
        ck_assert_int_eq(f->params.at[i].result, want[i].result);
    }
    ck_assert_int_eq(f->ret, 3);
    ck_assert_int_eq(func_n_results(f), 4);
    ck_assert_ptr_eq(a->root, a);
    ck_assert_ptr_null(x->root);
    ck_assert_ptr_eq(func_by_name(f->module, "f"), f);
    ck_assert_ptr_null(func_by_name(f->module, "g"));
}
END_TEST

START_TEST(results_grow) // also after a pass has put a list of its own in their place
{
    Op *op = b_op(&b, OP_call, 0, NULL);
    for (int i = 0; i < 9; i++)
        b_result(op, T_REAL, NULL, NULL);
    Value *own[1] = {op->out[4]};
    op->out = own;
    op->n_out = 1;
    Value *v = b_result(op, T_INT, "v", NULL);
    ck_assert(op->n_out == 2 && op->out[0] == own[0] && op->out[1] == v && v->index == 1 && own[0]->index == 4);
    ck_assert_ptr_ne(op->out, own);
}
END_TEST

// ---- arrays: ties, consumption, roots, dimensions ----

static const char everything[] =
    "array @w: real[2][3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]\n"
    "func @g(%p: real, %in: real[1], %io: real[1] inout, %o: real out, %ao: real[1] out) -> (real[1], real, real[1]) "
    "{\n"
    "  %i1 = shape %io, 2\n  %a1 = shape %ao, 2\n  %a2 = fill %a1, %p\n  yield %i1, %p, %a2 }\n"
    "func @f(%n: int, %c: bool, %x: real, %in: real[1], %io: real[2] inout) -> (real[2]) {\n"
    "  %sh = shape %io, %n, 4\n  %rd = shape %in, %n\n  %ca = const_array @w\n  %ne = new real[%n] zero\n  %co = copy "
    "%ne\n"
    "  %sl = slice %sh[1, 2 : %n]\n  %re = reshape %rd, 2, %n\n  %lo = load %ne[0]\n  %st = store %ne[0], %x\n  %ac = "
    "acc %st[0], %x\n"
    "  %fi = fill %ac, %x\n  %ct = copy_to %fi, %rd\n  %at = add_to %ct, %rd\n  %ge = gemm %at, %rd, %rd, %n, 1, 1\n"
    "  %sq = new real[%n, %n] zero\n  %lf, %pv, %la = lu %sq, %n\n  %lx = lu_solve %sq, %lf, %pv, %n, %n\n"
    "  %ld = lu_logdet %lf, %pv, %n\n  %ch, %cb = cholesky %lx, %n\n  %lz = lower %ch, %n\n  %tw = copy %lz\n"
    "  %tx = lower_solve %tw, %lz, %n, %n\n"
    "  %bn = buf_new real\n  %pu = put %bn, %x\n  %ps = puts %pu, %rd\n  %fr = freeze %ps\n  %le = len %fr\n  %p0 = "
    "const_pos 0\n"
    "  %va = view_at %fr, %p0, %n\n"
    "  %if = if %c (%if1 = %ge) {\n    yield %if1 } else (%if2) {\n    yield %if2 }\n"
    "  %lp, %ls, %T = loop %i = 0 to %n step 1 (%lp1 = %if, %ls1 = %x) {\n    yield %lp1, %ls1 }\n"
    "  %wi, %we, %ws = within %sh (%wr = [1], %wx = %lp) {\n    yield %wr, %wx, %x }\n"
    "  %cg1, %cg2, %cg3 = call @g(%x, %rd, %we, %co)\n  yield %wi }\n";

static const Value *named(const Region *r, const char *name)
{
    for (int i = 0; i < r->ops.n; i++)
        for (int k = 0; k < r->ops.at[i]->n_out; k++)
            if (strcmp(r->ops.at[i]->out[k]->name ? r->ops.at[i]->out[k]->name : "", name) == 0)
                return r->ops.at[i]->out[k];
    ck_abort_msg("no %s", name);
    return NULL;
}

// Each named value, what it is the next version of (NULL: nothing), where its buffer comes from, and may it be written?
static const struct {
    const char *name, *tied, *root;
    bool readonly;
} versions[] = {
    {"sh", "io", "sh", false},  {"rd", "in", "rd", true},   {"ca", NULL, "ca", true},  {"ne", NULL, "ne", false},
    {"co", NULL, "co", false},  {"sl", NULL, "sl", true},   {"re", NULL, "re", true},  {"lo", NULL, NULL, false},
    {"st", "ne", "ne", false},  {"ac", "st", "ne", false},  {"fi", "ac", "ne", false}, {"ct", "fi", "ne", false},
    {"at", "ct", "ne", false},  {"ge", "at", "ne", false},  {"bn", NULL, "bn", false}, {"pu", "bn", "bn", false},
    {"ps", "pu", "bn", false},  {"fr", NULL, "fr", true},   {"le", NULL, NULL, false}, {"va", NULL, "va", true},
    {"if", "ge", "ne", false},  {"lp", "if", "ne", false},  {"ls", NULL, NULL, false}, {"T", NULL, NULL, false},
    {"wi", "sh", "sh", false},  {"we", "lp", "ne", false},  {"ws", NULL, NULL, false}, {"cg1", "we", "ne", false},
    {"cg2", NULL, NULL, false}, {"cg3", "co", "co", false}, {"lf", NULL, "lf", true},   {"pv", NULL, "pv", true},
    {"la", NULL, NULL, false},  {"lx", "sq", "sq", false},  {"ld", NULL, NULL, false},  {"ch", "lx", "sq", false},
    {"cb", NULL, NULL, false},  {"lz", "ch", "sq", false},  {"tx", "tw", "tw", false},
};

START_TEST(ties)
{
    const Func *all = func_by_name(pass_parse(arena, everything), "f");
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const Value *v = named(all->body, versions[i].name);
        int tie = op_tie(v->def, v->index);
        const char *tied = tie < 0 ? NULL : v->def->in[tie]->name, *want = versions[i].tied;
        ck_assert_msg(tied && want ? strcmp(tied, want) == 0 : tied == want, "%s is tied to %s", v->name,
                      tied ? tied : "nothing");
        if (!versions[i].root)
            ck_assert_ptr_null(v->root);
        else
            ck_assert_msg(strcmp(v->root->name, versions[i].root) == 0, "%s has the root %s", v->name, v->root->name);
        if (v->root)
            ck_assert_msg(ir_is_readonly(v) == versions[i].readonly, "%s", v->name);
    }
}
END_TEST

// What is consumed: exactly what something is tied to, and what is frozen.
START_TEST(consumption)
{
    const Func *all = func_by_name(pass_parse(arena, everything), "f");
    for (int i = 0; i < all->body->ops.n; i++) {
        const Op *op = all->body->ops.at[i];
        for (int k = 0; k < op->n_in; k++) {
            bool tied = op->code == OP_freeze;
            for (int r = 0; r < op->n_out; r++)
                tied |= op_tie(op, r) == k;
            ck_assert_msg(op_consumes(op, k) == tied, "%s, operand %d", op_info[op->code].name, k);
        }
    }
}
END_TEST

START_TEST(slots_are_roots_of_their_own)
{
    const Func *all = func_by_name(pass_parse(arena, everything), "f");
    const Op *within = named(all->body, "wi")->def;
    const Value *row = within->regions[0]->args.at[0], *other = within->regions[0]->args.at[1];
    ck_assert_ptr_eq(row->root, row);
    ck_assert_str_eq(other->root->name, "ne");
    ck_assert(!ir_is_readonly(row));
    ck_assert_int_eq(path_n_operands(&within->paths[0]), 1);
    ck_assert_int_eq(path_n_operands(named(all->body, "sl")->def->paths), 3);
}
END_TEST

static void expect_dim(Builder *at, Value *v, int k, const char *name, int64_t c)
{
    Value *d = ir_dim(at, v, k);
    int64_t x = -1;
    if (name)
        ck_assert_msg(d->name && strcmp(d->name, name) == 0, "%s, dimension %d", v->name, k);
    else
        ck_assert_msg(ir_is_int_const(d, &x) && x == c, "%s, dimension %d: %d", v->name, k, (int)x);
}

START_TEST(dimensions)
{
    Func *all = func_by_name(pass_parse(arena, everything), "f");
    Builder at = builder_at(all, all->body, false);
    static const struct {
        const char *name;
        int k;
        const char *dim;
        int c;
    } rows[] = {
        {"sh", 0, "n", 0},  {"sh", 1, NULL, 4}, {"ca", 0, NULL, 2}, {"ca", 1, NULL, 3},
        {"co", 0, "n", 0},  {"sl", 0, "n", 0},  {"re", 0, NULL, 2}, {"re", 1, "n", 0},
        {"lf", 1, "n", 0},  {"pv", 0, "n", 0},
        {"cg1", 0, "n", 0}, {"va", 0, "n", 0},  {"wi", 1, NULL, 4}, {"lp", 0, "n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Value *v = named(all->body, rows[i].name)->def->out[named(all->body, rows[i].name)->index];
        expect_dim(&at, v, rows[i].k, rows[i].dim, rows[i].c);
    }
    const Op *within = named(all->body, "wi")->def;
    expect_dim(&at, within->regions[0]->args.at[0], 0, NULL, 4);
    const Value *z = named(all->body, "fr");
    ck_assert_int_eq(ir_dim(&at, z->root, 0)->def->code, OP_len);
}
END_TEST

// ---- loads through slices ----

START_TEST(loads_through_slices)
{
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1),
          *raw = func_param(f, "A", ROLE_IN, type_array(E_REAL, 3), P_PRIMAL, -1);
    Value *A = b_shape(&b, raw, 3, (Value *[]){n, n, n}), *i = b_int(&b, 1), *j = b_int(&b, 2);
    Value *row = b_slice(&b, A, 1, &i, NULL, NULL), *part = b_slice(&b, row, 0, NULL, j, n);
    ck_assert_int_eq(row->type.rank, 2);
    ck_assert_int_eq(part->type.rank, 2);
    ck_assert_ptr_eq(b_slice(&b, A, 0, NULL, NULL, NULL), A); // nothing taken away
    const Op *load = b_load(&b, part, 2, (Value *[]){n, j})->def;
    ck_assert_int_eq(load->code, OP_load);
    ck_assert_ptr_eq(load->in[0], A);
    ck_assert_int_eq(load->n_in, 4);
    ck_assert_ptr_eq(load->in[1], i);
    const Op *sum = load->in[2]->def;
    ck_assert(sum->code == OP_iadd && sum->in[0] == j && sum->in[1] == n);
    ck_assert_ptr_eq(load->in[3], j);
}
END_TEST

// ---- constants and sums with constants ----

START_TEST(constants)
{
    double x = 0;
    int64_t i = 0;
    ck_assert(ir_is_const(b_real(&b, 2.5), &x) && x == 2.5 && !ir_is_int_const(b_real(&b, 2.5), &i));
    ck_assert(ir_is_const(b_int(&b, -3), &x) && x == -3 && ir_is_int_const(b_int(&b, -3), &i) && i == -3);
    ck_assert(ir_is_int_const(b_bool(&b, true), &i) && i == 1);
    ck_assert(ir_is_int_const(b_pos(&b, 1LL << 40), &i) && i == 1LL << 40);
    ck_assert(!ir_is_const(b_undef(&b, T_REAL), &x));
    ck_assert_str_eq(b_real_text(&b, 0.1, "1e-1")->def->text, "1e-1");
}
END_TEST

START_TEST(bases)
{
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1), *m = func_param(f, "m", ROLE_IN, T_INT, P_PRIMAL, -1);
    Value *k = b_2(&b, OP_isub, b_2(&b, OP_iadd, b_int(&b, 5), b_2(&b, OP_iadd, n, b_int(&b, 2))), b_int(&b, 10));
    int64_t c;
    ck_assert(ir_base_of(k, &c) == n && c == -3);
    ck_assert(ir_base_of(n, &c) == n && c == 0);
    ck_assert(ir_base_of(b_int(&b, 7), &c) == NULL && c == 7);
    ck_assert(ir_base_of(b_2(&b, OP_iadd, b_int(&b, 7), b_int(&b, 1)), &c) == NULL && c == 8);
    Value *sum = b_2(&b, OP_iadd, n, m), *minus = b_2(&b, OP_isub, b_int(&b, 1), n);
    ck_assert(ir_base_of(sum, &c) == sum && c == 0);
    ck_assert(ir_base_of(minus, &c) == minus && c == 0); // 1 - n is not n + c
    Value *twice = b_2(&b, OP_imul, n, b_int(&b, 2));
    ck_assert(ir_base_of(twice, &c) == twice && c == 0);
}
END_TEST

// ---- folding while building ----

START_TEST(folding)
{
    Value *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Value *plain = b_2(&b, OP_mul, x, b_real(&b, 1));
    ck_assert_int_eq(plain->def->code, OP_mul);
    b.fold = true;
    ck_assert_ptr_eq(b_2(&b, OP_mul, x, b_real(&b, 1)), x);
    double c;
    ck_assert(ir_is_const(b_2(&b, OP_mul, b_real(&b, 3), b_real(&b, 4)), &c) && c == 12);
}
END_TEST

// ---- regions ----

START_TEST(loops)
{
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1), *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Op *loop = b_loop(&b, b_int(&b, 0), n, 2, true, 2, (Value *[]){x, n});
    Builder in = builder_at(f, loop->regions[0], false);
    Value *stop = b_bool(&in, false);
    loop->has_exit = true;
    ir_yield(&in, 3, (Value *[]){stop, loop_arg(loop, 0), loop_index(loop)});
    ck_assert_int_eq(loop_n_carried(loop), 2);
    ck_assert_int_eq(loop_first_init(loop), 2);
    ck_assert_ptr_eq(loop_exit_flag(loop), stop);
    ck_assert_ptr_eq(loop_yield(loop, 1), loop_index(loop));
    ck_assert_ptr_eq(loop_yield(loop, 0), loop_arg(loop, 0));
    ck_assert(loop->n_out == 3 && loop_trips(loop) == loop->out[2] && type_eq(loop_trips(loop)->type, T_INT));
    ck_assert(loop->step == 2 && loop->reversed && loop->counted);
    Op *wait = b_loop(&b, NULL, NULL, 7, false, 1, &x);
    ck_assert(!wait->counted && wait->step == 0 && !loop_index(wait) && !loop_exit_flag(wait) &&
              loop_first_init(wait) == 0);
    Region *head = b_loop_head(wait);
    ck_assert(head == wait->regions[1] && head->args.n == 1 && wait->n_regions == 2);
    ck_assert(region_defines(loop->regions[0], stop) && region_defines(f->body, stop) && !region_defines(head, stop));
    ck_assert(!region_defines(loop->regions[0], x));
}
END_TEST

// ---- cloning ----

// As text, without digits: a clone numbers its values in another order.
static const char *text_of(const Module *m)
{
    Text t = text_in(arena);
    ir_print(&t, m);
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        if (t.at[i] < '0' || t.at[i] > '9')
            t.at[n++] = t.at[i];
    t.at[n] = '\0';
    return t.at;
}

START_TEST(a_clone_is_the_same) // but for being another
{
    Module *m = pass_parse(arena, everything), *again = pass_parse(arena, everything);
    Func *from = func_by_name(m, "f");
    Value **map = NEW_N(arena, Value *, from->n_values);
    Region *body = from->body;
    Region *fresh = region_new(from, NULL);
    from->n_values = 0;
    for (int i = 0; i < body->args.n; i++)
        map[body->args.at[i]->id] = region_arg(fresh, body->args.at[i]->type, body->args.at[i]->name, NULL);
    Builder at = builder_at(from, fresh, false);
    ir_clone_region_body(&at, body, map);
    from->body = fresh;
    char *wrong = ir_verify(arena, m);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_str_eq(text_of(m), text_of(again));
    for (int i = 0; i < fresh->ops.n; i++) {
        ck_assert_ptr_ne(fresh->ops.at[i], body->ops.at[i]);
        ck_assert_ptr_eq(fresh->ops.at[i]->parent, fresh);
        for (int k = 0; k < fresh->ops.at[i]->n_in; k++)
            ck_assert(region_defines(fresh, fresh->ops.at[i]->in[k]));
    }
}
END_TEST

START_TEST(a_clone_reads_through_a_slice) // where the array it read has become one
{
    Func *from = func_by_name(pass_parse(arena, "func @g(%n: int, %x: real[1]) -> (real) {\n  %x1 = shape %x, %n\n"
                                                "  %v = load %x1[1]\n  yield %v }\n"),
                              "g");
    Value *n = func_param(f, "n", ROLE_IN, T_INT, P_PRIMAL, -1),
          *raw = func_param(f, "A", ROLE_IN, type_array(E_REAL, 2), P_PRIMAL, -1);
    Value *A = b_shape(&b, raw, 2, (Value *[]){n, n});
    const Op *load = named(from->body, "v")->def;
    Value **map = NEW_N(arena, Value *, from->n_values);
    map[load->in[0]->id] = b_slice(&b, A, 1, &n, NULL, NULL);
    map[load->in[1]->id] = b_int(&b, 1);
    ir_clone_op(&b, load, map);
    const Op *copy = map[load->out[0]->id]->def;
    ck_assert(copy->code == OP_load && copy->in[0] == A && copy->n_in == 3 && copy->in[1] == n);
    ck_assert_str_eq(copy->out[0]->name, "v");
}
END_TEST

START_TEST(recomputing) // what is there is taken, the rest made, each once
{
    Module *m = pass_parse(
        arena, "func @g(%n: int, %x: real) -> (real) {\n  %a = sin %x\n  %b = mul %a, %a\n  %c = mul %b, %a\n"
               "  yield %c }\n");
    Func *g = func_by_name(m, "g");
    Value *x = func_param(f, "x", ROLE_IN, T_REAL, P_PRIMAL, -1);
    Value **map = NEW_N(arena, Value *, g->n_values);
    map[g->body->args.at[1]->id] = x;
    Value *c = ir_recompute(&b, g->body->yields.at[0], map);
    ck_assert_int_eq(f->body->ops.n, 3);
    ck_assert_ptr_eq(ir_recompute(&b, g->body->yields.at[0], map), c);
    ck_assert_int_eq(f->body->ops.n, 3);
    ck_assert_ptr_eq(c->def->in[1]->def->in[0], x);
}
END_TEST

START_TEST(shapes_of_parameters)
{
    const Func *all = func_by_name(pass_parse(arena, everything), "f");
    ck_assert_ptr_eq(ir_shape_of(all, all->body->args.at[4]), named(all->body, "sh")->def);
    ck_assert_ptr_null(ir_shape_of(all, all->body->args.at[0]));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("ir");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, table);
    tcase_add_test(t, types);
    tcase_add_test(t, what_partials_read);
    tcase_add_test(t, partials);
    tcase_add_test(t, a_partial_by_hand);
    tcase_add_test(t, companions);
    tcase_add_test(t, parameters);
    tcase_add_test(t, results_grow);
    tcase_add_test(t, ties);
    tcase_add_test(t, consumption);
    tcase_add_test(t, slots_are_roots_of_their_own);
    tcase_add_test(t, dimensions);
    tcase_add_test(t, loads_through_slices);
    tcase_add_test(t, constants);
    tcase_add_test(t, bases);
    tcase_add_test(t, folding);
    tcase_add_test(t, loops);
    tcase_add_test(t, a_clone_is_the_same);
    tcase_add_test(t, a_clone_reads_through_a_slice);
    tcase_add_test(t, recomputing);
    tcase_add_test(t, shapes_of_parameters);
    return run_tests("ir", t);
}
