// test_diag.c — sources, positions, messages, carets, fixes, limits, flags and spelling.
//
// In: small texts and reports. Out: checks on the text that diag_text gives.
#include "suite.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

static Arena *arena;
static Diags *diags;

static void setup(void)
{
    arena = arena_new();
    diags = diags_new(arena);
}

static void teardown(void)
{
    arena_free(arena);
}

static Source *source(const char *text)
{
    return source_from_text(arena, "a.ad", text, strlen(text));
}

static Loc span(Source *s, const char *what)
{
    const char *at = strstr(s->text, what);
    ck_assert_ptr_nonnull(at);
    uint32_t begin = (uint32_t)(at - s->text);
    return (Loc){s, begin, begin + (uint32_t)strlen(what)};
}

START_TEST(positions)
{
    static const struct { uint32_t offset; int line, column; } rows[] = {
        {0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {5, 2, 2}, {6, 2, 3}, {7, 3, 1}, {8, 4, 1}, {9, 4, 2},
    };
    Source *s = source("ab\n\xC3\xA9x\n\n\tz");         // the second line's first character is two bytes and one column
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Position at = source_position(s, rows[i].offset);
        ck_assert_int_eq(at.line, rows[i].line);
        ck_assert_int_eq(at.column, rows[i].column);
    }
    ck_assert_int_eq(source_position(s, (uint32_t)s->size).line, 4);
}
END_TEST

START_TEST(positions_behind_a_byte_order_mark)
{
    Source *s = source("\xEF\xBB\xBFxy");
    ck_assert_int_eq(source_position(s, 3).column, 1);
    ck_assert_int_eq(source_position(s, 4).column, 2);
}
END_TEST

START_TEST(lines)
{
    Source *s = source("one\r\ntwo\nthree");
    size_t n;
    uint32_t begin;
    ck_assert_mem_eq(source_line(s, 1, &n, &begin), "one", 3);
    ck_assert_uint_eq(n, 3);
    ck_assert_mem_eq(source_line(s, 3, &n, &begin), "three", 5);
    ck_assert_uint_eq(n, 5);
    ck_assert_uint_eq(begin, 9);
}
END_TEST

