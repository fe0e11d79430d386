// test_verify.c — one broken module for each rule of the IR; each gets the message that names the rule.
//
// Most are text: ir_parse builds what the verifier then refuses. What text cannot say (wrong back-links, ids,
// dominance) is broken by hand afterwards.
#include "suite.h"

#include <check.h>
#include <string.h>

#include "irtext.h"

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

static Module *parse(const char *text)
{
    char *error;
    Module *m = ir_parse(arena, "t.ir", text, &error);
    ck_assert_msg(m != NULL, "%s", error);
    return m;
}

static void expect(const Module *m, const char *message)
{
    char *error = ir_verify(arena, m);
    if (!message)
        ck_assert_msg(error == NULL, "%s", error);
    else
        ck_assert_msg(error && strstr(error, message), "wanted: %s\n   got: %s", message, error ? error : "(nothing)");
}

// ---- what is right ----

static const char *const good[] = {
    "func @f(%n: int, %x: real[1], %y: real[1] inout) -> (real[1], real) {\n"
    "  %x1 = shape %x, %n  %y1 = shape %y, %n\n"
    "  %y4, %s2, %T = loop %i = 0 to %n (%y2 = %y1, %s = 0.0) {\n"
    "    %v = load %x1[%i]  %s1 = add %s, %v  %y3 = store %y2[%i], %s1  yield %y3, %s1 }\n"
    "  yield %y4, %s2 }",

    "func @f(%n: int, %y: real[2] inout) -> (real[2]) {\n"
    "  %y1 = shape %y, %n, 3\n"
    "  %v = slice %y1[1]  %e = load %v[0]\n"
    "  %y2 = within %y1 (%r = [0], %q = [1, 0 : 2]) { %r2 = fill %r, %e  yield %r2, %q }\n"
    "  %w = slice %y2[1]  %c = copy %w  %c2 = store %c[0], 1.0\n"
    "  yield %y2 }",

    "func @f(%y: real[2] inout) -> (real[2]) {\n"
    "  %y1 = shape %y, 2, 3  %y2 = within %y1 (%r = at 1p [2, 2]) { yield %r }\n"
    "  yield %y2 }",

    "func @f(%y: real[1] inout, %b: buf int inout) -> (real[1], buf int) {\n"
    "  %y1 = shape %y, 3  %y2, %b3, %s = within %y1 (%r = [0 : 1], %b1 = %b) { %b2 = put %b1, 7  yield %r, %b2, 1.0 }\n"
    "  yield %y2, %b3 }",

    "func @f(%n: int, %b: buf real inout) -> (buf real, real) {\n"
    "  %b2, %t = loop %i = 0 to %n (%b1 = %b) { %v = itor %i  %b3 = put %b1, %v  yield %b3 }\n"
    "  %o = buf_new bit  %o2 = put %o, true  %z = freeze %o2  %l = len %z  %e = load %z[0p]\n"
    "  %a = new real[%l] zero  %a2 = acc %a[0p], 1.0  %s = load %a2[0]\n"
    "  yield %b2, %s }",

    "func @f(%n: int) -> (int) {\n"
    "  %k, %t = loop (%a = %n) while (%h) { %c = igt %h, 0  yield %c } do { %b = isub %a, 1  yield %b }\n"
    "  %q, %t2 = loop exit (%d = %k) { %e = iadd %d, 1  %x = igt %e, 9  yield %x, %e }\n"
    "  yield %q }",

    "struct lens = {f: real, at: real[2]} struct cam = {rot: real[3], lens: struct lens[2], id: int}"
    "func @f(%n: int, %c: struct cam[1] inout, %d: struct cam[0]) -> (struct cam[1]) {\n"
    "  %c1 = shape %c, %n  %d1 = shape %d  %v = load %d1.lens[1].at[%n]  %c2 = store %c1[%n].id, %n  %c3 = acc %c2[0].rot[1], %v\n"
    "  %c4 = within %c3 (%p = [0].lens, %q = [1].rot[0 : 2]) {\n"
    "    %p1 = within %p (%l = [%n]) { %l1 = fill %l, 0.0  %l2 = store %l1.f, %v  yield %l2 }  yield %p1, %q }\n"
    "  %c6 = within %c4 (%r = [2]) { %r1 = copy_to %r, %d1  %r2 = add_to %r1, %d1  yield %r2 }\n"
    "  %t = new struct cam[]  %s = slice %c6[%n].lens[1]  %o = copy %s\n"
    "  yield %c6 }",

    "func @g(%x: real[1], %y: real[1] out, %s: real inout) -> (real[1], real, int) {\n"
    "  %x1 = shape %x, 3  %y1 = shape %y, 3  %y2 = copy_to %y1, %x1  yield %y2, %s, 1 }\n"
    "func @f(%x: real[1]) -> (real) {\n"
    "  %x1 = shape %x, 3  %y = new real[3]  %y2, %s, %k = call @g(%x1, %y, 1.0)  %v = load %y2[0]  yield %v }",
};

