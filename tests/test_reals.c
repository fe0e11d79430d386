// test_reals.c — structs as their reals: how many, in which fields, and that index and nest lead to the same ones in both forms.
#include "reals.h"

#include "interp.h"
#include "irtext.h"

#include "suite.h"

#include <check.h>

static const char CAM[] = "struct lens = {id: int, k: real[2]} struct cam = {rot: real[3], on: bool, lens: struct lens[2], R: real[2][2], f: real}\n"
                          "func @f(%n: int, %c: struct cam[1], %r: real[2] inout) -> (real[2]) {}";

static Module *parse(Arena *a)
{
    char *error;
    Module *m = ir_parse(a, "t.ir", CAM, &error);
    ck_assert_msg(m != NULL, "%s", error);
    return m;
}

START_TEST(counts)
{
    Arena *a = arena_new();
    Module *m = parse(a);
    const StructInfo *cam = struct_by_name(m, "cam"), *lens = struct_by_name(m, "lens");
    ck_assert_int_eq(struct_reals(lens), 2);
    ck_assert_int_eq(struct_reals(cam), 12);
    ck_assert_int_eq(type_reals(m->funcs.at[0]->params.at[1].type), 12);
    ck_assert_int_eq(type_reals(type_array(E_REAL, 2)), 1);
    ck_assert_int_eq(type_reals(T_INT), 0);
    const int *fields;
    const char *const names[] = {"rot", "k", "R", "f"};
    ck_assert_int_eq(real_fields(a, m->funcs.at[0]->params.at[1].type, &fields), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_str_eq(cam->fields.at[fields[i]].name, names[i]);
    ck_assert_int_eq(real_fields(a, type_array(E_REAL, 2), &fields), 1);
    ck_assert_int_eq(fields[0], -1);
    arena_free(a);
}
END_TEST

// Where .. of cam begins among its reals, with constant indices.
START_TEST(positions)
{
    static const struct {
        const char *field, *outer;
        int n, idx[2], at;
    } cases[] = {
        {"rot", NULL, 1, {2}, 2},   {"rot", NULL, 0, {0}, 0},    {"lens", NULL, 0, {0}, 3},   {"lens", NULL, 1, {1}, 5},
        {"k", "lens", 2, {0, 1}, 4}, {"k", "lens", 2, {1, 1}, 6}, {"k", "lens", 1, {1}, 5},    {"R", NULL, 2, {1, 0}, 9},
        {"R", NULL, 1, {1}, 9},     {"f", NULL, 0, {0}, 11},     {"id", "lens", 1, {1}, 5},
    };
    Arena *a = arena_new();
    Module *m = parse(a);
    const StructInfo *cam = struct_by_name(m, "cam");
    Func *f = m->funcs.at[0];
    Builder b = builder_at(f, f->body, true);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int field = struct_field(cam, cases[i].outer ? struct_field(cam, -1, cases[i].outer) : -1, cases[i].field);
        Value *idx[8] = {b_int(&b, 7), b_int(&b, field), b_int(&b, cases[i].idx[0]), b_int(&b, cases[i].idx[1])};
        ck_assert_int_eq(real_index(&b, f->params.at[1].type, 2 + cases[i].n, idx), 2);
        int64_t at;
        ck_assert(ir_is_int_const(idx[1], &at));
        ck_assert_msg(at == cases[i].at, "case %zu: %d", i, (int)at);
    }
    Value *idx[1] = {b_int(&b, 7)};
    ck_assert_int_eq(real_index(&b, f->params.at[1].type, 1, idx), 1);
    arena_free(a);
}
END_TEST

// r[i, ..] = c[i]'s reals, field by field; then they are 0, 1, 2, .. if c's are.
START_TEST(nests)
{
    Arena *a = arena_new();
    Module *m = parse(a);
    Func *f = m->funcs.at[0];
    Builder b = builder_at(f, f->body, true);
    Value *n = f->body->args.at[0], *c = b_shape(&b, f->body->args.at[1], 1, &n);
    Value *r = b_shape(&b, f->body->args.at[2], 2, (Value *[]){n, b_int(&b, 12)});
    const int *fields;
    int n_fields = real_fields(a, c->type, &fields);
    for (int k = 0; k < n_fields; k++) {
        RealNest nest = real_nest_open(&b, c->type, &n, fields[k], 0, NULL, NULL, r);
        Value *v = b_load(&nest.nest.at, c, nest.n, nest.at);
        r = nest_close(&nest.nest, b_store(&nest.nest.at, nest.nest.array, nest.m, nest.real, v));
    }
    ir_yield(&b, 1, &r);
    const char *error = ir_verify(a, m);
    ck_assert_msg(!error, "%s", error ? error : "");
    for (int size = 0; size < 3; size++) {
        Interp *in = interp_new(a);
        int scalars = struct_scalars(struct_by_name(m, "cam")), next = 0;
        double x[2 * 15];
        for (int k = 0; k < size * scalars; k++) {              // of each rot, on, id, k, id, k, R, f
            bool real = k % scalars != 3 && k % scalars != 4 && k % scalars != 7;
            x[k] = real ? next++ : 0;
        }
        IVal cams = iv_structs(in, struct_by_name(m, "cam"), size, x), reals = iv_reals(in, 12 * size, NULL), out[1];
        IVal args[] = {iv_int(size), cams, reals};
        ck_assert_msg(interp_call(in, f, args, out), "%s", in->error);
        for (int i = 0; i < 12 * size; i++)
            ck_assert(iv_at(out[0], i) == i);
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("reals");
    tcase_add_test(t, counts);
    tcase_add_test(t, positions);
    tcase_add_test(t, nests);
    return run_tests("reals", t);
}
