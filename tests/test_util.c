// test_util.c — util.c: arenas, vectors, text, interned strings, the pointer map, decimals that read back exactly.
//
// In: nothing but the functions of util.h. The idea: each grows past several of its own sizes, and keeps what it had.
#include "util.h"

#include "suite.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Arena *arena;

static void setup(void)
{
    arena = arena_new();
}

static void teardown(void)
{
    arena_free(arena);
}

// ---- arenas ----

static bool filled_with(const unsigned char *at, size_t n, unsigned char byte)
{
    size_t i = 0;
    while (i < n && at[i] == byte)
        i++;
    return i == n;
}

START_TEST(arena_gives_zeroed_aligned_memory)
{
    static const size_t sizes[] = {0, 1, 3, 16, 17, 4000, 4096, 5000, 1 << 20, (1 << 20) + 1, 3, 1};
    enum { N = sizeof sizes / sizeof *sizes };
    unsigned char *at[N];
    size_t total = 0;
    for (size_t i = 0; i < N; i++) {
        at[i] = arena_alloc(arena, sizes[i]);
        ck_assert_ptr_nonnull(at[i]);
        ck_assert_uint_eq((uintptr_t)at[i] % _Alignof(max_align_t), 0);
        ck_assert_msg(filled_with(at[i], sizes[i], 0), "%zu bytes are not all zero", sizes[i]);
        memset(at[i], (int)i + 1, sizes[i]);
        total += sizes[i];
    }
    for (size_t i = 0; i < N; i++) // nobody wrote into another's
        ck_assert_msg(filled_with(at[i], sizes[i], (unsigned char)(i + 1)), "block %zu", i);
    ck_assert_uint_ge(arena_bytes(arena), total);
    ck_assert_uint_le(arena_bytes(arena), total + N * 2 * sizeof(max_align_t));
}
END_TEST