START_TEST(accepted)
{
    expect(parse(good[_i]), NULL);
}
END_TEST

// ---- what is wrong ----

#define X "%x1 = shape %x, 3  "
#define F "func @f(%n: int, %c: bool, %r: real, %x: real[1] inout, %in: real[1]) -> (real[1]) { "

#define S                                                                                                              \
    "struct s = {v: real[2], k: int} struct t = {k: int} "                                                             \
    "func @f(%n: int, %r: real, %x: real[1] inout, %s: struct s[1]) -> (real[1]) { %x1 = shape %x, 3 %s1 = shape %s, 3 "

static const struct {
    const char *text, *message;
} broken[] = {
    // operands and results
    {F X "%a = add %r, %n yield %x1 }", "operand 1 has type int, must be real"},
    {F X "%a = add %r yield %x1 }", "takes 2 to 2 operands, has 1"},
    {F X "%a = load %x1[0, 0] yield %x1 }", "the array has rank 1, here are 2 indices"},
    {F X "%a = load %x1[%r] yield %x1 }", "operand 1 has type real, must be int"},
    {F X "%a = store %x1[0], %n yield %a }", "operand 2 has type int, must be real"},
    {F X "%a = new int[3] zero %b = acc %a[0], 1 yield %x1 }", "acc is of reals"},
    {F X "%a = new real[%r] yield %x1 }", "operand 0 has type real, must be int"},
    {F X "%a = new real[3p, 3p] yield %x1 }", "operand 0 has type pos, must be int"},
    {F X "%a = new int[3] %b = copy_to %x1, %a yield %b }", "operand 1 must be an array of real"},
    {F X "%a = new int[3] %b = new int[3] %d = add_to %a, %b yield %x1 }", "operand 0 must be an array of real"},
    {F X "%a = fill %x1, %n yield %a }", "operand 1 has type int, must be real"},
    {F X "%a = buf_new real %b = put %a, %n yield %x1 }", "operand 1 has type int, must be real"},
    {F X "%a = buf_new int %b = puts %a, %x1 yield %x1 }", "operand 1 must be an array of int"},
    {F X "%a = put %x1, %r yield %a }", "operand 0 must be a buffer"},
    {F X "%a = freeze %x1 yield %x1 }", "operand 0 must be a buffer"},
    {F X "%a = buf_new bit %b = freeze %a %d = copy %b yield %x1 }",
     "an array of bits can only be loaded from and measured"},
    {F X "%a = new real[3, 3] %b = len %a yield %x1 }", "operand 0 must be a tape, of rank 1"},
    {F X "%a = view_at %x1, %n, 3 yield %x1 }", "operand 1 has type int, must be pos"},
    {F X "%a = reshape %x1, %r yield %x1 }", "operand 1 has type real, must be int"},
    {F X "%a = slice %x1[%c] yield %x1 }", "operand 1 has type bool, must be int"},
    {F X "%g = gemm %x1, %in, %in, 1, 2, 3 yield %g }", "operand %in.4 is a raw parameter: only shape may take it"},
    {F X "%F, %P = lu %x1, 3 yield %x1 }", "operand 0 must be a matrix"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, %r yield %x1 }", "operand 1 has type real, must be int"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, 3 %b = fill %F, 0.0 yield %x1 }", "operand %F.11 is a factor: only lu_solve, lu_logdet and puts may take it"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, 3 %b = load %F[0, 0] yield %x1 }", "is a factor: only"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, 3 %b = lu_solve %x1, %a, %x1, 3, 1 yield %b }", "operand 2 must be an array of int"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, 3 %b = lu_solve %x1, %F, %P, 3 yield %b }", "takes 5 to 5 operands, has 4"},
    {F X "%a = new real[3, 3] %F, %P = lu %a, 3 %b = lu_solve %a, %F, %P, 3, 3 %d = load %a[0, 0] yield %x1 }", "was consumed before"},
    {F X "%a = new int[3, 3] %b = cholesky %a, 3 yield %x1 }", "operand 0 must be an array of real"},
    {F X "%a = new real[3, 3] %b = lower_solve %a, %a, 3, 3 yield %x1 }", "is read by the op that consumes it"},
    {F X "%b = lower %x1, 3 yield %b }", "operand 0 must be a matrix"},
    {F X "check assert \"m\", %n yield %x1 }", "operand 0 has type int, must be bool"},
    {F X "check rumour \"m\", %c yield %x1 }", "a check has a message and one of the kinds"},
    {F X "check assert \"m\", %c, %x1 yield %x1 }", "operand 1 must be a scalar"},
    {F X "%u = undef bit yield %x1 }", "has a type that does not exist"},
    {F X "%y = shape %x1, 3 yield %y }", "shape takes a raw array parameter"},
    {F "%y = shape %x, 3, 3 yield %y }", "the array has rank 1, here are 2 dimensions"},
    // structs
    {S "%a = load %s1[0, 0] yield %x1 }", "the array has rank 1, here are 2 indices"},
    {S "%a = copy %s1 %b = fill %a, 1.0 yield %x1 }", "structs are filled with 0.0"},
    {S "%a = copy %s1 %b = within %a (%p = at 0p [3]) { yield %p } yield %x1 }", "a path by position into structs"},
    {S "%a = copy %s1 %b = fill %a, %n yield %x1 }", "operand 1 has type int, must be real"},
    {S "%a = copy %s1 %b = acc %a[0].k, 1 yield %x1 }", "acc is of reals"},
    {S "%a = copy %s1 %b = store %a[0].k, %r yield %x1 }", "operand 3 has type real, must be int"},
    {S "%a = copy %s1 %b = store %a[0].v[1, 1], %r yield %x1 }", "field 'v' has rank 1, here are 2 indices"},
    {S "%a = load %s1[0].v yield %x1 }", "the array has rank 1, here are 2 indices"},
    {S "%a = load %s1[0].v[%r] yield %x1 }", "operand 3 has type real, must be int"},
    {S "%a = new struct t[3] %b = copy_to %a, %s1 yield %x1 }", "operands 0 and 1 are different structs"},
    {S "%a = new struct t[3] %b = new struct t[3] %d = add_to %a, %b yield %x1 }", "operand 0 must be an array of real"},
    {S "%a = copy %s1 %g = gemm %a, %s1, %s1, 1, 1, 1 yield %x1 }", "operand 0 must be an array of real"},
    {S "%b = buf_new real %z = puts %b, %s1 yield %x1 }", "operand 1 must be an array of real"},
    // regions
    {F X "if %n { } yield %x1 }", "operand 0 has type int, must be bool"},
    {F X "%a = if %c { yield %n } else { yield %r } yield %x1 }", "yield 0 has type real, must be int"},
    {F X "%a = if %c { yield %n } else { } yield %x1 }", "the region must yield 1 values, yields 0"},
    {F X "if %c (%a = %n) { yield %a } else (%b) { yield %b } yield %x1 }", "operand 1 must be an array or a buffer"},
    {F X "loop %i = 0 to %r { } yield %x1 }", "operand 1 has type real, must be int"},
    {F X "loop %i = 0 to %n step 0 { } yield %x1 }", "a step of 0"},
    {F X "%z = buf_new real %z2, %T = loop %i = 0 to %n step 1 checkpoint %n (%z1 = %z) { yield %z1 } yield %x1 }",
     "a state of a loop with checkpoints has no growable tape"},
    {F X "loop %i = 0 to %n step 1 checkpoint true { } yield %x1 }", "int"},
    {F X "loop %i = 0 to %n step 1 exit parallel { yield true } yield %x1 }", "a parallel loop has no exit"},
    {F X "loop threads { } yield %x1 }", "a loop whose trips are run by threads is counted and in order"},
    {F X "loop %i = 0 to %n step 1 reversed threads { } yield %x1 }", "a loop whose trips are run by threads is counted and in order"},
    {F X "%s, %T = loop %i = 0 to %n step 1 threads (%a = %r) { yield %a } yield %x1 }",
     "a loop whose trips are run by threads carries nothing but arrays"},
    {F X "loop reversed exit { yield true } yield %x1 }", "only a counted loop can be reversed"},
    {F X "loop %i = 0 to %n reversed exit { yield true } yield %x1 }", "a reversed loop has no exit"},
    {F X "loop %i = 0 to 3 exit { yield %i } yield %x1 }", "yield 0 has type int, must be bool"},
    {F X "loop %i = 0 to 3 (%a = %r) { } yield %x1 }", "the region must yield 1 values, yields 0"},
    {F X "loop %i = 0 to 3 (%a = %r) { yield %n } yield %x1 }", "yield 0 has type int, must be real"},
    {F X "loop %i = 0 to 3 while { yield %c } do { } yield %x1 }", "a counted loop has no head"},
    {F X "loop while { yield %n } do { } yield %x1 }", "yield 0 has type int, must be bool"},
    {F X "loop while { check assert \"m\", %c yield %c } do { } yield %x1 }", "the head is not pure"},
    {F X "%y, %t = loop (%a = %x1) while (%h) { %b = fill %h, 1.0 yield %c } do { yield %a } yield %y }",
     "the head is not pure: it consumes %h"},
    {F X "%y = within %x1 (%s = [0 : 1]) { } yield %y }", "the region must yield 1 values, yields 0"},
    {F X "%y = within %x1 (%s = at %n [3]) { yield %s } yield %y }", "operand 1 has type int, must be pos"},
    {F X "%b = buf_new int %y = within %x1 (%s = [0 : 1], %e = %b) { yield %s } yield %y }",
     "must have at least 2 results"},
    {F X "%b = buf_new int %y, %d = within %x1 (%s = [0 : 1], %e = %b) { %g = buf_new int yield %s, %g } yield %y }",
     "yield 1, %g.12, is not the last version"},
    {F X "%b = buf_new int %y, %d = within %x1 (%s = [0 : 1], %e = %b) { %g = put %b, 1 yield %s, %e } yield %y }",
     "was consumed before, by: %y"},
    // arrays are linear
    {F X "%a = fill %x1, 1.0 %b = fill %x1, 2.0 yield %b }", "operand %x1.6 was consumed before, by: %a"},
    {F X "%a = fill %x1, 1.0 %b = load %x1[0] yield %a }", "operand %x1.6 was consumed before, by: %a"},
    {F X "%v = slice %x1[0 : 2] %a = fill %x1, 1.0 %b = load %v[0] yield %a }",
     "was consumed before (what it is a view of), by: %a"},
    {F X "%v = slice %x1[0 : 2] %w = reshape %v, 2 %a = fill %x1, 1.0 %b = load %w[0] yield %a }",
     "(what it is a view of)"},
    {F X "%v = slice %x1[0 : 2] %a = fill %v, 1.0 yield %x1 }", "operand %v.9 is read-only and cannot be consumed"},
    {F X "%i1 = shape %in, 3 %a = fill %i1, 1.0 yield %x1 }", "operand %i1.8 is read-only and cannot be consumed"},
    {F X "%b = buf_new real %z = freeze %b %a = fill %z, 1.0 yield %x1 }", "is read-only and cannot be consumed"},
    {"array @w: real[1] = [1.0] " F X "%w = const_array @w %a = fill %w, 1.0 yield %x1 }",
     "is read-only and cannot be consumed"},
    {F X "if %c { %a = fill %x1, 1.0 } yield %x1 }", "operand %x1.6 is consumed in a region that does not define it"},
    {F X "%y = if %c (%a = %x1) { %v = load %x1[0] yield %a } else (%b) { yield %b } yield %y }",
     "was consumed before, by: %y"},
    {F X "%y = if %c (%a = %x1) { yield %a } else (%b) { %d = new real[3] yield %d } yield %y }",
     "is not the last version of the array or buffer that the region was handed"},
    {F X "%y = if %c (%a = %x1) { %d = fill %a, 1.0 yield %a } else (%b) { yield %b } yield %y }",
     "was consumed before"},
    {F X "%y, %t = loop (%a = %x1) { %d = new real[3] yield %d } yield %y }", "is not the last version"},
    {F X "%d = new real[3] %y, %z, %t = loop (%a = %x1, %b = %d) { yield %b, %a } yield %y }",
     "is not the last version"},
    {F X "%y = within %x1 (%s = [0 : 1]) { %d = new real[1] yield %d } yield %y }", "is not the last version"},
    {F X "%y = within %x1 (%s = [0 : 1]) { %v = load %x1[0] yield %s } yield %y }", "was consumed before"},
    {F X "%a = copy_to %x1, %x1 yield %a }", "is read by the op that consumes it or what it is a view of"},
    {F X "%v = reshape %x1, 3 %a = copy_to %x1, %v yield %a }",
     "is read by the op that consumes it or what it is a view of"},
    {F X "%y, %z = if %c (%a = %x1, %b = %x1) { yield %a, %b } else (%d, %e) { yield %d, %e } yield %y }",
     "operand %x1.6 is consumed twice"},
    {F X "%y = if %c { yield %x1 } else { yield %x1 } yield %x1 }", "is yielded by a region that does not define it"},
    {F "yield %x }", "the result for parameter x, %x.3, is not in the parameter's own buffer"},
    {F "%n1 = new real[3] yield %n1 }", "is not in the parameter's own buffer"},
    {"func @f(%x: real[1] inout, %y: real[1] inout) -> (real[1], real[1]) { " X "%y1 = shape %y, 3 yield %y1, %x1 }",
     "the result for parameter x, %y1.5, is not in the parameter's own buffer"},
    {"func @f(%x: real[1] inout, %y: real[1] inout) -> (real[1], real[1]) { " X "yield %x1, %x1 }", "is yielded twice"},
    {"func @f(%b: buf real inout) -> (buf real) { %a = buf_new real yield %a }",
     "is not in the parameter's own buffer"},
    {"func @f(%b: buf real inout) -> (buf real) { %z = freeze %b yield %b }", "was consumed before, by: %z"},
    // calls
    {"func @g(%y: real[1] inout) -> (real[1]) { %y1 = shape %y, 3 yield %y1 }" F X
     "%v = reshape %x1, 3 %a = call @g(%v) yield %x1 }",
     "is read-only and cannot be consumed"},
    {"func @g(%z: real[1], %y: real[1] inout) -> (real[1]) { %y1 = shape %y, 3 yield %y1 }" F X
     "%a = call @g(%x1, %x1) yield %a }",
     "is read by the op that consumes it"},
    // results of functions
    {F X "yield %x1, %n }", "the body yields 2 values, the parameters say 1"},
    {F "}", "the body yields 0 values, the parameters say 1"},
    {"func @f() -> (real) { yield 1 }", "the value returned has type int, must be real"},
    {"func @f(%s: int out) -> (int) { yield 1.0 }", "the result for parameter s has type real, must be int"},
    // extern functions
    {"extern func @f(%x: real) -> (real) { yield %x }", "an extern function yields nothing"},
    {"extern func @f(%x: real[1]) { %x1 = shape %x, 3 %v = load %x1[0] }", "an extern function has nothing but shapes"},
    {"extern func @f(%n: int, %x: real[1]) { %x1 = shape %x, %n, 3 }", "shape"},
    // equations
    {"func @f(%y: real) -> (real) solves @f for 3 tangent @f adjoint @f { yield %y }", "the unknown 3 is no parameter"},
    {"func @f(%y: real, %k: int) -> (real) solves @f for 1 tangent @f adjoint @f { yield %y }",
     "an equation has one unknown and one result, of one real type"},
    {"func @F(%y: real) -> (real) { yield %y } func @f(%y: real, %k: int) -> (real) solves @F for 0 tangent @F adjoint @F { yield %y }",
     "the residual has other parameters or another result"},
    {"func @F(%y: real, %k: int) -> (real) { yield %y } func @f(%y: real, %k: int) -> (real) solves @F for 0 tangent @F adjoint @F { yield %y }",
     "the tangent and adjoint take what the residual takes, and one more"},
};

