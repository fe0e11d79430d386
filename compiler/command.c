// command.c — `adc verify`, `adc eval`, `adc report`: from the command line to what they print. See command.h.
//
// In: a Job with options. Out: text on standard output, messages on standard error, an exit status. The work is done elsewhere: trial.c, eval.c, report.c.
//
//     adc verify f.ad --at inputs.json   ->   f.ad twice: optimised and plain; inputs.json as Json   ->   trial_run   ->   a table, 0 or 1
#include "command.h"

#include <string.h>

#include "eval.h"
#include "report.h"
#include "trial.h"

// Reads and compiles. Errors and warnings are printed.
static int compile(Job *job)
{
    int status = job_read(job);
    if (status == EXIT_OK)
        status = job_passes(job);
    if (status == EXIT_OK && job_status(job) != EXIT_OK)
        status = EXIT_ERRORS;
    job_print_diags(job);
    return status;
}

// The file once more; what it imports may be gone.
static int read_twice(Job *again, const Job *job)
{
    int status = job_read_again(again, job, NULL, NULL);
    if (status == EXIT_FILE)
        job_print_diags(again);
    return status == EXIT_OK || status == EXIT_FILE ? status : job_bug("the file could not be read twice");
}

static int print(Job *job, const Text *t, int status)
{
    output_add(job->outputs, "-", t->at, t->n, OUTPUT_OURS);
    const char *error = outputs_write(job->outputs);
    return error ? job_complain(job, EXIT_FILE, error) : status;
}

// ---- verify ----

typedef VEC(const char *) Names;

// The derivatives that have a name in the file.
static void list_derivatives(const Job *job, Names *names)
{
    for (int i = 0; job->program && i < job->program->derived.n; i++) {
        const Function *f = job->program->derived.at[i];
        if (f->derive)
            vec_push(job->arena, names, f->name.text);
    }
}

static int read_json(Job *job, const char *path, const Json **json)
{
    Source *source;
    const char *error;
    JsonError at;
    if (source_read(job->arena, path, &source, &error) != SOURCE_OK)
        return job_complain(job, EXIT_FILE, arena_printf(job->arena, "cannot read '%s': %s", path, error));
    *json = json_parse(job->arena, source->text, source->size, &at);
    if (*json && (*json)->kind == JSON_OBJECT)
        return EXIT_OK;
    if (*json)
        at = (JsonError){1, 1, "expected an object, with a value for each parameter that is to have one"};
    diag_error(job->diags, job_span_in(source, at.line, at.column), "%s", at.message);
    job_print_diags(job);
    return EXIT_ERRORS;
}

static Module *read_again(void *user)
{
    Job again;
    return job_read_again(&again, user, NULL, NULL) == EXIT_OK ? again.ir : NULL;
}

static int verify_file(Job *job, const char *heading)
{
    Job plain;
    Names names = {0};
    Text out = text_in(job->arena);
    text_put(&out, heading);
    const char *error = NULL;
    TrialOptions o = {.function = job->o.function, .runs = job->o.runs, .again = read_again, .user_data = job};
    int status = job->o.at ? read_json(job, job->o.at, &o.at) : EXIT_OK;
    if (status == EXIT_OK)
        status = compile(job);
    if (status != EXIT_OK)
        return status;
    status = read_twice(&plain, job);
    if (status != EXIT_OK)
        return status;
    list_derivatives(job, &names);
    o.names = job->program ? names.at : NULL;
    o.n_names = names.n;
    bool right = trial_run(job->arena, plain.ir, job->ir, &o, &out, &error);
    if (error)
        return job_complain(job, EXIT_USAGE, error);
    return print(job, &out, right ? EXIT_OK : EXIT_ERRORS);
}

// One file after the other; the status is that of the worst.
static int verify(Job *job)
{
    int worst = EXIT_OK, n = job->o.inputs.n;
    for (int i = 0; i < n; i++) {
        Job one = *job;
        one.o.input = job->o.inputs.at[i];
        one.diags = diags_new(job->arena);
        one.outputs = outputs_new(job->arena);
        for (int k = 0; k < one.o.warnings.n; k++)
            diag_set_flag(one.diags, one.o.warnings.at[k]);
        int status = verify_file(&one, n == 1 ? "" : arena_printf(job->arena, "%s%s\n", i ? "\n" : "", one.o.input));
        worst = status > worst ? status : worst;
    }
    return worst;
}

// ---- eval ----

static int eval(Job *job)
{
    Text out = text_in(job->arena);
    if (job_is_ir(job))
        return job_complain(job, EXIT_USAGE, "'adc eval' takes an .ad file");
    int status = compile(job);
    if (status == EXIT_OK)
        status = eval_expression(job, job->o.expression, &out);
    return status == EXIT_OK ? print(job, &out, EXIT_OK) : status;
}

// ---- report ----

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int report(Job *job)
{
    Job again;
    VEC(ReportSource) sources = {0};
    Text page = text_in(job->arena);
    int status = compile(job);
    if (status != EXIT_OK)
        return status;
    status = read_twice(&again, job);
    if (status != EXIT_OK)
        return status;
    for (int i = 0; job->tree && i < job->tree->sources.n; i++) {
        const Source *s = job->tree->sources.at[i];
        vec_push(job->arena, &sources, ((ReportSource){s->path, s->text, s->size}));
    }
    if (!report_html(job->arena, again.ir, base_name(job->o.input), job->o.level, sources.at, sources.n, &page))
        return job_bug("what was derived once cannot be derived again");
    output_add(job->outputs, job->o.output, page.at, page.n, OUTPUT_OURS);
    const char *error = outputs_write(job->outputs);
    return error ? job_complain(job, EXIT_FILE, error) : EXIT_OK;
}

int command_run(Job *job)
{
    static int (*const commands[])(Job *) = {[COMMAND_VERIFY] = verify, [COMMAND_EVAL] = eval, [COMMAND_REPORT] = report};
    return commands[job->o.command](job);
}
