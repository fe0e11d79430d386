// test_private.c — opt_private.c: which work arrays become a trip's own.
//
// In: the table `cases` of IR text. Each is run through the pass and compared with itself before in the interpreter; then the arrays that loops carry
// are counted.
#include "opt.h"

#include "passcheck.h"

#include <check.h>

typedef struct Case {
    const char *name, *text;
    int arrays;
} Case;

#define HEAD  "func @f(%n: int) -> (real) {\n  %m = iadd %n, 1\n  %w = new real[%m] zero\n"
#define LOOP  "  %w9, %s9, %T = loop %t = 0 to 3 step 1 (%w1 = %w, %s = 0.0) {\n"
#define WRITE "    %w4, %T1 = loop %i = 0 to %m step 1 (%w2 = %w1) {\n      %v = itor %i\n      %u = mul %v, %v\n      %w3 = store %w2[%i], %u\n      yield %w3 }\n"
#define READ  "    %s8, %T2 = loop %j = 0 to %m step 1 (%s2 = %s) {\n      %e = load %w4[%j]\n      %s3 = add %s2, %e\n      yield %s3 }\n"

static const Case cases[] = {
    {"the header's", HEAD LOOP WRITE READ "    yield %w4, %s8 }\n  yield %s9 }\n", 1},
    {"filled first",
     HEAD LOOP "    %w0 = fill %w1, 0.5\n    %w4 = store %w0[0], %s\n" READ "    yield %w4, %s8 }\n  yield %s9 }\n", 0},
    {"in a loop that ends by itself",
     HEAD "  %w9, %s9, %T = loop %t = 0 to 3 step 1 exit (%w1 = %w, %s = 0.0) {\n" WRITE READ
          "    %q = gt %s8, 1.0\n    yield %q, %w4, %s8 }\n  yield %s9 }\n",
     1},
    {"looked at before it is written",
     HEAD LOOP "    %v0 = load %w1[0]\n" WRITE READ "    %s7 = add %s8, %v0\n    yield %w4, %s7 }\n  yield %s9 }\n", 2},
    {"not all of it is written",
     HEAD LOOP "    %w4, %T1 = loop %i = 1 to %m step 1 (%w2 = %w1) {\n      %v = itor %i\n      %w3 = store %w2[%i], %v\n      yield %w3 }\n" READ
               "    yield %w4, %s8 }\n  yield %s9 }\n",
     2},
    {"looked at behind the loop",
     HEAD LOOP WRITE READ "    yield %w4, %s8 }\n  %l = load %w9[0]\n  %z = add %s9, %l\n  yield %z }\n", 2},
};

START_TEST(test_case)
{
    const Case *c = &cases[_i];
    Arena *a = arena_new();
    Module *m = pass_check(a, c->text, opt_private, NULL);
    const Func *f = func_by_name(m, "f");
    int left = pass_carried(f);
    Text t = text_in(a);
    ir_print(&t, m);
    ck_assert_msg(left == c->arrays, "%s: %d arrays carried, not %d\n%s", c->name, left, c->arrays, t.at);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("private");
    tcase_add_loop_test(t, test_case, 0, (int)(sizeof cases / sizeof *cases));
    return run_tests("private", t);
}