// ---- records: the halves have to fit each other ----

#define HALVES(tapes, more)                                                                                            \
    "func @g(%x: real) -> (real) { yield %x }"                                                                         \
    "func @f(%x: real" tapes "yield %t, %x }"                                                                          \
    "func @r(%result_bar: real bar of -1, %x_bar: real inout bar of 0" more
#define FORWARD ", %t: buf real inout tape) -> (buf real, real) = forward @g wrt 0 pair @r tape \"tape\" {"
#define REVERSE ", %t: real[1] tape) -> (real) = reverse @g wrt 0 pair @f tape \"tape\" { yield %x_bar }"

static const struct {
    const char *text, *message;
} records[] = {
    {HALVES(FORWARD, REVERSE), NULL},
    {HALVES(FORWARD, ", %t: int[1] tape) -> (real) = reverse @g wrt 0 pair @f tape \"tape\" { yield %x_bar }"),
     "@f and @r have different tapes"},
    {HALVES(FORWARD, ") -> (real) = reverse @g wrt 0 pair @f tape \"tape\" { yield %x_bar }"), "@f and @r have different tapes"},
    {HALVES(FORWARD, ", %t: real[1] tape) -> (real) = reverse @g wrt 0 pair @r tape \"tape\" { yield %x_bar }"),
     "@f and @r are not the two halves of a record"},
    {HALVES(FORWARD, ", %t: real[1] tape) -> (real) = reverse @f wrt 0 pair @f tape \"tape\" { yield %x_bar }"),
     "@f and @r are not the two halves of a record"},
    {HALVES(FORWARD, ", %t: real[1] tape) -> (real) = reverse @g wrt 0 pair @f { yield %x_bar }"),
     "the halves of a record have a pair and a tape"},
    {HALVES(", %t: buf real inout tape) -> (buf real, real) {", ") -> (real) { yield %x_bar }"), "is no tape of a half"},
    {HALVES(", %t: buf real inout) -> (buf real, real) = vjp @g wrt 0 pair @r {", REVERSE),
     "the halves of a record have a pair and a tape, and no other function has"},
    {HALVES(", %t: buf real inout tape, %u: buf real inout tape) -> (buf real, buf real, real) "
            "= forward @g wrt 0 pair @r tape \"tape\" {", REVERSE),
     "a second tape of its type"},
    {HALVES(FORWARD, ", %t: real[1] inout tape) -> (real, real[1]) = reverse @g wrt 0 pair @f tape \"tape\" { }"),
     "is no tape of a half of a record"},
};