START_TEST(bad_bytes)
{
    static const struct { const char *text; size_t size, bad; } rows[] = {
        {"abc", 3, 3},           {"a\0b", 3, 1},          {"\xC3\xA9", 2, 2},     {"x\xC3", 2, 1},
        {"\xC0\x80", 2, 0},      {"\xED\xA0\x80", 3, 0},  {"\xF0\x9F\x98\x80", 4, 4}, {"\xF4\x90\x80\x80", 4, 0},
        {"ab\xFF", 3, 2},        {"", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Source *s = source_from_text(arena, "x", rows[i].text, rows[i].size);
        ck_assert_uint_eq(source_first_bad_byte(s), rows[i].bad);
    }
}
END_TEST

START_TEST(unreadable)
{
    Source *s = NULL;
    const char *reason = NULL;
    ck_assert_int_eq(source_read(arena, "/nowhere/at/all.ad", &s, &reason), SOURCE_UNREADABLE);
    ck_assert_str_eq(reason, "No such file or directory");
    ck_assert_int_eq(source_read(arena, "/", &s, &reason), SOURCE_UNREADABLE);
    ck_assert_str_eq(reason, "Is a directory");
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(caret_and_fix)
{
    Source *s = source("int a;\n\treal b = lenght;\n");
    diag_error(diags, span(s, "lenght"), "unknown variable '%s'", "lenght");
    diag_fixit(diags, span(s, "lenght"), "length");
    diag_note(diags, span(s, "a;"), "see here");
    ck_assert_str_eq(diag_text(diags, arena),
                     "a.ad:2:11: error: unknown variable 'lenght'\n"
                     "    2 | \treal b = lenght;\n"
                     "      | \t         ^~~~~~\n"
                     "      | \t         length\n"
                     "a.ad:1:5: note: see here\n"
                     "    1 | int a;\n"
                     "      |     ^~\n");
}
END_TEST

START_TEST(sorted_and_counted)
{
    Source *s = source("first\nsecond\n");
    diag_error(diags, span(s, "second"), "two");
    diag_error(diags, span(s, "first"), "one");
    diag_warning(diags, span(s, "first"), W_OTHER, "also one");
    diag_error(diags, (Loc){0}, "nowhere");
    ck_assert_int_eq(diag_errors(diags), 3);
    ck_assert_int_eq(diag_warnings(diags), 1);
    int n;
    DiagItem **items = diag_items(diags, &n);
    ck_assert_int_eq(n, 4);
    ck_assert_str_eq(items[0]->text, "nowhere");
    ck_assert_str_eq(items[1]->text, "one");
    ck_assert_str_eq(items[2]->text, "also one");
    ck_assert_str_eq(items[3]->text, "two");
    ck_assert_str_eq(diag_text(diags, arena) + strlen("adc: error: "),
                     "nowhere\n"
                     "a.ad:1:1: error: one\n    1 | first\n      | ^~~~~\n"
                     "a.ad:1:1: warning: also one\n    1 | first\n      | ^~~~~\n"
                     "a.ad:2:1: error: two\n    2 | second\n      | ^~~~~~\n");
    ck_assert_str_eq(diag_text(diags, arena), "");
}
END_TEST

START_TEST(at_most_twenty)
{
    Source *s = source("x\n");
    for (int i = 0; i < 50; i++) {
        diag_error(diags, span(s, "x"), "error %d", i);
        diag_note(diags, span(s, "x"), "note");
    }
    int n;
    diag_items(diags, &n);
    ck_assert_int_eq(n, DIAG_MAX_ERRORS);
    ck_assert(diag_full(diags));
    ck_assert_ptr_nonnull(strstr(diag_text(diags, arena), "adc: stopped after 20 errors\n"));
}
END_TEST

START_TEST(flags)
{
    Source *s = source("x\n");
    ck_assert(diag_set_flag(diags, "no-int-division"));
    ck_assert(!diag_set_flag(diags, "no-such-flag"));
    diag_warning(diags, span(s, "x"), W_INT_DIVISION, "not shown");
    diag_note(diags, span(s, "x"), "nor this");
    ck_assert_int_eq(diag_warnings(diags), 0);
    ck_assert(diag_set_flag(diags, "int-division"));
    diag_warning(diags, span(s, "x"), W_INT_DIVISION, "shown");
    ck_assert_ptr_nonnull(strstr(diag_text(diags, arena), "warning: shown [-Wint-division]\n"));
    ck_assert(diag_set_flag(diags, "error"));
    diag_warning(diags, span(s, "x"), W_CUSTOM, "fatal");
    ck_assert_int_eq(diag_errors(diags), 1);
    ck_assert_ptr_nonnull(strstr(diag_text(diags, arena), "error: fatal [-Werror=custom]\n"));
    ck_assert(diag_set_flag(diags, "-w"));
    diag_warning(diags, span(s, "x"), W_OTHER, "silenced");
    ck_assert_str_eq(diag_text(diags, arena), "");
}
END_TEST

START_TEST(color)
{
    Source *s = source("x\n");
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);
    diag_error(diags, span(s, "x"), "red");
    diag_print(diags, to, COLOR_ALWAYS);
    diag_error(diags, span(s, "x"), "plain");
    diag_print(diags, to, COLOR_AUTO);                  // a stream in memory is no terminal
    fclose(to);
    const char *plain = strstr(text, "plain");
    ck_assert_ptr_nonnull(strstr(text, "\033[1;31merror: "));
    ck_assert_ptr_nonnull(plain);
    ck_assert_ptr_null(strchr(plain, '\033'));
    free(text);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    char *line = arena_alloc(arena, 100001);
    memset(line, 'x', 100000);
    line[50000] = '!';
    Source *s = source(line);
    diag_error(diags, span(s, "!"), "here");
    const char *text = diag_text(diags, arena);
    ck_assert_uint_lt(strlen(text), 1000);
    ck_assert_ptr_nonnull(strstr(text, "x!x"));
}
END_TEST

START_TEST(terminal_is_safe)
{
    Source *s = source("a\033[2Jb\n");
    diag_error(diags, span(s, "b"), "here");
    ck_assert_ptr_null(strchr(diag_text(diags, arena), '\033'));
}
END_TEST

START_TEST(spelling)
{
    static const char *const names[] = {"length", "width", "x", "softmax", "logsumexp"};
    static const struct { const char *name, *near; } rows[] = {
        {"lenght", "length"}, {"lengt", "length"}, {"widht", "width"}, {"sofmtax", "softmax"}, {"logsumxp", "logsumexp"},
        {"height", NULL},     {"y", NULL},         {"zzzzzz", NULL},   {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = nearest(rows[i].name, names, 5);
        if (!rows[i].near) ck_assert_ptr_null(found);
        else ck_assert_str_eq(found, rows[i].near);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("diag");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, positions);
    tcase_add_test(t, positions_behind_a_byte_order_mark);
    tcase_add_test(t, lines);
    tcase_add_test(t, bad_bytes);
    tcase_add_test(t, unreadable);
    tcase_add_test(t, caret_and_fix);
    tcase_add_test(t, sorted_and_counted);
    tcase_add_test(t, at_most_twenty);
    tcase_add_test(t, flags);
    tcase_add_test(t, color);
    tcase_add_test(t, long_lines_are_cut);
    tcase_add_test(t, terminal_is_safe);
    tcase_add_test(t, spelling);
    return run_tests("diag", t);
}