START_TEST(arena_strings)
{
    ck_assert_str_eq(arena_strdup(arena, "abc"), "abc");
    ck_assert_str_eq(arena_strdup(arena, ""), "");
    ck_assert_str_eq(arena_strndup(arena, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_printf(arena, "%d values of %s", 3, "x"), "3 values of x");
    ck_assert_str_eq(arena_printf(arena, "%s", ""), "");
    int from[] = {1, 2, 3}, *copy = arena_copy(arena, from, sizeof from);
    from[1] = 7;
    ck_assert_int_eq(copy[1], 2);
    ck_assert_ptr_nonnull(arena_copy(arena, from, 0));
    arena_free(NULL);
}
END_TEST

START_TEST(arena_too_much) // ends the program: exit status 3
{
    arena_alloc(arena, SIZE_MAX - 4);
}
END_TEST

// ---- vectors ----

START_TEST(vectors)
{
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++) {
        vec_push(arena, &v, i * i);
        ck_assert_int_eq(v.n, i + 1);
        ck_assert_int_ge(v.cap, v.n);
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(v.at[i], i * i);
    VEC(int) copy = {0};
    for (int i = 0; i < v.n; i++)
        vec_push(arena, &copy, v.at[i]);
    copy.at[3] = -1;
    ck_assert_int_eq(v.at[3], 9);
    ck_assert_uint_le(arena_bytes(arena), 2 * 3 * 1024 * sizeof(int)); // storage doubles: linear in all
}
END_TEST

// ---- text ----

START_TEST(text_grows)
{
    Text t = text_in(arena);
    ck_assert_str_eq(t.at, "");
    text_put(&t, "a");
    text_putn(&t, "bcd", 2);
    text_putn(&t, "", 0);
    text_printf(&t, "%s%d", "", 12);
    text_printf(&t, "%s", "");
    ck_assert_str_eq(t.at, "abc12");
    ck_assert_uint_eq(t.n, 5);
    for (int i = 0; i < 5000; i++)
        text_printf(&t, "%04d,", i);
    ck_assert_uint_eq(t.n, 5 + 5 * 5000);
    ck_assert_uint_eq(strlen(t.at), t.n);
    ck_assert(memcmp(t.at + 5 + 5 * 4321, "4321,", 5) == 0);
}
END_TEST

START_TEST(text_takes_long_pieces) // each longer than what was there, twice over
{
    Text t = text_in(arena);
    size_t want = 0;
    for (size_t n = 1; n < 100000; n *= 3) {
        char *piece = arena_alloc(arena, n + 1);
        memset(piece, 'x', n);
        text_printf(&t, "%s", piece);
        want += n;
        ck_assert_uint_eq(t.n, want);
        ck_assert_uint_eq(strspn(t.at, "x"), want);
    }
}
END_TEST

// ---- interned strings ----

START_TEST(equal_text_is_one_pointer)
{
    enum { N = 5000 }; // the table grows several times
    Interner *in = interner_new(arena);
    const char *at[N];
    for (int i = 0; i < N; i++)
        at[i] = intern_z(in, arena_printf(arena, "name_%d", i));
    for (int i = 0; i < N; i++) {
        const char *again = arena_printf(arena, "name_%d;", i);
        ck_assert_ptr_eq(intern(in, again, strlen(again) - 1), at[i]);
        ck_assert_str_eq(at[i], arena_printf(arena, "name_%d", i));
        ck_assert_ptr_ne(at[i], at[(i + 1) % N]);
    }
    ck_assert_ptr_ne(intern_z(in, ""), intern_z(in, "a"));
    ck_assert_ptr_eq(intern_z(in, ""), intern(in, "abc", 0));
    ck_assert_ptr_ne(intern(in, "a\0b", 3), intern(in, "a\0c", 3)); // it is bytes, not C strings
    ck_assert_ptr_ne(intern(in, "a\0b", 3), intern_z(in, "a"));
}
END_TEST

START_TEST(interned_text_is_a_copy)
{
    Interner *in = interner_new(arena);
    char name[] = "abc";
    const char *at = intern_z(in, name);
    name[0] = 'x';
    ck_assert_str_eq(at, "abc");
    ck_assert_ptr_ne(intern_z(in, name), at);
}
END_TEST

// ---- the map ----

START_TEST(map_from_pointers)
{
    enum { N = 3000 };
    Map *m = map_new(arena);
    int *keys = NEW_N(arena, int, N), *values = NEW_N(arena, int, N);
    ck_assert_ptr_null(map_get(m, &keys[0]));
    for (int i = 0; i < N; i++)
        map_set(m, &keys[i], &values[i]);
    for (int i = 0; i < N; i++)
        ck_assert_ptr_eq(map_get(m, &keys[i]), &values[i]);
    ck_assert_ptr_null(map_get(m, &values[0]));
    map_set(m, &keys[7], &values[8]); // another value for the same key
    ck_assert_ptr_eq(map_get(m, &keys[7]), &values[8]);
    ck_assert_ptr_eq(map_get(m, &keys[8]), &values[8]);
    map_set(m, &keys[7], NULL);
    ck_assert_ptr_null(map_get(m, &keys[7]));
    ck_assert_ptr_eq(map_get(m, &keys[6]), &values[6]);
}
END_TEST

// ---- numbers ----

START_TEST(reals_as_one_would_write_them)
{
    static const struct {
        double x;
        const char *text;
    } rows[] = {
        {0, "0.0"},
        {1, "1.0"},
        {-1, "-1.0"},
        {0.1, "0.1"},
        {0.5, "0.5"},
        {100, "100.0"},
        {1234567, "1234567.0"},
        {1e300, "1e+300"},
        {1e6, "1000000.0"},
        {-9999999, "-9999999.0"},
        {1e7, "1e+07"},
        {1e-7, "1e-07"},
        {0.30000000000000004, "0.30000000000000004"},
        {2.5e-5, "2.5e-05"},
        {-0.0, "-0.0"},
        {INFINITY, "INFINITY"},
        {-INFINITY, "-INFINITY"},
        {NAN, "NAN"},
        {1.0 / 3, "0.3333333333333333"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_str_eq(real_text(arena, rows[i].x), rows[i].text);
}
END_TEST

START_TEST(reals_read_back_exactly)
{
    static const double edges[] = {
        DBL_MIN, DBL_MAX, 5e-324, 2.2250738585072011e-308, 9007199254740993.0, 1e22, 1e23, 123456789012345680.0};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        ck_assert_msg(strtod(real_text(arena, edges[i]), NULL) == edges[i], "%s", real_text(arena, edges[i]));
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double x, y;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        char *text = real_text(arena, x);
        y = strtod(text, NULL);
        ck_assert_msg(memcmp(&x, &y, sizeof x) == 0, "%.17g became %s", x, text);
        ck_assert_msg(strpbrk(text, ".e"), "%s looks like an int", text);
    }
}
END_TEST

// What was reserved comes from one block: nothing is asked of the system in between, so that nothing else lies there.
START_TEST(reserved_memory_is_one_piece)
{
    Arena *a = arena_new();
    arena_alloc(a, 4000);
    arena_reserve(a, 50000);
    char *first = arena_alloc(a, 20000), *second = arena_alloc(a, 29984);
    ck_assert_ptr_eq(second, first + 20000);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("util");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reserved_memory_is_one_piece);
    tcase_add_test(t, arena_gives_zeroed_aligned_memory);
    tcase_add_test(t, arena_strings);
    tcase_add_exit_test(t, arena_too_much, 3);
    tcase_add_test(t, vectors);
    tcase_add_test(t, text_grows);
    tcase_add_test(t, text_takes_long_pieces);
    tcase_add_test(t, equal_text_is_one_pointer);
    tcase_add_test(t, interned_text_is_a_copy);
    tcase_add_test(t, map_from_pointers);
    tcase_add_test(t, reals_as_one_would_write_them);
    tcase_add_test(t, reals_read_back_exactly);
    return run_tests("util", t);
}
