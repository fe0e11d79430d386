// main.c — the program adc: from the command line to the files.
//
// In: argv. Out: files, messages on standard error, and the exit status of LANGUAGE.md section 9. The way of a file:
//
//     f.ad, f.ir  -> job_read -> job_passes -> emit_c, emit_h | ir_print | ir_dot -> files
//
// or, where the first argument is a command, command.c.
//
// Everything that is to be written is made in memory first, so that errors leave nothing behind.
#define _XOPEN_SOURCE 700               // sigaltstack
#include "job.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command.h"
#include "emit.h"
#include "irtext.h"

enum { STACK_BYTES = 120 << 20 };

#define ADC_VERSION "0.1"

// A fatal signal is a bug in adc: say so and end with its status. Only calls that are safe in a handler.
static void on_crash(int signal)
{
    static const char message[] = "adc: internal error: it crashed\nadc: this is a bug in adc, not in your program\n";
    (void)signal;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(EXIT_BUG);
    _exit(EXIT_BUG);
}

// Crashes end with status 4, on a stack of their own as the stack may be what ran out. A closed pipe is an error like
// any other.
static void set_signals(void *stack, size_t size)
{
    signal(SIGPIPE, SIG_IGN);
#if !defined(__SANITIZE_ADDRESS__)
    stack_t alternative = {.ss_sp = stack, .ss_size = size};
    sigaltstack(&alternative, NULL);
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &action, NULL);
#else
    (void)stack, (void)size, (void)on_crash;
#endif
}

// A chain of calls in the source is followed by recursion: takes as much stack as is surely free below it, where the system lets us.
static void raise_stack(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return;
    limit.rlim_cur = limit.rlim_max < STACK_BYTES ? limit.rlim_max : STACK_BYTES;
    setrlimit(RLIMIT_STACK, &limit);
}

// ---- from the IR to the files ----

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The header as the C file includes it: beside it by its name alone, else as given.
static const char *include_name(const Options *o)
{
    if (!o->header)
        return NULL;
    size_t n = (size_t)(base_name(o->output) - o->output), m = (size_t)(base_name(o->header) - o->header);
    bool beside = n == m && memcmp(o->output, o->header, n) == 0;
    return beside ? base_name(o->header) : o->header;
}

static int emit_files(Job *job)
{
    EmitOptions options = {.real_float = job->o.real_float, .standalone = job->o.standalone, .vector_math = job->o.vector_math,
                           .header = include_name(&job->o)};
    Text c = text_in(job->arena), h = text_in(job->arena);
    if (!emit_c(&c, job->ir, &options))
        return job_bug("the C could not be printed");
    output_add(job->outputs, job->o.output, c.at, c.n, OUTPUT_OURS);
    if (!job->o.header)
        return EXIT_OK;
    if (!emit_h(&h, job->ir, &options))
        return job_bug("the header could not be printed");
    output_add(job->outputs, job->o.header, h.at, h.n, OUTPUT_OURS);
    return EXIT_OK;
}

// The tree, IR or graph. In a file its first line is adc's mark, as a comment.
static void emit_text(Job *job)
{
    Text t = text_in(job->arena);
    if (strcmp(job->o.output, "-") != 0)
        text_printf(&t, "%s %s%s\n", job->o.emit == EMIT_IR ? ";" : "//", base_name(job->o.input), EMIT_MARK_END);
    if (job->o.emit == EMIT_AST)
        ast_text(&t, job->tree);
    else if (job->o.emit == EMIT_IR)
        ir_print(&t, job->ir);
    else
        ir_dot(&t, job->ir);
    output_add(job->outputs, job->o.output, t.at, t.n, OUTPUT_OURS);
}

static void emit_deps(Job *job)
{
    const char *paths[1] = {job->o.input}, *outputs[2] = {job->o.output, job->o.header};
    VEC(const char *) read = {0};
    for (int i = 0; job->tree && i < job->tree->sources.n; i++)
        vec_push(job->arena, &read, job->tree->sources.at[i]->path);
    bool tree = read.n > 0;
    char *text = deps_text(job->arena, job->o.deps_target, outputs, job->o.header ? 2 : 1, tree ? read.at : paths,
                           tree ? read.n : 1, job->o.deps_phony);
    output_add(job->outputs, job->o.deps, text, strlen(text), OUTPUT_DEPS);
}

static int emit(Job *job)
{
    if (job->o.emit == EMIT_C) {
        int status = emit_files(job);
        if (status != EXIT_OK)
            return status;
    } else {
        emit_text(job);
    }
    if (job->o.deps)
        emit_deps(job);
    const char *error = outputs_write(job->outputs);
    return error ? job_complain(job, EXIT_FILE, error) : EXIT_OK;
}

// ---- a run ----

static int compile(Job *job)
{
    if (job_is_ir(job) && job->o.emit == EMIT_AST)
        return job_complain(job, EXIT_USAGE, "an .ir file has no tree to emit");
    int status = job_read(job);
    if (status == EXIT_OK && job->o.emit != EMIT_AST)
        status = job_passes(job);
    if (status == EXIT_OK && job_status(job) != EXIT_OK)
        status = EXIT_ERRORS;                                   // warnings under -Werror
    job_print_diags(job);
    return status == EXIT_OK ? emit(job) : status;
}

static int run(Job *job, int argc, char **argv)
{
    const char *error = options_parse(job->arena, argc, argv, &job->o);
    if (error)
        return job_complain(job, EXIT_USAGE, error);
    job->diags = diags_new(job->arena);
    job->outputs = outputs_new(job->arena);
    for (int i = 0; i < job->o.warnings.n; i++)
        diag_set_flag(job->diags, job->o.warnings.at[i]);
    if (!job->o.help && !job->o.version)
        return job->o.command == COMMAND_COMPILE ? compile(job) : command_run(job);
    const char *text = job->o.help ? options_help : "adc " ADC_VERSION "\n";
    output_add(job->outputs, "-", text, strlen(text), OUTPUT_OURS);
    error = outputs_write(job->outputs);
    return error ? job_complain(job, EXIT_FILE, error) : EXIT_OK;
}

int main(int argc, char **argv)
{
    char stack[1 << 16];                                        // for on_crash alone
    set_signals(stack, sizeof stack);
    raise_stack();
    Job job = {.arena = arena_new()};
    int status = run(&job, argc, argv);
    arena_free(job.arena);
    return status;
}
