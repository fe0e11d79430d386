// test_json.c — JSON is read as it is written down, and what is none is refused with its place.
#include "json.h"

#include "suite.h"

#include <check.h>
#include <math.h>
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

static const Json *parse(const char *text)
{
    JsonError error;
    Json *j = json_parse(arena, text, strlen(text), &error);
    ck_assert_msg(j != NULL, "%s: %s", text, error.message);
    return j;
}

START_TEST(values)
{
    const Json *j = parse(" {\"n\": 2, \"x\": [1.5, -3e2, true, null],\n \"s\": \"a\\\"\\u00e9\\ud83d\\ude00\\n\", \"e\": {}, \"n\": 7} ");
    ck_assert_int_eq(j->kind, JSON_OBJECT);
    ck_assert_int_eq(j->members.n, 5);
    ck_assert_double_eq(json_member(j, "n")->number, 7);
    const Json *x = json_member(j, "x");
    ck_assert_int_eq(x->members.n, 4);
    ck_assert_double_eq(x->members.at[1].value->number, -300);
    ck_assert(x->members.at[2].value->truth);
    ck_assert_int_eq(x->members.at[3].value->kind, JSON_NULL);
    ck_assert_str_eq(json_member(j, "s")->string, "a\"\xc3\xa9\xf0\x9f\x98\x80\n");
    ck_assert_int_eq(json_member(j, "s")->line, 2);
    ck_assert_int_eq(json_member(j, "e")->members.n, 0);
    ck_assert_ptr_null(json_member(j, "m"));
    ck_assert(isnan(parse("NaN")->number) && isinf(parse("-Infinity")->number));
}
END_TEST

static const struct { const char *text, *error; } refused[] = {
    {"", "1:1: expected a value"},
    {"[1, 2}", "1:6: expected ',' or ']'"},
    {"{\"x\": 1 \"y\": 2}", "1:9: expected ',' or '}'"},
    {"{x: 1}", "1:2: expected a name in quotes"},
    {"{\"x\" 1}", "1:6: expected ':'"},
    {"\n\n  [1,]", "3:6: expected a value"},
    {"1 2", "1:3: something follows the value"},
    {"+1", "1:1: not a number as JSON writes it"},
    {"1e", "1:1: not a number as JSON writes it"},
    {"\"abc", "1:5: a string without an end"},
    {"\"a\nb\"", "1:3: a string ends on its own line"},
    {"\"\\x\"", "1:4: an escape that JSON does not have"},
    {"\"\\ud800\"", "1:8: an escape that JSON does not have"},
};

START_TEST(refusals)
{
    JsonError e;
    ck_assert_ptr_null(json_parse(arena, refused[_i].text, strlen(refused[_i].text), &e));
    ck_assert_str_eq(arena_printf(arena, "%d:%d: %s", e.line, e.column, e.message), refused[_i].error);
}
END_TEST

START_TEST(nesting_has_an_end)
{
    char text[100000];
    JsonError e;
    memset(text, '[', sizeof text);
    ck_assert_ptr_null(json_parse(arena, text, sizeof text, &e));
    ck_assert_int_eq(e.column, 201);
    ck_assert_str_eq(e.message, "nested too deeply");
}
END_TEST

START_TEST(strings)
{
    Text t = text_in(arena);
    json_put_string(&t, "a\"b\\c\n\t\x01\x7f\xc3\xa9\xff", 12);
    ck_assert_str_eq(t.at, "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\xc3\xa9\\ufffd\"");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("json");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, values);
    tcase_add_loop_test(t, refusals, 0, sizeof refused / sizeof *refused);
    tcase_add_test(t, nesting_has_an_end);
    tcase_add_test(t, strings);
    return run_tests("json", t);
}
