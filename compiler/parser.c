// parser.c — the drive through a file and what it imports, and the tokens' way from the scanner to the grammar.
//
// In: a path. Out: a Module with the declarations of all files, or messages (see parse_file in ast.h). Imports are
// followed after a file has been parsed: its declarations are gone through in order, and those of a file imported for
// the first time are put where the import stands.
//
//     a.ad: import "b.ad"; const int N = M;         b.ad: const int M = 3;
//     ->  TOP_IMPORT "b.ad", TOP_CONST M (imported), TOP_CONST N
#include "parser.h"
#include "parse.tab.h"

#include <assert.h>
#include <string.h>

// ---------------------------------------------------------------------------------------------------------------
// tokens

static const char closers[] = ")]}", openers[] = "([{";

// Keeps the list of open brackets. A closing one also closes what was left open inside its pair, unless it has no
// partner at all.
static void track_bracket(Parser *p, int kind, Loc loc)
{
    p->closes_nothing = false;
    if (strchr(openers, kind)) {
        if (p->n_open < MAX_OPEN) p->open[p->n_open] = loc;
        p->n_open++;
        return;
    }
    char partner = openers[strchr(closers, kind) - closers];
    if (p->n_open > MAX_OPEN) { p->n_open--; return; }
    for (int i = p->n_open; i > 0; i--) {
        if (p->source->text[p->open[i - 1].begin] != partner) continue;
        p->n_open = i - 1;
        return;
    }
    p->closes_nothing = true;
}

static void remember(Parser *p, int kind, Loc loc, const char *name)
{
    p->before = p->token;
    p->token = (SeenToken){kind, loc, name};
    if (p->fresh) p->first = p->token;
    p->fresh = kind == ';' || kind == '{' || kind == '}';
    p->braces_before = p->braces;
    p->braces += kind == '{';
    if (kind == '}' && p->braces > 0) p->braces--;
    p->closes_nothing = false;
    if (kind > 0 && kind < 256 && strchr("()[]{}", kind)) track_bracket(p, kind, loc);
}

static int next_token(AD_STYPE *value, AD_LTYPE *loc, Parser *p)
{
    bool stop = p->at_end || diag_full(p->b.diags);
    int kind = stop ? 0 : scan_token(p, value, loc);
    if (kind == 0) *loc = (Loc){p->source, (uint32_t)p->source->size, (uint32_t)p->source->size};
    if (p->at.file) *loc = p->at;
    remember(p, kind, *loc, kind == TOK_IDENT ? value->TOK_IDENT : NULL);
    return kind;
}

void parser_recover(Parser *p)
{
    p->recovering = true;
    p->recover_to = p->braces_before;
}

// Round and square brackets that are still open were part of what has been given up.
void parser_recovered(Parser *p)
{
    p->recovering = false;
    while (p->n_open > 0 && p->n_open <= MAX_OPEN && p->source->text[p->open[p->n_open - 1].begin] != '{') p->n_open--;
}

// True if `token` closed a round or square bracket inside another one.
static bool inside_brackets(const Parser *p, int kind)
{
    if ((kind != ')' && kind != ']') || p->n_open == 0 || p->n_open > MAX_OPEN) return false;
    return p->source->text[p->open[p->n_open - 1].begin] != '{';
}

// Reads on behind a '{' up to its '}' and gives both and all between as one GROUP token, or 0 if the file ends first.
static int skip_group(AD_STYPE *value, AD_LTYPE *loc, Parser *p)
{
    Loc open = p->token.loc;
    while (p->braces > p->recover_to)
        if (next_token(value, loc, p) == 0) return 0;
    *loc = loc_join(open, *loc);
    return TOK_GROUP;
}

// bison's source of tokens. While it recovers, it gets neither what stands in braces nor the ends of inner brackets:
// only the ')' that ends the outermost bracket of the statement is a place to go on from.
int ad_lex(AD_STYPE *value, AD_LTYPE *loc, Parser *p)
{
    if (p->recovering && p->braces > p->recover_to) return skip_group(value, loc, p);   // the error was found at the '{' itself
    int kind = next_token(value, loc, p);
    if (kind == TOK_AD_error && !p->recovering) parser_recover(p);
    while (p->recovering && inside_brackets(p, kind)) kind = next_token(value, loc, p);
    return p->recovering && p->braces > p->recover_to ? skip_group(value, loc, p) : kind;
}

