// report.c — a page about plans. See report.h.
//
// In: the plans that vjp.c and record.c carry out (keep.h), as they are made. Out: HTML. A value that the reverse needs is *kept* if it costs memory,
// and *had* if it does not, being in scope still, or computed again:
//
//     for (i..n) p = p * x[i];      line 3   p   on an array, one for each trip   8 n bytes   for the product in line 3
//
// Sizes are written in the program's own names where the bounds of loops are simple; a tape that grows is so much per trip.
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "keep.h"
#include "opt.h"
#include "rewrite.h"

// A value that is kept.
typedef struct Kept {
    IrLoc loc, why_loc;
    const char *name, *how, *size, *per, *why;      // per: " in each trip of line 3", or ""
} Kept;

// A remark about a loop.
typedef struct Remark {
    IrLoc loc;
    const char *text;
} Remark;

// About one plan.
typedef struct Sheet {
    const char *name, *what;
    VEC(Kept) kept;
    VEC(Remark) remarks;
    int in_scope, again;                    // values that are had for nothing, or for some arithmetic
} Sheet;

typedef struct Report {
    Arena *arena;
    VEC(Sheet *) sheets;
} Report;

// ---- sizes ----

static int elem_bytes(Type t)
{
    switch ((Elem)t.elem) {
    case E_INT: return 4;
    case E_BOOL: case E_BIT: return 1;
    case E_STRUCT: return 8 * struct_scalars(t.st);
    default: return 8;
    }
}

enum { MAX_DEPTH = 4 };

// An int as the program might have written it; false if that is no short matter.
static bool put_int(Text *out, const Value *v, int depth)
{
    static const struct { OpCode code; const char *text; } infix[] = {{OP_iadd, " + "}, {OP_isub, " - "}, {OP_imul, " * "}};
    int64_t x;
    if (ir_is_int_const(v, &x)) {
        text_printf(out, "%lld", (long long)x);
        return true;
    }
    if (v->name) {
        text_put(out, v->name);
        return true;
    }
    for (size_t i = 0; v->def && depth < MAX_DEPTH && i < sizeof infix / sizeof *infix; i++) {
        if (v->def->code != infix[i].code)
            continue;
        text_put(out, "(");
        bool ok = put_int(out, v->def->in[0], depth + 1);
        text_put(out, infix[i].text);
        ok = ok && put_int(out, v->def->in[1], depth + 1);
        text_put(out, ")");
        return ok;
    }
    return false;
}

// How many trips a counted loop makes.
static void put_trips(Text *out, const Op *loop)
{
    Text t = text_in(out->arena);
    int64_t lo;
    bool from_0 = ir_is_int_const(loop->in[0], &lo) && lo == 0;
    bool ok = put_int(&t, loop->in[1], 0);
    if (ok && !from_0) {
        text_put(&t, " - ");
        ok = put_int(&t, loop->in[0], 1);
    }
    if (!ok)
        text_printf(out, "trips of line %d", loop->loc.line);
    else if (from_0 && abs(loop->step) == 1)
        text_put(out, t.at);
    else
        text_printf(out, abs(loop->step) == 1 ? "(%s)" : "(%s) / %d", t.at, abs(loop->step));
}

static void put_dims(Text *out, const Value *v)
{
    for (int k = 0; v->root && k < v->root->type.rank; k++) {
        int constant;
        Value *d = root_dim(v->root, k, &constant);
        Text t = text_in(out->arena);
        if (!d)
            text_printf(out, " · %d", constant);
        else if (put_int(&t, d, 0))
            text_printf(out, " · %s", t.at);
        else
            text_put(out, " · ?");
    }
}

static const char *size_of(Report *r, const Plan *p, const Value *v)
{
    Text out = text_in(r->arena);
    const RegionPlan *rp = region_plan(p, v->region);
    text_printf(&out, "%d", elem_bytes(v->type));
    if (how_of(p, v) == HOW_TAPE)
        for (int i = 0; i < rp->loops.n; i++) {
            text_put(&out, " · ");
            put_trips(&out, rp->loops.at[i]);
        }
    if (v->type.kind == K_ARRAY)
        put_dims(&out, v);
    return out.at;
}

