// snippet.c - picks the parts of the runtime that a text needs (see snippet.h).
//
// The idea: depth first over "the text of this names an identifier that that defines", which is found by scanning,
// not declared.
#include "snippet.h"

#include <ctype.h>
#include <string.h>

enum { MAX_SNIPPETS = 256 };

typedef struct Paste {
    bool done[MAX_SNIPPETS];
    bool had[MAX_SNIPPETS]; // of those: they stand somewhere else
    Text *text;
} Paste;

// The snippet that defines the n characters at name; -1 if none does.
static int find(const char *name, size_t n)
{
    for (int i = 0; i < n_snippets; i++)
        for (const char *p = snippets[i].names; (p = strstr(p, " ")) != NULL && p[1] != '\0'; p++)
            if (strncmp(p + 1, name, n) == 0 && p[1 + n] == ' ')
                return i;
    return -1;
}

// The end of the comment or literal that starts at p, or p if none starts there.
static const char *skip(const char *p)
{
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        return end != NULL ? end + 2 : p + strlen(p);
    }
    if (p[0] == '/' && p[1] == '/')
        return p + strcspn(p, "\n");
    if (*p == '"' || *p == '\'') {
        char quote = *p++;
        while (*p != '\0' && *p != quote)
            p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
        return *p != '\0' ? p + 1 : p;
    }
    return p;
}

static void need(Paste *paste, int i);

// Pastes what the text c names.
static void scan(Paste *paste, const char *c)
{
    for (const char *p = c; *p != '\0';) {
        const char *after = skip(p);
        size_t n = 0;
        if (after != p) {
            p = after;
            continue;
        }
        while (isalnum((unsigned char)p[n]) || p[n] == '_')
            n++;
        if (n > 5 && (strncmp(p, "adrt_", 5) == 0 || strncmp(p, "ADRT_", 5) == 0)) {
            int i = find(p, n);
            if (i >= 0)
                need(paste, i);
        }
        p += n > 0 ? n : 1;
    }
}

// Pastes snippet i after all it needs, once. It is marked first, so that one that names itself ends the search.
static void need(Paste *paste, int i)
{
    if (paste->done[i])
        return;
    paste->done[i] = true;
    scan(paste, snippets[i].text);
    if (paste->text->n > 0)
        text_put(paste->text, "\n");
    text_put(paste->text, snippets[i].text);
}

// Whether c has the line `#include <x.h>` for the n characters `<x.h>`.
static bool includes_it(const char *c, const char *header, size_t n)
{
    for (const char *p = c; p != NULL && (p = strstr(p, "#include ")) != NULL; p += 9)
        if (strncmp(p + 9, header, n) == 0)
            return true;
    return false;
}

// The order of two headers. '>' ends both, so neither is the start of the other and the shorter length decides.
static int compare(const char *a, size_t na, const char *b, size_t nb)
{
    return strncmp(a, b, na < nb ? na : nb);
}

// The least header after `last` (NULL: the least of all) that a pasted snippet uses; its length in *n. NULL if there
// is none.
static const char *next_header(const Paste *paste, const char *last, size_t last_n, size_t *n)
{
    const char *best = NULL;
    for (int i = 0; i < n_snippets; i++) {
        if (!paste->done[i] || paste->had[i])
            continue;
        for (const char *h = strchr(snippets[i].includes, '<'); h != NULL; h = strchr(h + 1, '<')) {
            size_t len = strcspn(h, ">") + 1;
            bool later = last == NULL || compare(h, len, last, last_n) > 0;
            if (later && (best == NULL || compare(h, len, best, *n) < 0)) {
                best = h;
                *n = len;
            }
        }
    }
    return best;
}

void snippets_paste(const char *c, const char *had, Text *includes, Text *text)
{
    Text elsewhere = text_in(text->arena);
    Paste paste = {.text = &elsewhere};
    if (n_snippets > MAX_SNIPPETS)
        out_of_memory();
    scan(&paste, had);
    memcpy(paste.had, paste.done, sizeof paste.had);
    paste.text = text;
    scan(&paste, c);
    size_t n = 0;
    for (const char *h = next_header(&paste, NULL, 0, &n); h != NULL; h = next_header(&paste, h, n, &n))
        if (!includes_it(includes->at, h, n) && !includes_it(c, h, n))
            text_printf(includes, "#include %.*s\n", (int)n, h);
}
