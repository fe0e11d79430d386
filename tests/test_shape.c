// test_shape.c — symbolic sizes: what is equal, what is surely different, and how sizes read in messages.
#include "shape.h"

#include "suite.h"

#include <check.h>

static Arena *arena;
static Shapes *s;
static const Size *n, *m, *k;
static int key_n, key_m, key_k;

static void setup(void)
{
    arena = arena_new();
    s = shapes_new(arena);
    n = size_symbol(s, &key_n, 0, "n");
    m = size_symbol(s, &key_m, 0, "m");
    k = size_symbol(s, &key_k, 0, "k");
}

static void teardown(void)
{
    arena_free(arena);
}

static const Size *c(int64_t value)
{
    return size_const(s, value);
}

START_TEST(equal_sizes_are_one_pointer)
{
    ck_assert_ptr_eq(size_mul(s, n, m), size_mul(s, m, n));
    ck_assert_ptr_eq(size_symbol(s, &key_n, 0, "n"), n);
    ck_assert_ptr_eq(size_add(s, n, c(0)), n);
    ck_assert_ptr_eq(size_sub(s, size_add(s, n, m), m), n);
    ck_assert_ptr_eq(size_mul(s, n, c(0)), c(0));
    const Size *square = size_mul(s, size_add(s, n, m), size_add(s, n, m));
    const Size *expanded = size_add(s, size_mul(s, n, n), size_mul(s, m, m));
    expanded = size_add(s, expanded, size_mul(s, c(2), size_mul(s, n, m)));
    ck_assert_ptr_eq(square, expanded);
}
END_TEST

START_TEST(constants)
{
    int64_t value = -1;
    ck_assert(size_is_const(size_sub(s, c(7), c(4)), &value));
    ck_assert_int_eq(value, 3);
    ck_assert(size_is_const(c(0), &value));
    ck_assert_int_eq(value, 0);
    ck_assert(!size_is_const(n, NULL));
}
END_TEST

START_TEST(relations)
{
    ck_assert_int_eq(size_compare(s, n, n), SIZE_EQUAL);
    ck_assert_int_eq(size_compare(s, n, size_add(s, n, c(1))), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(s, n, m), SIZE_UNKNOWN);
    ck_assert_int_eq(size_compare(s, n, c(3)), SIZE_UNKNOWN);
    ck_assert(size_surely_le(s, n, n));
    ck_assert(size_surely_le(s, n, size_add(s, n, c(2))));
    ck_assert(!size_surely_le(s, size_add(s, n, c(2)), n));
    ck_assert(!size_surely_le(s, n, m));
}
END_TEST

START_TEST(versions_and_unknowns_differ)
{
    ck_assert_int_eq(size_compare(s, n, size_symbol(s, &key_n, 1, "n")), SIZE_UNKNOWN);
    ck_assert_int_eq(size_compare(s, size_unknown(s, "i[0]"), size_unknown(s, "i[0]")), SIZE_UNKNOWN);
}
END_TEST

START_TEST(opaque_operations_equal_themselves)
{
    ck_assert_ptr_eq(size_opaque(s, "/", n, c(2)), size_opaque(s, "/", n, c(2)));
    ck_assert_ptr_ne(size_opaque(s, "/", n, c(2)), size_opaque(s, "/", m, c(2)));
    ck_assert_ptr_ne(size_opaque(s, "/", n, c(2)), size_opaque(s, "%", n, c(2)));
}
END_TEST

static const Size *n_is_m_plus_1(void *context, const void *key, int version)
{
    ck_assert_int_eq(version, 0);
    (void)context;
    return key == &key_n ? size_add(s, m, c(1)) : NULL;
}

START_TEST(substitution)
{
    const Size *got = size_subst(s, size_add(s, size_mul(s, n, n), k), n_is_m_plus_1, NULL);
    const Size *m1 = size_add(s, m, c(1));
    ck_assert_ptr_eq(got, size_add(s, size_mul(s, m1, m1), k));
    ck_assert_ptr_eq(size_subst(s, size_opaque(s, "/", n, c(2)), n_is_m_plus_1, NULL), size_opaque(s, "/", m1, c(2)));
    ck_assert_ptr_eq(size_subst(s, c(3), n_is_m_plus_1, NULL), c(3));
}
END_TEST

START_TEST(text)
{
    ck_assert_str_eq(c(0)->text, "0");
    ck_assert_str_eq(c(-3)->text, "-3");
    ck_assert_str_eq(size_sub(s, size_add(s, size_mul(s, n, m), size_mul(s, c(2), k)), c(1))->text, "n*m + 2*k - 1");
    ck_assert_str_eq(size_opaque(s, "/", size_add(s, n, c(1)), c(2))->text, "(n + 1) / 2");
    ck_assert_str_eq(size_mul(s, c(3), size_opaque(s, "/", n, c(2)))->text, "3*(n / 2)");
    ck_assert_str_eq(size_opaque(s, "max", n, m)->text, "max(n, m)");
    ck_assert_str_eq(size_sub(s, c(0), n)->text, "-n");
}
END_TEST

START_TEST(what_grows_too_big_becomes_opaque)
{
    const Size *big = c(1 << 30), *power = n;
    ck_assert_int_eq(size_compare(s, size_mul(s, big, big), size_mul(s, big, big)), SIZE_EQUAL);
    for (int i = 0; i < 40; i++)
        power = size_mul(s, size_add(s, power, size_symbol(s, &power, i, "i")), size_add(s, n, c(i)));
    ck_assert_ptr_eq(size_sub(s, power, power), c(0));
    ck_assert(arena_bytes(arena) < 50000000);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("shape");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, equal_sizes_are_one_pointer);
    tcase_add_test(t, constants);
    tcase_add_test(t, relations);
    tcase_add_test(t, versions_and_unknowns_differ);
    tcase_add_test(t, opaque_operations_equal_themselves);
    tcase_add_test(t, substitution);
    tcase_add_test(t, text);
    tcase_add_test(t, what_grows_too_big_becomes_opaque);
    return run_tests("shape", t);
}
