// options.c — reads the command line. See options.h.
//
// In: argv. Out: Options. Flags without a value are a table of names and fields; those with one are a table of
// spellings, joined to their value (`-ofile`), or followed by it (`-o file`), or by `=`. Of an option that is given
// twice the last one counts.
//
//     --emit=dot   ->   row {"--emit=", take_emit}, value "dot"   ->   o->emit = EMIT_DOT
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

const char *const options_help =
    "usage: adc [options] FILE.ad        compiles FILE.ad to FILE.ad.c and FILE.ad.h; `-` is standard input\n"
    "       adc verify FILE.ad..         checks every derivative in these files and prints a table\n"
    "       adc report FILE.ad -o REPORT.html    shows what the reverse sweep of each derivative keeps, and why\n"
    "       adc eval FILE.ad 'f(1.5)'    computes that and prints it; arrays are written {1, 2}, out parameters left out\n"
    "\n"
    "  -o FILE                  the C file; `-` is standard output\n"
    "  -H FILE                  the header\n"
    "  -I DIR                   looks for imported files in DIR too\n"
    "  --real=double|float      what `real` is in C (double)\n"
    "  --standalone             C that needs no library but libc and libm\n"
    "  --vector-math=none|libmvec   gcc may use glibc's vector exp, log, sin, .. at -O3, which are 4 ulp off at most (none)\n"
    "  --check                  tests subscripts, slices and overlap when the program runs\n"
    "  --emit=c|ast|ir|dot      what to write (c); all but c go to standard output, or to -o\n"
    "  --dump-after=PASS        shows the IR after PASS (`all`: after every pass) on standard error\n"
    "  -O0 -O1 -O2              how much to optimise (-O2)\n"
    "  -MD -MF FILE -MT NAME -MP    prerequisites for make, as gcc writes them\n"
    "  -Wname -Wno-name -Werror -w  warnings: int-division lost-dependence custom unused shadow parentheses all\n"
    "  --diagnostics=text|json  how errors are shown: for people, or each as a JSON object on a line\n"
    "  --color=auto|always|never\n"
    "  --help --version\n"
    "\n"
    "  verify --at FILE.json    at these inputs, by name: {\"n\": 2, \"x\": [1.5, -3]}; what is missing is drawn\n"
    "  verify --runs N          at N points (5)\n"
    "  verify --function NAME   only the derivatives of NAME\n"
    "\n"
    "Exit status: 0 done; 1 errors in the source, or a derivative that failed its check; 2 wrong usage;\n"
    "3 a file could not be read or written; 4 a bug in adc.\n";

// What is known while reading, beyond the options.
typedef struct Reader {
    Arena *arena;
    Options *o;
    const char *output, *header, *deps_file;    // as given, or NULL
    bool deps;
    const char *error;
} Reader;

// ---- options with a value ----

// The index of value in "a|b|c", or -1 and an error.
static int choice(Reader *r, const char *option, const char *value, const char *choices)
{
    const char *at = choices;
    for (int i = 0; *at; i++) {
        size_t n = strcspn(at, "|");
        if (strlen(value) == n && memcmp(at, value, n) == 0)
            return i;
        at += n + (at[n] == '|');
    }
    r->error = arena_printf(r->arena, "'%s%s': must be one of %s", option, value, choices);
    return -1;
}

static void take_output(Reader *r, const char *v)
{
    r->output = v;
}

static void take_header(Reader *r, const char *v)
{
    r->header = v;
}

static void take_include(Reader *r, const char *v)
{
    vec_push(r->arena, &r->o->include_dirs, v);
}

static void take_deps_file(Reader *r, const char *v)
{
    r->deps_file = v;
}

static void take_deps_target(Reader *r, const char *v)
{
    r->o->deps_target = v;
}

static void take_warning(Reader *r, const char *v)
{
    if (diag_set_flag(diags_new(r->arena), v))
        vec_push(r->arena, &r->o->warnings, v);
    else
        r->error = arena_printf(r->arena, "there is no warning '-W%s'", v);
}

static void take_level(Reader *r, const char *v)
{
    r->o->level = choice(r, "-O", v, "0|1|2");
}

static void take_real(Reader *r, const char *v)
{
    r->o->real_float = choice(r, "--real=", v, "double|float") == 1;
}

static void take_vector_math(Reader *r, const char *v)
{
    r->o->vector_math = choice(r, "--vector-math=", v, "none|libmvec") == 1;
}

static void take_emit(Reader *r, const char *v)
{
    r->o->emit = (Emit)choice(r, "--emit=", v, "c|ast|ir|dot");
}

static void take_color(Reader *r, const char *v)
{
    static const ColorMode modes[] = {COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER};
    int k = choice(r, "--color=", v, "auto|always|never");
    r->o->color = modes[k < 0 ? 0 : k];
}