START_TEST(record_halves)
{
    expect(parse(records[_i].text), records[_i].message);
}
END_TEST

START_TEST(refused)
{
    Module *m = parse(broken[_i].text);
    expect(m, broken[_i].message);
    ck_assert_ptr_nonnull(strstr(ir_verify(arena, m), "@f: "));
}
END_TEST

// ---- what text cannot say ----

static const char *const sample =
    "func @f(%c: bool, %x: real) -> (real) { %a = neg %x  %b = neg %a  "
    "%s = if %c { %d = neg %b  yield %d } else { yield %b }  yield %s }";

static Func *sample_func(Module **m)
{
    *m = parse(sample);
    expect(*m, NULL);
    return (*m)->funcs.at[0];
}

START_TEST(dominance)
{
    Module *m;
    Func *f = sample_func(&m);
    Op **ops = f->body->ops.at;
    ops[0]->in[0] = ops[1]->out[0];
    expect(m, "%a.2 = neg %b.3: operand %b.3 is used before it is defined");
    f = sample_func(&m);
    f->body->yields.at[0] = f->body->ops.at[2]->regions[0]->ops.at[0]->out[0];
    expect(m, "is used outside the region that defines it");
}
END_TEST

START_TEST(ids)
{
    Module *m;
    Func *f = sample_func(&m);
    f->body->ops.at[1]->out[0]->id = f->body->ops.at[0]->out[0]->id;
    expect(m, "is defined twice, or shares its id with %a.2");
    f = sample_func(&m);
    f->n_values = 3;
    expect(m, "has an id outside 0 .. n_values - 1 = 2");
    f = sample_func(&m);
    f->body->args.at[0]->id = -1;
    expect(m, "has an id outside");
}
END_TEST