// ----------------------------------------------------------------------------------------------------------------
// files

enum { MAX_IMPORT_DEPTH = 100 };    // imports in imports

typedef struct Driver {
    const ParseOptions *options;
    Module *module;
    bool unreadable;
    int depth;
} Driver;

static void report_bad_byte(Diags *d, Source *source, size_t at)
{
    unsigned char byte = (unsigned char)source->text[at];
    Loc loc = {source, (uint32_t)at, (uint32_t)at + 1};
    if (byte == 0) diag_error(d, loc, "the file holds a NUL byte, so it is no text");
    else diag_error(d, loc, "the file is not valid UTF-8 (byte 0x%02X)", byte);
    if (at == 0 && (byte == 0xFF || byte == 0xFE)) diag_note(d, loc, "it looks like UTF-16; save it as UTF-8");
}

// Parses one file's text. The Parser holds what came of it.
static Parser *parse_source(Driver *driver, Source *source)
{
    const ParseOptions *o = driver->options;
    Parser *p = NEW(o->arena, Parser);
    p->b = (AstBuilder){.arena = o->arena, .names = o->names, .diags = o->diags};
    p->source = source;
    p->at = o->at;
    p->fresh = true;
    vec_push(o->arena, &driver->module->sources, source);
    size_t bad = source_first_bad_byte(source);
    if (bad < source->size) {
        report_bad_byte(o->diags, source, bad);
        return p;
    }
    scan_begin(p);
    int failed = ad_parse(p);
    scan_end(p);
    assert(failed == 0 || diag_errors(o->diags) > 0);
    (void)failed;
    return p;
}

// The path of an import, as looked for in `dir`: beside it if it is a file's path, in it if it ends in '/' or is_dir.
static const char *path_in(Arena *a, const char *dir, size_t n, const char *path)
{
    if (path[0] == '/' || n == 0) return path;
    return arena_printf(a, "%.*s%s%s", (int)n, dir, dir[n - 1] == '/' ? "" : "/", path);
}

// The file at path, if it has been read already: a file is read once, however often and by whatever name it is imported.
static Source *known_file(const Driver *driver, const char *path)
{
    for (int i = 0; i < driver->module->sources.n; i++)
        if (source_is_at(driver->module->sources.at[i], path)) return driver->module->sources.at[i];
    return NULL;
}

// The file of an import: beside the importing file, then along -I. NULL, with a message, if there is none.
static Source *find_import(Driver *driver, Source *importer, const Import *import)
{
    const ParseOptions *o = driver->options;
    const char *slash = strrchr(importer->path, '/'), *first_reason = NULL, *reason = NULL;
    const char *wanted = import->path.text;
    Source *source = NULL;
    for (int i = -1; i < o->n_include_dirs; i++) {
        const char *dir = i < 0 ? importer->path : o->include_dirs[i];
        size_t n = i >= 0 ? strlen(dir) : slash ? (size_t)(slash - dir) + 1 : 0;
        const char *path = path_in(o->arena, dir, n, wanted);
        bool is_file = *wanted && strcmp(path, "-") != 0;
        Source *known = is_file ? known_file(driver, path) : NULL;
        if (known || (is_file && source_read(o->arena, path, &source, &reason) == SOURCE_OK)) return known ? known : source;
        if (!first_reason) first_reason = reason ? reason : "it has no name";
        if (wanted[0] == '/') break;
    }
    diag_error(o->diags, import->path.loc, "cannot read '%s', which '%s' imports: %s", wanted, importer->path, first_reason);
    if (wanted[0] != '/')
        diag_note(o->diags, import->path.loc, "it was looked for beside the importing file%s",
                  o->n_include_dirs > 0 ? " and in the -I directories" : "; other places are named with -I");
    driver->unreadable = true;
    return NULL;
}

