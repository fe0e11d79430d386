// job.c — from a file to its IR. See job.h.
//
// In: options. Out: the tree and the IR in the Job, what is wrong with the file in its diags:
//
//     f.ad  -> parse_file -> check_module -> lower --.
//     f.ir  -> ir_parse -> ir_verify ----------------+-> job->ir -> pipeline_run
#include "job.h"

#include <string.h>

#include "irtext.h"
#include "lower.h"
#include "pipeline.h"

// ---- messages without a place ----

int job_complain(const Job *job, int status, const char *message)
{
    if (job->o.json)
        diag_print_one_json(job->arena, stderr, message);
    else
        fprintf(stderr, "adc: error: %s\n", message);
    return status;
}

void job_print_diags(const Job *job)
{
    if (job->o.json)
        diag_print_json(job->diags, stderr);
    else
        diag_print(job->diags, stderr, job->o.color);
}

int job_bug(const char *message)
{
    fprintf(stderr, "adc: internal error: %s\nadc: this is a bug in adc, not in your program\n", message);
    return EXIT_BUG;
}

// ---- what derive reports, by line and column, as spans of the source ----

Loc job_span_in(Source *s, int line_number, int column)
{
    size_t n, k = 0;
    uint32_t begin;
    const char *line = source_line(s, line_number, &n, &begin);
    for (int col = 1; k < n && col < column; col++)             // columns count characters
        for (k++; k < n && ((unsigned char)line[k] & 0xC0) == 0x80; k++)
            continue;
    return (Loc){s, begin + (uint32_t)k, begin + (uint32_t)k + (k < n)};
}

Loc job_span(const Job *job, IrLoc at)
{
    for (int i = 0; at.line && at.file && job->tree && i < job->tree->sources.n; i++)
        if (strcmp(job->tree->sources.at[i]->path, at.file) == 0)
            return job_span_in(job->tree->sources.at[i], at.line, at.col);
    return (Loc){0};
}

// The message's place as text, where there is no source to point into (an .ir file).
static const char *placed(const Job *job, IrLoc at, const char *message)
{
    if (job->tree || !at.line)
        return message;
    return arena_printf(job->arena, "%s (%s:%d)", message, at.file ? at.file : job->o.input, at.line);
}

static void on_derive_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc,
                             const char *note)
{
    Job *job = user;
    if (is_error)
        diag_error(job->diags, job_span(job, loc), "%s", placed(job, loc, message));
    else
        diag_warning(job->diags, job_span(job, loc), W_LOST_DEPENDENCE, "%s", placed(job, loc, message));
    if (note)
        diag_note(job->diags, job_span(job, note_loc), "%s", placed(job, note_loc, note));
}

// ---- from the file to the IR ----

bool job_is_ir(const Job *job)
{
    size_t n = strlen(job->o.input);
    return n > 3 && strcmp(job->o.input + n - 3, ".ir") == 0;
}

// What ir_parse says has its place in it.
static int complain_of_ir(const Job *job, const char *error)
{
    if (job->o.json)
        return job_complain(job, EXIT_ERRORS, error);
    fprintf(stderr, "%s\n", error);
    return EXIT_ERRORS;
}

static int read_ir(Job *job)
{
    Source *source;
    const char *reason;
    char *error;
    if (source_read(job->arena, job->o.input, &source, &reason) != SOURCE_OK)
        return job_complain(job, EXIT_FILE, arena_printf(job->arena, "cannot read '%s': %s", job->o.input, reason));
    if (memchr(source->text, '\0', source->size))
        return job_complain(job, EXIT_ERRORS, arena_printf(job->arena, "'%s' holds a NUL byte", job->o.input));
    job->ir = ir_parse(job->arena, job->o.input, source->text, &error);
    if (!job->ir)
        return complain_of_ir(job, error);
    error = ir_verify(job->arena, job->ir);
    if (error)
        return complain_of_ir(job, arena_printf(job->arena, "%s: error: %s", job->o.input, error));
    if (!job->ir->source)
        job->ir->source = job->o.input;
    output_protect(job->outputs, job->o.input);
    return EXIT_OK;
}

int job_status(const Job *job)
{
    return diag_errors(job->diags) ? EXIT_ERRORS : EXIT_OK;
}

static ParseOptions parse_options(const Job *job)
{
    return (ParseOptions){.arena = job->arena, .names = interner_new(job->arena), .diags = job->diags,
                          .include_dirs = job->o.include_dirs.at, .n_include_dirs = job->o.include_dirs.n};
}

static int check_and_lower(Job *job)
{
    job->tree->real_float = job->o.real_float;
    job->program = check_module(job->tree, job->diags);
    if (job_status(job) != EXIT_OK)
        return EXIT_ERRORS;
    job->ir = lower(job->arena, job->program, (LowerOptions){.check = job->o.check, .real_float = job->o.real_float});
    return EXIT_OK;
}

static int read_ad(Job *job)
{
    ParseOptions options = parse_options(job);
    ParseStatus status;
    job->tree = parse_file(&options, job->o.input, &status);
    for (int i = 0; job->tree && i < job->tree->sources.n; i++)
        output_protect(job->outputs, job->tree->sources.at[i]->path);
    if (status == PARSE_UNREADABLE)
        return EXIT_FILE;
    if (status == PARSE_ERRORS || job->o.emit == EMIT_AST)
        return status == PARSE_ERRORS ? EXIT_ERRORS : EXIT_OK;
    return check_and_lower(job);
}

int job_read(Job *job)
{
    return job_is_ir(job) ? read_ir(job) : read_ad(job);
}

// The declarations of the text are those of the file, too.
static bool add_text(const ParseOptions *options, AstModule *tree, const char *name, const char *text)
{
    ParseStatus status;
    AstModule *more = parse_text(options, name, text, strlen(text), &status);
    for (int i = 0; i < more->decls.n; i++)
        vec_push(options->arena, &tree->decls, more->decls.at[i]);
    for (int i = 0; i < more->sources.n; i++)
        vec_push(options->arena, &tree->sources, more->sources.at[i]);
    return status == PARSE_OK;
}

int job_read_again(Job *again, const Job *job, const char *name, const char *text)
{
    *again = *job;
    again->diags = diags_new(job->arena);
    if (job_is_ir(job))
        return read_ir(again);
    ParseOptions options = parse_options(again);
    ParseStatus status;
    const Source *main_file = job->tree->source;
    again->tree = parse_text(&options, main_file->path, main_file->text, main_file->size, &status);
    if (status == PARSE_OK && text && !add_text(&options, again->tree, name, text))
        return EXIT_ERRORS;
    return status == PARSE_OK ? check_and_lower(again) : status == PARSE_UNREADABLE ? EXIT_FILE : EXIT_ERRORS;
}

int job_passes(Job *job)
{
    PipelineOptions options = {.level = job->o.level, .passes = job->o.passes, .dump_after = job->o.dump_after,
                               .dump = stderr, .verify = job->o.verify, .report = on_derive_report, .user = job};
    const char *message = NULL;
    switch (pipeline_run(job->arena, job->ir, &options, &message)) {
    case PIPELINE_OK: return job_status(job);
    case PIPELINE_ERRORS: return EXIT_ERRORS;
    default: return job_bug(message);
    }
}