// How often a tape that grows gets that.
static const char *per(Report *r, const Plan *p, const Value *v)
{
    const Region *loop = v->region;
    if (how_of(p, v) != HOW_APPEND)
        return "";
    while (loop->owner && loop->owner->code != OP_loop)
        loop = loop->owner->parent;
    return loop->owner ? arena_printf(r->arena, " in each trip of line %d", loop->owner->loc.line) : " in each call";
}

// ---- what is told of a value ----

static IrLoc place_of(const Value *v)
{
    if (v->def)
        return v->def->loc;
    return v->region->owner ? v->region->owner->loc : v->region->func->loc;
}

static const char *name_of(Report *r, const Value *v)
{
    if (v->name)
        return v->name;
    if (!v->def)
        return "a value";
    const OpInfo *info = &op_info[v->def->code];
    if (op_is_scalar(v->def->code) && info->style == ST_CALL)
        return arena_printf(r->arena, "%s(…)", info->name);
    if (op_is_scalar(v->def->code) && info->style == ST_INFIX)
        return arena_printf(r->arena, "… %s …", info->c);
    if (v->def->code == OP_load && ir_top_root(v->def->in[0])->name)
        return arena_printf(r->arena, "%s[…]", ir_top_root(v->def->in[0])->name);
    return v->def->code == OP_if ? "a branch" : "a value";
}

static const char *how_text(How how, const Value *v)
{
    bool array = v->type.kind == K_ARRAY;
    switch (how) {
    case HOW_TAPE: return array ? "an array for each trip" : "one for each trip, on an array";
    case HOW_APPEND: return array ? "all of it, on a tape that grows" : "on a tape that grows";
    case HOW_COPY: return "a copy, since it is overwritten";
    default: return NULL;
    }
}

static const char *why_text(Report *r, const Op *op)
{
    if (!op)
        return "to have what else is kept";
    const OpInfo *info = &op_info[op->code];
    switch (op->code) {
    case OP_if: return "the branch that was taken";
    case OP_loop: return "the trips that were made";
    case OP_call: return arena_printf(r->arena, "the derivative of %s", op->callee->source_name ? op->callee->source_name : op->callee->name);
    case OP_load: case OP_store: case OP_acc: case OP_slice: case OP_within: return "the element that was meant";
    case OP_shape: case OP_new: return "the size of an array";
    case OP_gemm: return "the derivative of matmul";
    case OP_lu_solve: case OP_lower_solve: return "the derivative of solve";
    case OP_lu_logdet: return "the derivative of logdet";
    default: return arena_printf(r->arena, "the derivative of %s", op_is_scalar(op->code) && info->style == ST_INFIX ? info->c : info->name);
    }
}

static void note_value(Report *r, Sheet *s, const Plan *p, const Value *v)
{
    How how = how_of(p, v);
    const char *text = how_text(how, v);
    bool counted = type_is_scalar(v->type) && v->def && v->def->n_in > 0;          // no constants, no arguments
    s->again += counted && how == HOW_REDO;
    s->in_scope += counted && (how == HOW_DIRECT || how == HOW_YIELD || how == HOW_RESULT || how == HOW_EXIT) && p->why[v->id];
    if (!text)
        return;
    const Op *why = p->why[v->id];
    Kept k = {place_of(v), why ? why->loc : (IrLoc){NULL, 0, 0}, name_of(r, v), text, size_of(r, p, v), per(r, p, v), why_text(r, why)};
    vec_push(r->arena, &s->kept, k);
}

static void note_loop(Report *r, Sheet *s, const Plan *p, const Op *op)
{
    const OpPlan *o = op_plan(p, op);
    const char *text = NULL;
    if (o && o->fused == FUSE_EARLY)
        text = "each trip is reversed as soon as it has run: nothing is kept from trip to trip";
    else if (o && o->fused == FUSE_LATE)
        text = "runs once more when its turn comes in the reverse, each trip reversed as soon as it has run";
    else if (o && o->rerun)
        text = "its trips run again from the states that are kept";
    if (text)
        vec_push(r->arena, &s->remarks, ((Remark){op->loc, text}));
}

