// output.c — writes files all or not at all. See output.h.
//
// In: a list of paths and texts. Out: the files. The order: look at what is there, write temporary files and close
// them, rename. What is no regular file (a device, a pipe) is written directly. When something fails, what was made so
// far is removed.
//
//     f.ad.c, f.ad.h   ->   f.ad.c.adc-123 and f.ad.h.adc-123, complete   ->   renamed to f.ad.c and f.ad.h
#define _XOPEN_SOURCE 700               // realpath
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emit.h"

typedef struct Output {
    const char *path, *text;
    size_t n;
    OutputKind kind;
    const char *real;               // path with links followed: what is renamed to
    const char *temporary;          // NULL: written directly
    bool existed, renamed;
} Output;

struct Outputs {
    Arena *arena;
    VEC(Output) list;
    VEC(const char *) inputs;
};

Outputs *outputs_new(Arena *a)
{
    Outputs *out = NEW(a, Outputs);
    out->arena = a;
    return out;
}

void output_add(Outputs *out, const char *path, const char *text, size_t n, OutputKind kind)
{
    Output o = {.path = path, .text = text, .n = n, .kind = kind};
    vec_push(out->arena, &out->list, o);
}

void output_protect(Outputs *out, const char *path)
{
    vec_push(out->arena, &out->inputs, path);
}

static const char *trouble(Outputs *out, const char *path, const char *verb)
{
    return arena_printf(out->arena, "cannot %s '%s': %s", verb, path, strerror(errno));
}

// ---- what is there already ----

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

// Whether the file at path may be replaced, by its first line.
static bool may_replace(const Output *o)
{
    char line[512];
    FILE *f = fopen(o->path, "rb");
    if (!f)
        return true;                            // it cannot be read; whether it can be written will show
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (n == 0)
        return true;
    return o->kind == OUTPUT_DEPS ? strchr(line, ':') != NULL : strstr(line, EMIT_MARK_END) != NULL;
}

static const char *look(Outputs *out, Output *o)
{
    struct stat there, input;
    o->real = o->path;
    if (stat(o->path, &there) != 0)
        return errno == ENOENT ? NULL : trouble(out, o->path, "write");
    o->existed = true;
    if (S_ISDIR(there.st_mode))
        return arena_printf(out->arena, "cannot write '%s': it is a directory", o->path);
    if (!S_ISREG(there.st_mode))
        return NULL;
    for (int i = 0; i < out->inputs.n; i++)
        if (stat(out->inputs.at[i], &input) == 0 && same_file(&there, &input))
            return arena_printf(out->arena, "'%s' is an input file and will not be overwritten", o->path);
    if (!may_replace(o))
        return arena_printf(out->arena, "'%s' was not written by adc and will not be overwritten", o->path);
    char *real = realpath(o->path, NULL);
    if (real)
        o->real = arena_strdup(out->arena, real);
    free(real);
    return access(o->path, W_OK) == 0 ? NULL : trouble(out, o->path, "write");
}

// ---- writing ----

static bool put(FILE *f, const Output *o)
{
    return fwrite(o->text, 1, o->n, f) == o->n && fflush(f) == 0;
}

// To standard output or to what is no regular file.
static const char *write_directly(Outputs *out, Output *o)
{
    bool to_stdout = strcmp(o->path, "-") == 0;
    FILE *f = to_stdout ? stdout : fopen(o->path, "wb");
    bool ok = f && put(f, o);
    if (!ok) {
        const char *error = trouble(out, to_stdout ? "standard output" : o->path, "write");
        if (f && !to_stdout)
            fclose(f);
        return error;
    }
    return to_stdout || fclose(f) == 0 ? NULL : trouble(out, o->path, "write");
}

static const char *write_temporary(Outputs *out, Output *o)
{
    const char *path = NULL;
    int fd = -1;
    for (int i = 0; fd < 0 && i < 100; i++) {
        path = arena_printf(out->arena, "%s.adc-%ld-%d", o->real, (long)getpid(), i);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return trouble(out, o->path, "write");
    o->temporary = path;
    FILE *f = fdopen(fd, "wb");
    bool ok = f && put(f, o);
    const char *error = ok ? NULL : trouble(out, o->path, "write");
    if (f ? fclose(f) != 0 : close(fd) != 0)
        error = error ? error : trouble(out, o->path, "write");
    return error;
}

static const char *rename_all(Outputs *out)
{
    for (int i = 0; i < out->list.n; i++) {
        Output *o = &out->list.at[i];
        if (!o->temporary)
            continue;
        if (rename(o->temporary, o->real) != 0)
            return trouble(out, o->path, "write");
        o->renamed = true;
    }
    return NULL;
}

static bool is_direct(const Output *o)
{
    struct stat there;
    return strcmp(o->path, "-") == 0 || (stat(o->path, &there) == 0 && !S_ISREG(there.st_mode));
}

// For names and messages while there are temporary files: out_of_memory would leave them behind.
static void reserve_memory(Outputs *out)
{
    size_t bytes = 1 << 14;
    for (int i = 0; i < out->list.n; i++)
        bytes += 400 * (strlen(out->list.at[i].real ? out->list.at[i].real : out->list.at[i].path) + 64);
    arena_reserve(out->arena, bytes);
}

static const char *write_all(Outputs *out)
{
    const char *error = NULL;
    for (int i = 0; i < out->list.n && !error; i++)
        if (strcmp(out->list.at[i].path, "-") != 0)
            error = look(out, &out->list.at[i]);
    reserve_memory(out);
    for (int i = 0; i < out->list.n && !error; i++)
        if (!is_direct(&out->list.at[i]))
            error = write_temporary(out, &out->list.at[i]);
    for (int i = 0; i < out->list.n && !error; i++)
        if (is_direct(&out->list.at[i]) && !out->list.at[i].temporary)
            error = write_directly(out, &out->list.at[i]);
    return error ? error : rename_all(out);
}

const char *outputs_write(Outputs *out)
{
    const char *error = write_all(out);
    for (int i = 0; error && i < out->list.n; i++) {
        const Output *o = &out->list.at[i];
        if (o->temporary && (!o->renamed || !o->existed))
            unlink(o->renamed ? o->real : o->temporary);
    }
    return error;
}

// ---- prerequisites for make ----

// As gcc does: blanks and # take a backslash, $ is doubled, backslashes before a blank are doubled.
static void put_quoted(Text *t, const char *path)
{
    for (const char *s = path; *s; s++) {
        if (*s == ' ' || *s == '\t') {
            for (const char *b = s; b > path && b[-1] == '\\'; b--)
                text_put(t, "\\");
            text_put(t, "\\");
        } else if (*s == '#') {
            text_put(t, "\\");
        } else if (*s == '$') {
            text_put(t, "$");
        }
        text_putn(t, s, 1);
    }
}

char *deps_text(Arena *a, const char *raw_target, const char *const *outputs, int n_outputs,
                const char *const *paths, int n, bool phony)
{
    Text t = text_in(a);
    if (raw_target)
        text_put(&t, raw_target);
    for (int i = 0; !raw_target && i < n_outputs; i++) {
        text_put(&t, i ? " " : "");
        put_quoted(&t, outputs[i]);
    }
    text_put(&t, ":");
    for (int i = 0; i < n; i++) {
        text_put(&t, i ? " \\\n " : " ");
        put_quoted(&t, paths[i]);
    }
    text_put(&t, "\n");
    for (int i = 1; phony && i < n; i++) {
        put_quoted(&t, paths[i]);
        text_put(&t, ":\n");
    }
    return t.at;
}