static void take_diagnostics(Reader *r, const char *v)
{
    r->o->json = choice(r, "--diagnostics=", v, "text|json") == 1;
}

static void take_passes(Reader *r, const char *v)
{
    const char *unknown;
    r->o->passes = v;
    if (!pipeline_knows(r->arena, v, &unknown))
        r->error = arena_printf(r->arena, "there is no pass '%s'", unknown);
}

static void take_dump(Reader *r, const char *v)
{
    int n;
    const char *const *names = pipeline_names(r->arena, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], v) == 0) {
            r->o->dump_after = v;
            return;
        }
    Text t = text_in(r->arena);
    text_printf(&t, "there is no pass '%s'; the passes are", v);
    for (int i = 0; i < n; i++)
        text_printf(&t, " %s", names[i]);
    r->error = t.at;
}

static void take_at(Reader *r, const char *v)
{
    r->o->at = v;
}

static void take_function(Reader *r, const char *v)
{
    r->o->function = v;
}

static void take_runs(Reader *r, const char *v)
{
    char *end;
    long n = strtol(v, &end, 10);
    r->o->runs = (int)n;
    if (*end || n < 1 || n > 1000)
        r->error = arena_printf(r->arena, "'--runs': '%s' is no number of points from 1 to 1000", v);
}

typedef struct Valued {
    const char *spelling;           // with its `=`; else the value may also be the next argument
    void (*take)(Reader *r, const char *value);
} Valued;

static const Valued valued[] = {
    {"-o", take_output},            {"-H", take_header},       {"-I", take_include},     {"-MF", take_deps_file},
    {"-MT", take_deps_target},      {"-W", take_warning},      {"-O", take_level},       {"--real=", take_real},
    {"--emit=", take_emit},         {"--color=", take_color},  {"--diagnostics=", take_diagnostics},
    {"--dump-after=", take_dump},   {"--passes=", take_passes}, {"--at", take_at},       {"--function", take_function},
    {"--runs", take_runs},          {"--vector-math=", take_vector_math},
};

// ---- options without ----

typedef struct Flag {
    const char *spelling;
    size_t field;                   // a bool of Options
    bool value;
} Flag;

static const Flag flags[] = {
    {"--standalone", offsetof(Options, standalone), true}, {"--check", offsetof(Options, check), true},
    {"-MP", offsetof(Options, deps_phony), true},          {"--help", offsetof(Options, help), true},
    {"-h", offsetof(Options, help), true},                 {"--version", offsetof(Options, version), true},
    {"--verify", offsetof(Options, verify), true},         {"--no-verify", offsetof(Options, verify), false},
};

static bool take_flag(Reader *r, const char *arg)
{
    if (strcmp(arg, "-MD") == 0) {
        r->deps = true;
        return true;
    }
    if (strcmp(arg, "-w") == 0) {
        vec_push(r->arena, &r->o->warnings, arg);
        return true;
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(flags[i].spelling, arg) == 0) {
            *(bool *)(void *)((char *)r->o + flags[i].field) = flags[i].value;
            return true;
        }
    return false;
}

// Takes argv[*i] with its value, which may be the next argument.
static bool take_valued(Reader *r, int argc, char **argv, int *i)
{
    for (size_t k = 0; k < sizeof valued / sizeof *valued; k++) {
        const Valued *v = &valued[k];
        size_t n = strlen(v->spelling);
        if (strncmp(argv[*i], v->spelling, n) != 0)
            continue;
        const char *value = argv[*i] + n;
        bool word = v->spelling[1] == '-' && v->spelling[n - 1] != '=';     // --at FILE and --at=FILE, not --atFILE
        if (word && *value && *value != '=')
            continue;
        value += word && *value == '=';
        bool apart = v->spelling[n - 1] != '=' && v->take != take_warning && v->take != take_level;
        if (!*value && apart && *i + 1 < argc)
            value = argv[++*i];
        if (!*value)
            r->error = arena_printf(r->arena, "'%s' needs a value", v->spelling);
        else
            v->take(r, value);
        return true;
    }
    return false;
}

static const char *unknown_option(Reader *r, const char *arg)
{
    enum { N_FLAGS = sizeof flags / sizeof *flags, N_VALUED = sizeof valued / sizeof *valued };
    const char *known[N_FLAGS + N_VALUED];
    for (int i = 0; i < N_FLAGS; i++)
        known[i] = flags[i].spelling;
    for (int i = 0; i < N_VALUED; i++)
        known[N_FLAGS + i] = valued[i].spelling;
    const char *name = arena_strndup(r->arena, arg, strcspn(arg, "=") + (strchr(arg, '=') != NULL));
    const char *near = nearest(name, known, N_FLAGS + N_VALUED);
    return near ? arena_printf(r->arena, "unknown option '%s'; did you mean '%s'?", arg, near)
                : arena_printf(r->arena, "unknown option '%s'", arg);
}