static void walk(Report *r, Sheet *s, const Plan *p, const Region *region)
{
    for (int i = 0; i < region->args.n; i++)
        note_value(r, s, p, region->args.at[i]);
    for (int i = 0; i < region->ops.n; i++) {
        const Op *op = region->ops.at[i];
        if (op->code == OP_loop)
            note_loop(r, s, p, op);
        for (int k = 0; k < op->n_out; k++)
            note_value(r, s, p, op->out[k]);
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                walk(r, s, p, op->regions[k]);
    }
}

static int by_line(const void *x, const void *y)
{
    const Kept *a = x, *b = y;
    return a->loc.line != b->loc.line ? (a->loc.line > b->loc.line) - (a->loc.line < b->loc.line) : strcmp(a->name, b->name);
}

static void on_plan(void *user, const Func *d, const Plan *p)
{
    Report *r = user;
    Sheet *s = NEW(r->arena, Sheet);
    bool named = d->source_name != NULL;
    const char *base = p->f->source_name ? p->f->source_name : p->f->name;
    *s = (Sheet){.name = named ? d->source_name : d->name,
                 .what = named ? arena_printf(r->arena, "the adjoint of %s", base) : arena_printf(r->arena, "%s, as it is called in what is differentiated", base)};
    walk(r, s, p, p->f->body);
    if (s->kept.n)
        qsort(s->kept.at, (size_t)s->kept.n, sizeof *s->kept.at, by_line);
    vec_push(r->arena, &r->sheets, s);
}

// ---- HTML ----

static const char STYLE[] =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{text-align:left;padding:.2em .8em;border-bottom:1px solid #ddd;vertical-align:top}"
    "pre,code{font:13px/1.45 ui-monospace,monospace}pre{margin:1em 0;overflow-x:auto}.l{color:#999;user-select:none}"
    ".k{background:#ffe9c7}.m{background:#dff0d8}.n{color:#a60;padding-left:2em}.n.m{background:none;color:#383}";

static void put_escaped(Text *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '<')
            text_put(out, "&lt;");
        else if (c == '>')
            text_put(out, "&gt;");
        else if (c == '&')
            text_put(out, "&amp;");
        else
            text_putn(out, &c, 1);
    }
}

static void put_text(Text *out, const char *s)
{
    put_escaped(out, s, strlen(s));
}

static void put_cell(Text *out, const char *s)
{
    text_put(out, "<td>");
    put_text(out, s);
    text_put(out, "</td>");
}

static const char *line_text(Report *r, IrLoc loc)
{
    return loc.line ? arena_printf(r->arena, "line %d", loc.line) : "";
}

static void put_kept(Report *r, Text *out, const Sheet *s)
{
    if (!s->kept.n) {
        text_put(out, "<p>Nothing is kept that costs memory.</p>\n");
        return;
    }
    text_put(out, "<table><tr><th>where</th><th>value</th><th>how it is kept</th><th>bytes</th><th>for</th></tr>\n");
    for (int i = 0; i < s->kept.n; i++) {
        const Kept *k = &s->kept.at[i];
        text_put(out, "<tr>");
        put_cell(out, line_text(r, k->loc));
        put_cell(out, k->name);
        put_cell(out, k->how);
        put_cell(out, arena_printf(r->arena, "%s%s", k->size, k->per));
        put_cell(out, k->why_loc.line ? arena_printf(r->arena, "%s, line %d", k->why, k->why_loc.line) : k->why);
        text_put(out, "</tr>\n");
    }
    text_put(out, "</table>\n");
}

// What is kept and remarked of a line, beside it.
static void put_line(Report *r, Text *out, const Sheet *s, const ReportSource *source, int number, const char *line, size_t n)
{
    Text notes = text_in(r->arena);
    bool kept = false, remarked = false;
    text_put(&notes, "");
    for (int i = 0; i < s->kept.n; i++) {
        const Kept *k = &s->kept.at[i];
        if (k->loc.line != number || !k->loc.file || strcmp(k->loc.file, source->path) != 0)
            continue;
        text_printf(&notes, "%s%s: %s bytes%s", kept ? "; " : "keeps ", k->name, k->size, k->per);
        kept = true;
    }
    for (int i = 0; i < s->remarks.n; i++) {
        const Remark *m = &s->remarks.at[i];
        if (m->loc.line != number || !m->loc.file || strcmp(m->loc.file, source->path) != 0)
            continue;
        text_printf(&notes, "%s%s", notes.n ? "; " : "", m->text);
        remarked = true;
    }
    text_printf(out, "<span class=l>%4d  </span><span%s>", number, kept ? " class=k" : remarked ? " class=m" : "");
    put_escaped(out, line, n);
    text_put(out, "</span>");
    if (notes.n) {
        text_printf(out, "<span class=\"n%s\">", kept ? "" : " m");
        put_text(out, notes.at);
        text_put(out, "</span>");
    }
    text_put(out, "\n");
}