static bool same_file(const Source *a, const Source *b)
{
    if (a == b) return true;
    if (a->inode != 0 && b->inode != 0) return a->inode == b->inode && a->device == b->device;
    return strcmp(a->path, b->path) == 0;
}

// Reports a cycle: `importer` imports `again`, which has led to it by the imports in between.
static void report_cycle(Diags *d, const Import *import, Source *importer, const Source *again)
{
    if (importer == again) diag_error(d, import->loc, "'%s' imports itself", importer->path);
    else diag_error(d, import->loc, "import cycle: '%s' imports '%s', which leads back to '%s'", importer->path, again->path, importer->path);
    for (Source *s = importer; s != again; s = s->importer)
        diag_note(d, (Loc){s->importer, s->import_begin, s->import_end}, "'%s' is imported here", s->path);
}

static void add_file(Driver *driver, Source *source);

// Follows one import of `importer`, unless the file has been read before.
static void follow(Driver *driver, Source *importer, Import *import)
{
    Diags *d = driver->options->diags;
    Source *source = find_import(driver, importer, import);
    if (!source) return;
    for (Source *s = importer; s; s = s->importer)
        if (same_file(s, source)) { report_cycle(d, import, importer, s); return; }
    for (int i = 0; i < driver->module->sources.n; i++)
        if (same_file(driver->module->sources.at[i], source)) { import->source = driver->module->sources.at[i]; return; }
    if (driver->depth >= MAX_IMPORT_DEPTH) {
        diag_error(d, import->loc, "imports are nested too deeply; at most %d levels are allowed", MAX_IMPORT_DEPTH);
        return;
    }
    import->source = source;
    source->importer = importer;
    source->import_begin = import->loc.begin;
    source->import_end = import->loc.end;
    add_file(driver, source);
}

static void mark_imported(TopDecl *t)
{
    t->imported = true;
    switch (t->kind) {
    case TOP_IMPORT:   t->import->imported = true; break;
    case TOP_STRUCT:   t->struct_->imported = true; break;
    case TOP_FUNCTION: t->function->imported = true; break;
    case TOP_DERIVE:   t->derive->imported = true; break;
    case TOP_CUSTOM:   t->custom->imported = true; break;
    case TOP_CONST:    break;
    }
}

// Parses a file and puts its declarations and those of its imports into the module.
static void add_file(Driver *driver, Source *source)
{
    Module *m = driver->module;
    Parser *p = parse_source(driver, source);
    driver->depth++;
    for (int i = 0; i < p->decls.n; i++) {
        TopDecl *t = p->decls.at[i];
        if (source != m->source) mark_imported(t);
        vec_push(m->arena, &m->decls, t);
        if (t->kind == TOP_IMPORT) follow(driver, source, t->import);
    }
    driver->depth--;
}

static Module *parse_module(const ParseOptions *options, Source *source, ParseStatus *status)
{
    int errors_before = diag_errors(options->diags);
    Module *m = NEW(options->arena, Module);
    *m = (Module){.arena = options->arena, .names = options->names, .source = source};
    Driver driver = {.options = options, .module = m};
    add_file(&driver, source);
    *status = driver.unreadable ? PARSE_UNREADABLE : diag_errors(options->diags) > errors_before ? PARSE_ERRORS : PARSE_OK;
    return m;
}

Module *parse_file(const ParseOptions *options, const char *path, ParseStatus *status)
{
    Source *source = NULL;
    const char *reason = NULL;
    if (source_read(options->arena, path, &source, &reason) != SOURCE_OK) {
        diag_error(options->diags, (Loc){0}, "cannot read '%s': %s", path, reason);
        *status = PARSE_UNREADABLE;
        return NULL;
    }
    return parse_module(options, source, status);
}

Module *parse_text(const ParseOptions *options, const char *path, const char *text, size_t size, ParseStatus *status)
{
    if (size > SOURCE_MAX_BYTES) {
        diag_error(options->diags, (Loc){0}, "'%s' is larger than %d MB", path, SOURCE_MAX_BYTES / 1024 / 1024);
        *status = PARSE_UNREADABLE;
        return NULL;
    }
    return parse_module(options, source_from_text(options->arena, path, text, size), status);
}
