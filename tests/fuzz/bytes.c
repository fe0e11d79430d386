// bytes.c - bytes of any kind as a source, or (compiled with FUZZ_IR) as the text of IR, for libFuzzer; see bytes.sh.
//
// In: what libFuzzer makes of the cases. Held: no crash, no assertion, no leak; what is refused gets a message (of IR, one with a place);
// what is taken goes through every pass without breaking an invariant, and through the emitter; IR that is read and printed can be read again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "lower.h"
#include "pipeline.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { MOST_BYTES = 1 << 13, MOST_VALUES = 50 };

static void demand(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void told(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)note_loc, (void)note;
    demand(message && *message, "no message");
}

// All passes; then C, if the passes had nothing to say against it.
static void compile(Arena *a, Module *m)
{
    int values = 0;
    for (int i = 0; i < m->funcs.n; i++)
        values += m->funcs.at[i]->n_values;
    if (values > MOST_VALUES) // so that many inputs can be tried
        return;
    const char *message = "";
    PipelineOptions options = {.level = 2, .verify = true, .report = told};
    PipelineStatus status = pipeline_run(a, m, &options, &message);
    demand(status != PIPELINE_BUG, message);
    Text c = text_in(a), h = text_in(a);
    EmitOptions how = {.standalone = values % 2 == 0, .header = "bytes.h"};
    if (status == PIPELINE_OK)
        demand(emit_c(&c, m, &how) && emit_h(&h, m, &how), "the C could not be printed");
}

#ifdef FUZZ_IR

static void run(Arena *a, const char *text, size_t size)
{
    (void)size;
    char *error = NULL, *wrong;
    Module *m = ir_parse(a, "bytes.ir", text, &error);
    if (!m) {
        demand(error && strncmp(error, "bytes.ir:", 9) == 0, "a message without a place");
        return;
    }
    wrong = ir_verify(a, m);
    if (wrong)
        return;
    Text first = text_in(a), second = text_in(a);
    ir_print(&first, m);
    Module *again = ir_parse(a, "bytes.ir", first.at ? first.at : "", &error);
    demand(again != NULL, error ? error : "what was printed cannot be read");
    ir_print(&second, again);
    demand(first.n == second.n && (first.n == 0 || memcmp(first.at, second.at, first.n) == 0), "printed twice, it differs");
    compile(a, m);
}

#else

static void run(Arena *a, const char *text, size_t size)
{
    Interner *names = interner_new(a);
    Diags *d = diags_new(a);
    ParseOptions options = {.arena = a, .names = names, .diags = d};
    ParseStatus status;
    AstModule *tree = parse_text(&options, "bytes.ad", text, size, &status);
    if (status != PARSE_OK) {
        demand(diag_errors(d) > 0, "refused without a message");
        return;
    }
    Program *p = check_module(tree, d);
    if (diag_errors(d) > 0)
        return;
    compile(a, lower(a, p, (LowerOptions){.check = size % 2 == 0}));
}

#endif

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    if (size > MOST_BYTES)
        return 0;
    Arena *a = arena_new();
    char *text = arena_alloc(a, size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    run(a, text, size);
    arena_free(a);
    return 0;
}
