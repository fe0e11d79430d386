// test_structs.c — opt_structs.c: which local structs are taken apart.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the arrays that
// are left are counted, and the accesses to memory.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int arrays, accesses; // new and copy; load, store and acc
} Case;

#define CAM "struct lens = {f: real, id: int}\nstruct cam = {rot: real[3], focal: real, lens: struct lens[2], on: bool}\n"
#define G "func @f(%n: int, %b: bool, %x: real, %c: struct cam[0] inout) -> (struct cam[0], real) {\n  %c1 = shape %c\n"

static const Case cases[] = {
    {"through a branch",
     CAM G "  %s = new struct cam[] zero\n  %s4 = if %b (%s1 = %s) {\n    %s2 = store %s1.focal, %x\n    yield %s2 } else (%s3) {\n"
         "    yield %s3 }\n  %v = load %s4.focal\n  %k = load %s4.lens[0].id\n  %w = itor %k\n  %t = sub %v, %w\n  yield %c1, %t }\n", 3, 1},
    {"read in a branch, beside another struct",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.focal, %x\n  %c3, %v = if %b (%c2 = %c1) {\n    %u = load %s1.focal\n"
         "    %c4 = store %c2.focal, %u\n    yield %c4, %u } else (%c5) {\n    yield %c5, 1.5 }\n  yield %c3, %v }\n", 3, 1},
    {"carried by a loop, whose head reads it",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.focal, %x\n  %s6, %q, %T = loop (%s2 = %s1, %k = 0) while (%h, %j) {\n"
         "    %g = load %h.focal\n    %e = lt %g, 9.0\n    %d = ilt %j, %n\n    %o = and %e, %d\n    yield %o } do {\n    %v = load %s2.focal\n"
         "    %w = add %v, 1.25\n    %s3 = store %s2.focal, %w\n    %s4 = store %s3.rot[%k], %v\n    %l = iadd %k, 1\n    %m = imod %l, 3\n"
         "    yield %s4, %m }\n  %r = load %s6.focal\n  %t = load %s6.rot[1]\n  %u = add %r, %t\n  yield %c1, %u }\n", 3, 2},
    {"in a counted loop with an exit",
     CAM G "  %s = new struct cam[] zero\n  %s5, %T = loop %i = 0 to %n step 1 exit (%s2 = %s) {\n    %k = load %s2.lens[1].id\n"
         "    %l = iadd %k, 2\n    %s3 = store %s2.lens[1].id, %l\n    %s4 = store %s3.focal, %x\n    %e = igt %i, 3\n    yield %e, %s4 }\n"
         "  %r = load %s5.focal\n  yield %c1, %r }\n", 3, 2},
    {"handed into a within",
     CAM G "  %s = new struct cam[] zero\n  %c3, %s4, %u = within %c1 (%r = .rot, %s1 = %s) {\n    %r1 = store %r[1], %x\n"
         "    %s2 = store %s1.focal, 2.5\n    %s3 = store %s2.rot[0], %x\n    %v = load %s3.focal\n    yield %r1, %s3, %v }\n"
         "  %w = load %s4.focal\n  %t = mul %w, %u\n  yield %c3, %t }\n", 3, 2},
    {"copies, one of the other",
     "struct cam = {focal: real, on: bool}\n" G "  %s = new struct cam[] zero\n  %s1 = store %s.focal, %x\n  %d = copy %s1\n  %d1 = store %d.on, true\n  %s2 = copy_to %s1, %d1\n"
         "  %s3 = add_to %s2, %d1\n  %v = load %s3.focal\n  %e = load %s3.on\n  %t = sel %e, %v, 0.5\n  yield %c1, %t }\n", 0, 0},
    {"fields, also of structs in it",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.focal, %x\n  %s2 = store %s1.lens[1].f, 2.0\n  %s3 = store %s2.lens[1].id, %n\n"
         "  %v = load %s3.focal\n  %w = load %s3.lens[1].f\n  %k = load %s3.lens[1].id\n  %r = itor %k\n  %t = fma %v, %w, %r\n"
         "  yield %c1, %t }\n", 3, 4},
    {"an index that is no constant",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.focal, %x\n  %i = imod %n, 3\n  %s2 = store %s1.rot[%i], 2.5\n"
         "  %v = load %s2.focal\n  %w = load %s2.rot[0]\n  %t = mul %v, %w\n  yield %c1, %t }\n", 3, 2},
    {"a member is looked at and written as an array",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.rot[1], %x\n  %r = slice %s1.rot\n  %v = load %r[1]\n"
         "  %s2 = within %s1 (%p = .rot[0 : 2]) {\n    %p1 = fill %p, 4.0\n    yield %p1 }\n  %w = load %s2.rot[1]\n  %s3 = store %s2.focal, %w\n"
         "  %u = load %s3.focal\n  %t = mul %u, %v\n  yield %c1, %t }\n", 3, 3},
    {"copied from memory, changed, copied to it",
     "struct cam = {focal: real, id: int, rot: real[2]}\n" G
     "  %s = copy %c1\n  %v = load %s.focal\n  %w = add %v, %x\n  %s1 = store %s.focal, %w\n  %c2 = copy_to %c1, %s1\n  yield %c2, %v }\n",
     1, 4},
    {"a large one stays then",
     CAM G "  %s = copy %c1\n  %v = load %s.focal\n  %w = add %v, %x\n  %s1 = store %s.focal, %w\n  %c2 = copy_to %c1, %s1\n  yield %c2, %v }\n",
     1, 2},
    {"added to memory: only reals",
     "struct cam = {focal: real, id: int, rot: real[2]}\n" G
     "  %s = new struct cam[] zero\n  %s1 = store %s.rot[1], %x\n  %s2 = store %s1.id, 3\n  %c2 = add_to %c1, %s2\n"
     "  %v = load %c2.rot[1]\n  yield %c2, %v }\n", 1, 3},
    {"structs in an array in it are no array of each member's in memory",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.lens[0].f, %x\n  %c2 = copy_to %c1, %s1\n  yield %c2, %x }\n", 1, 1},
    {"written over in a loop, whole and by fields",
     CAM G "  %s = new struct cam[] zero\n  %s5, %T = loop %i = 0 to %n step 1 (%s1 = %s) {\n    %v = load %s1.focal\n    %s2 = fill %s1, 0.0\n"
         "    %w = add %v, 1.0\n    %s3 = store %s2.focal, %w\n    %s4 = store %s3.on, %b\n    yield %s4 }\n  %r = load %s5.focal\n"
         "  %e = load %s5.on\n  %t = sel %e, %r, 0.25\n  yield %c1, %t }\n", 3, 0},
    {"nothing but copied", CAM G "  %s = copy %c1\n  %c2 = fill %c1, 0.0\n  %c3 = copy_to %c2, %s\n  yield %c3, %x }\n", 1, 0},
    {"a whole struct in it is looked at",
     CAM G "  %s = new struct cam[] zero\n  %s1 = store %s.lens[1].f, %x\n  %l = slice %s1.lens[1]\n  %d = copy %l\n  %v = load %d.f\n"
         "  yield %c1, %v }\n", 1, 3},
    {"handed to a call",
     CAM "func @g(%c: struct cam[0] inout) -> (struct cam[0]) noinline {\n  %c1 = shape %c\n  %c2 = store %c1.focal, 2.0\n  yield %c2 }\n" G
     "  %s = new struct cam[] zero\n  %s1 = call @g(%s)\n  %v = load %s1.focal\n  yield %c1, %v }\n", 1, 1},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_structs, NULL);
    const Func *f = func_by_name(m, "f");
    int arrays = pass_count(f, OP_new) + pass_count(f, OP_copy);
    int accesses = pass_count(f, OP_load) + pass_count(f, OP_store) + pass_count(f, OP_acc);
    Text t = text_in(a);
    ir_print_func(&t, f);
    ck_assert_msg(arrays == c->arrays && accesses == c->accesses, "%s: %d arrays, not %d; %d accesses, not %d\n%s", c->name, arrays,
                  c->arrays, accesses, c->accesses, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("structs");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("structs", t);
}