// A field's number has to be a constant, of a field that there is.
START_TEST(fields)
{
    static const char text[] = "struct s = {v: real, k: int} func @f(%n: int, %s: struct s[0] inout) -> (struct s[0]) { "
                               "%s1 = shape %s %a = load %s1.v yield %s1 }";
    Module *m = parse(text);
    const Region *r = m->funcs.at[0]->body;
    expect(m, NULL);
    r->ops.at[2]->in[1] = r->args.at[0];
    expect(m, "operand 1 must be the number of a field of struct s, a constant");
    m = parse(text);
    m->funcs.at[0]->body->ops.at[1]->i = 2;
    expect(m, "operand 1 must be the number of a field of struct s, a constant");
    m = parse(text);
    m->funcs.at[0]->body->ops.at[1]->i = 1;
    expect(m, "result 0 has type real, must be int");
    m = parse(text);
    m->funcs.at[0]->body->ops.at[0]->out[0]->type.st = NULL;
    expect(m, "has a type that does not exist");
}
END_TEST

START_TEST(links)
{
    Module *m;
    Func *f = sample_func(&m);
    f->body->ops.at[0]->out[0]->def = f->body->ops.at[1];
    expect(m, "%a.2 has a wrong def, region or index");
    f = sample_func(&m);
    f->body->args.at[1]->index = 0;
    expect(m, "%x.1 has a wrong def, region or index");
    f = sample_func(&m);
    f->body->ops.at[0]->parent = f->body->ops.at[2]->regions[0];
    expect(m, "the op has a wrong parent");
    f = sample_func(&m);
    f->body->ops.at[2]->regions[1]->owner = f->body->ops.at[1];
    expect(m, "region 1 is missing or has a wrong owner or function");
    f = sample_func(&m);
    f->body->ops.at[2]->regions[1] = NULL;
    expect(m, "region 1 is missing");
}
END_TEST

