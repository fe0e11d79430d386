// emit_vector.c — --vector-math=libmvec: declarations that let gcc call the vector functions of glibc.
//
// In: a module. Out: text behind the includes of FILE.c: the functions of math.h that it calls and libmvec has, declared again with the attribute that
// says so. Then gcc at -O3 computes several elements of a loop like
//
//     for (int i = 0; i < n; i++) y[i] = exp(x[i]);
//
// at once, without -ffast-math (`const`: nobody looks at errno). Their results differ from libm's by up to 4 units in the last place. To other compilers, machines and C libraries
// nothing is said: they see the code that is always there.
#include "emit_internal.h"

#include <string.h>

typedef struct Vector {
    const char *name;                           // of the double function
    bool since_2_35;                            // in which glibc
} Vector;

static const Vector vectors[] = {
    {"acos", true},  {"acosh", true}, {"asin", true},  {"asinh", true}, {"atan", true},  {"atanh", true}, {"atan2", true},
    {"cbrt", true},  {"cos", false},  {"cosh", true},  {"erf", true},   {"erfc", true},  {"exp", false},  {"exp2", true},
    {"expm1", true}, {"hypot", true}, {"log", false},  {"log10", true}, {"log1p", true}, {"log2", true},  {"pow", false},
    {"sin", false},  {"sinh", true},  {"tan", true},   {"tanh", true},
};

enum { N_VECTORS = sizeof vectors / sizeof *vectors };

// Is there a call of name, with that suffix, in the text?
static bool is_called(const char *text, const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += n) {
        bool starts = at == text || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", at[-1]);
        if (starts && strncmp(at + n, suffix, m) == 0 && at[n + m] == '(')
            return true;
    }
    return false;
}

static void put_group(Text *out, const char *text, bool real_float, bool since_2_35)
{
    const char *type = real_float ? "float" : "double", *suffix = real_float ? "f" : "";
    bool any = false;
    for (int i = 0; i < N_VECTORS; i++) {
        const char *name = vectors[i].name;
        if (vectors[i].since_2_35 != since_2_35 || !is_called(text, name, suffix))
            continue;
        if (!any && since_2_35)
            text_put(out, "#if __GLIBC_PREREQ(2, 35)\n");
        any = true;
        bool two = strcmp(name, "atan2") == 0 || strcmp(name, "hypot") == 0 || strcmp(name, "pow") == 0;
        text_printf(out, "extern %s %s%s(%s%s%s) __attribute__((const, simd(\"notinbranch\")));\n", type, name, suffix, type,
                    two ? ", " : "", two ? type : "");
    }
    if (any && since_2_35)
        text_put(out, "#endif\n");
}

void emit_vector_math(Text *out, const char *text, bool real_float)
{
    Text old = text_in(out->arena), recent = text_in(out->arena);
    put_group(&old, text, real_float, false);
    put_group(&recent, text, real_float, true);
    if (old.n == 0 && recent.n == 0)
        return;
    text_printf(out,
                "\n/* Several elements of a loop at once, where the C library can; its results then differ by up to 4 units in the last place. */\n"
                "#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)\n%s%s#endif\n",
                old.n ? old.at : "", recent.n ? recent.at : "");
}