// The first word may be a command; a file of that name is ./verify.
static bool take_command(Reader *r, const char *arg)
{
    static const struct { const char *name; Command command; } commands[] = {
        {"verify", COMMAND_VERIFY}, {"eval", COMMAND_EVAL}, {"report", COMMAND_REPORT},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(arg, commands[i].name) != 0)
            continue;
        r->o->command = commands[i].command;
        return true;
    }
    return false;
}

static void take_input(Reader *r, const char *arg)
{
    if (!r->o->input && r->o->command == COMMAND_COMPILE && take_command(r, arg))
        return;
    if (r->o->command == COMMAND_EVAL && r->o->input && !r->o->expression) {
        r->o->expression = arg;
        return;
    }
    if (r->o->command == COMMAND_VERIFY)
        vec_push(r->arena, &r->o->inputs, arg);
    if (r->o->input && r->o->command == COMMAND_VERIFY)
        return;
    if (r->o->input)
        r->error = arena_printf(r->arena, "one file at a time: '%s' and '%s'", r->o->input, arg);
    r->o->input = arg;
}

// ---- what follows from what was given ----

// path with its ending `old` replaced by `new`; appended where it has another ending.
static const char *with_ending(Arena *a, const char *path, const char *old, const char *new)
{
    size_t n = strlen(path), m = strlen(old);
    bool ends = n > m && strcmp(path + n - m, old) == 0;
    return arena_printf(a, "%.*s%s", (int)(ends ? n - m : n), path, new);
}

static void default_outputs(Reader *r)
{
    Options *o = r->o;
    bool is_stdin = strcmp(o->input, "-") == 0 || o->command != COMMAND_COMPILE;
    o->output = r->output ? r->output : is_stdin || o->emit != EMIT_C ? "-" : arena_printf(r->arena, "%s.c", o->input);
    bool to_stdout = strcmp(o->output, "-") == 0, to_device = strncmp(o->output, "/dev/", 5) == 0;
    if (r->header || (o->emit == EMIT_C && !to_stdout && !to_device && o->command == COMMAND_COMPILE))
        o->header = r->header ? r->header : with_ending(r->arena, o->output, ".c", ".h");
    if (!r->deps)
        return;
    if (r->deps_file)
        o->deps = r->deps_file;
    else if (to_stdout)
        r->error = "'-MD' needs '-o' or '-MF' to know where to write";
    else
        o->deps = with_ending(r->arena, o->output, ".c", ".d");
}

static void check_consistent(Reader *r)
{
    Options *o = r->o;
    if ((r->deps_file || o->deps_target || o->deps_phony) && !r->deps)
        r->error = "'-MF', '-MT' and '-MP' say how '-MD' writes, which is missing";
    else if (r->header && o->emit != EMIT_C)
        r->error = "'-H' names a header, which only '--emit=c' makes";
    else if (o->command == COMMAND_EVAL && !o->expression)
        r->error = "what to evaluate is missing: adc eval FILE.ad 'f(1.5)'";
    else if (o->command != COMMAND_COMPILE && (r->header || o->deps))
        r->error = "'-H' and '-MD' are for compiling";
    else if ((o->command == COMMAND_VERIFY || o->command == COMMAND_EVAL) && r->output)
        r->error = "'-o' is for compiling and for 'adc report'";
    else if (o->command != COMMAND_VERIFY && (o->at || o->function || o->runs))
        r->error = "'--at', '--function' and '--runs' say how 'adc verify' goes about it";
    else if (o->header && strcmp(o->header, o->output) == 0)
        r->error = "the C file and the header have one name";
    else if (o->deps && (strcmp(o->deps, o->output) == 0 || (o->header && strcmp(o->deps, o->header) == 0)))
        r->error = "the prerequisites would overwrite another output";
}

const char *options_parse(Arena *a, int argc, char **argv, Options *o)
{
    Reader r = {.arena = a, .o = o};
    bool only_files = false;
    *o = (Options){.level = 2};
#ifndef NDEBUG
    o->verify = true;
#endif
    for (int i = 1; i < argc && !r.error; i++) {
        if (only_files || argv[i][0] != '-' || argv[i][1] == '\0' || (o->command == COMMAND_EVAL && o->input && !o->expression && argv[i][1] != '-'))
            take_input(&r, argv[i]);
        else if (strcmp(argv[i], "--") == 0)
            only_files = true;
        else if (!take_flag(&r, argv[i]) && !take_valued(&r, argc, argv, &i))
            r.error = unknown_option(&r, argv[i]);
    }
    if (r.error || o->help || o->version)
        return r.error;
    if (!o->input)
        return "no input file; `adc --help` shows how it is used";
    default_outputs(&r);
    if (!r.error)
        check_consistent(&r);
    return r.error;
}