START_TEST(roots_and_operands)
{
    Module *m;
    Func *f = sample_func(&m);
    f->body->ops.at[0]->out[0]->root = f->body->args.at[0];
    expect(m, "%a.2 has a wrong root");
    f = sample_func(&m);
    f->body->ops.at[0]->in[0] = NULL;
    expect(m, "an operand is missing");
    f = sample_func(&m);
    f->body->ops.at[0]->n_out = 0;
    expect(m, "must have 1 results, has 0");
    f = sample_func(&m);
    f->body->ops.at[0]->out[0]->type = T_INT;
    expect(m, "result 0 has type int, must be real");
    f = sample_func(&m);
    f->body->ops.at[0]->out[0]->type = (Type){.kind = K_SCALAR, .elem = 77, .rank = 3};
    expect(m, "has a type that does not exist");
}
END_TEST

START_TEST(params)
{
    Module *m;
    Func *f = sample_func(&m);
    f->params.at[1].arg = 0;
    expect(m, "parameter x: its argument is not the next one");
    f = sample_func(&m);
    f->params.at[1].result = 0;
    expect(m, "parameter x: its result is not the next one");
    f = sample_func(&m);
    f->ret = 5;
    expect(m, "the value returned is not the last result");
    f = sample_func(&m);
    f->body->args.n = 1;
    expect(m, "the body has 1 arguments, the parameters say 2");
    f = sample_func(&m);
    f->transform = TR_JVP;
    expect(m, "a derived function without base or wrt");
    f = sample_func(&m);
    vec_push(arena, &m->funcs, f);
    expect(m, "two functions have this name");
}
END_TEST