static bool is_about(const Sheet *s, const char *path)
{
    for (int i = 0; i < s->kept.n; i++)
        if (s->kept.at[i].loc.file && strcmp(s->kept.at[i].loc.file, path) == 0)
            return true;
    for (int i = 0; i < s->remarks.n; i++)
        if (s->remarks.at[i].loc.file && strcmp(s->remarks.at[i].loc.file, path) == 0)
            return true;
    return false;
}

static void put_source(Report *r, Text *out, const Sheet *s, const ReportSource *source)
{
    const char *at = source->text, *end = source->text + source->size;
    text_put(out, "<details open><summary>");
    put_text(out, source->path);
    text_put(out, "</summary><pre>\n");
    for (int number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
        size_t n = (size_t)(stop - at);
        put_line(r, out, s, source, number, at, n && at[n - 1] == '\r' ? n - 1 : n);
        at = newline ? newline + 1 : end;
    }
    text_put(out, "</pre></details>\n");
}

static void put_sheet(Report *r, Text *out, const Sheet *s, int number, const ReportSource *sources, int n_sources)
{
    text_printf(out, "<h2 id=s%d>", number);
    put_text(out, s->name);
    text_put(out, "</h2>\n<p>");
    put_text(out, s->what);
    text_printf(out, ". Of what its reverse sweep needs, %d value%s still in scope and %d computed again.</p>\n", s->in_scope,
                s->in_scope == 1 ? " is" : "s are", s->again);
    put_kept(r, out, s);
    for (int i = 0; i < n_sources; i++)
        if (is_about(s, sources[i].path))
            put_source(r, out, s, &sources[i]);
}

static void put_page(Report *r, Text *out, const char *title, const ReportSource *sources, int n_sources)
{
    text_printf(out, "<!DOCTYPE html><!-- /* %s%s -->\n", title, EMIT_MARK_END);
    text_put(out, "<html lang=en><meta charset=utf-8><title>");
    put_text(out, title);
    text_printf(out, "</title><style>%s</style>\n<h1>What the derivatives of ", STYLE);
    put_text(out, title);
    text_put(out, " keep</h1>\n<p>The reverse sweep of an adjoint needs values of the function again. Those that cost memory are listed, with what asks for them.</p>\n<ul>\n");
    for (int i = 0; i < r->sheets.n; i++) {
        text_printf(out, "<li><a href=\"#s%d\">", i);
        put_text(out, r->sheets.at[i]->name);
        text_printf(out, "</a>: %d kept</li>\n", r->sheets.at[i]->kept.n);
    }
    text_put(out, "</ul>\n");
    if (!r->sheets.n)
        text_put(out, "<p>No derivative in this file has a reverse sweep.</p>\n");
    for (int i = 0; i < r->sheets.n; i++)
        put_sheet(r, out, r->sheets.at[i], i, sources, n_sources);
    text_put(out, "</html>\n");
}

// What comes before `derive`, as in pipeline.c.
static void make_ready(Module *m, int level)
{
    for (int i = 0; i < m->funcs.n; i++) {
        Func *f = m->funcs.at[i];
        if (!func_has_body(f))
            continue;
        opt_counted(f);
        if (level > 0)
            opt_simplify(f);
        opt_dce(f);
    }
}

static void no_report(void *user, bool is_error, IrLoc loc, const char *message, IrLoc note_loc, const char *note)
{
    (void)user, (void)is_error, (void)loc, (void)message, (void)note_loc, (void)note;
}

bool report_html(Arena *a, Module *m, const char *title, int level, const ReportSource *sources, int n_sources, Text *out)
{
    Report r = {.arena = a};
    DeriveWatch watch = {on_plan, &r};
    make_ready(m, level);
    if (!derive_all_watched(m, no_report, NULL, &watch))
        return false;
    put_page(&r, out, title, sources, n_sources);
    return true;
}