START_TEST(linear_time)
{
    size_t bytes[2];
    for (int k = 0; k < 2; k++) {
        Text t = text_in(arena);
        text_put(&t, "func @f(%x: real[1] inout) -> (real[1]) { %x0 = shape %x, 3 ");
        int n = 1000 << (3 * k);
        for (int i = 0; i < n; i++)
            text_printf(&t, "%%x%d = store %%x%d[0], 1.0 ", i + 1, i);
        text_printf(&t, "yield %%x%d }", n);
        Module *m = parse(t.at);
        Arena *a = arena_new();
        ck_assert_ptr_null(ir_verify(a, m));
        bytes[k] = arena_bytes(a);
        arena_free(a);
    }
    ck_assert(bytes[1] < 9 * bytes[0]);
}
END_TEST

int main(void)
{
    enum { N_GOOD = sizeof good / sizeof *good, N_BROKEN = sizeof broken / sizeof *broken };
    Suite *s = suite_create("verify");
    TCase *t = tcase_create("verify");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, accepted, 0, N_GOOD);
    tcase_add_loop_test(t, refused, 0, N_BROKEN);
    tcase_add_loop_test(t, record_halves, 0, (int)(sizeof records / sizeof *records));
    tcase_add_test(t, dominance);
    tcase_add_test(t, ids);
    tcase_add_test(t, fields);
    tcase_add_test(t, links);
    tcase_add_test(t, roots_and_operands);
    tcase_add_test(t, params);
    tcase_add_test(t, linear_time);
    suite_add_tcase(s, t);
    return run_suite(s);
}
