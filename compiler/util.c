// util.c — arenas, vectors, text, interned strings, pointer map. See util.h for the contracts.
#include "util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- arenas: a list of blocks, each twice the last up to 1 MB; a request larger than that gets a block of its own ----

typedef struct Block {
    struct Block *next;
    size_t used, size;
    max_align_t data[];
} Block;

struct Arena {
    Block *blocks;
    size_t total;
};

enum { FIRST_BLOCK = 1 << 12, LAST_BLOCK = 1 << 20 };

_Noreturn void out_of_memory(void)
{
    fputs("adc: error: out of memory\n", stderr);
    exit(3);
}

static Block *block_new(size_t size, Block *next)
{
    Block *b = calloc(1, sizeof *b + size);
    if (!b)
        out_of_memory();
    b->next = next;
    b->size = size;
    return b;
}

Arena *arena_new(void)
{
    Arena *a = calloc(1, sizeof *a);
    if (!a)
        out_of_memory();
    return a;
}

void arena_free(Arena *a)
{
    if (!a)
        return;
    for (Block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

// A block with room for `bytes` in front of the others.
static Block *block_for(Arena *a, size_t bytes)
{
    Block *b = a->blocks;
    if (!b || b->size - b->used < bytes) {
        size_t size = !b ? FIRST_BLOCK : b->size * 2 < LAST_BLOCK ? b->size * 2 : LAST_BLOCK;
        a->blocks = b = block_new(size < bytes ? bytes : size, b);
    }
    return b;
}

void arena_reserve(Arena *a, size_t bytes)
{
    block_for(a, bytes);
}

void *arena_alloc(Arena *a, size_t bytes)
{
    size_t align = sizeof(max_align_t);
    if (bytes > SIZE_MAX - 2 * align)
        out_of_memory();
    bytes = (bytes + align - 1) / align * align;
    Block *b = block_for(a, bytes);
    void *p = (char *)b->data + b->used;
    b->used += bytes;
    a->total += bytes;
    return p;
}

size_t arena_bytes(const Arena *a)
{
    return a->total;
}

void *arena_copy(Arena *a, const void *from, size_t bytes)
{
    void *p = arena_alloc(a, bytes);
    if (bytes)
        memcpy(p, from, bytes);
    return p;
}

char *arena_strndup(Arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *arena_strdup(Arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(Arena *a, const char *format, ...)
{
    Text t = text_in(a);
    va_list args;
    va_start(args, format);
    text_vprintf(&t, format, args);
    va_end(args);
    return t.at;
}

void *vec_grow(Arena *a, void *at, int n, int *cap, size_t size)
{
    int grown = *cap ? *cap * 2 : 4;
    void *p = arena_alloc(a, (size_t)grown * size);
    if (n)
        memcpy(p, at, (size_t)n * size);
    *cap = grown;
    return p;
}

// ---- text ----

Text text_in(Arena *a)
{
    return (Text){.arena = a, .at = arena_alloc(a, 1)};
}

static void text_reserve(Text *t, size_t more)
{
    if (t->n + more + 1 <= t->cap)
        return;
    size_t cap = t->cap ? t->cap : 64;
    while (cap < t->n + more + 1)
        cap *= 2;
    char *p = arena_alloc(t->arena, cap);
    memcpy(p, t->at, t->n);
    t->at = p;
    t->cap = cap;
}

void text_putn(Text *t, const char *s, size_t n)
{
    text_reserve(t, n);
    if (n)
        memcpy(t->at + t->n, s, n);
    t->n += n;
    t->at[t->n] = '\0';
}

void text_put(Text *t, const char *s)
{
    text_putn(t, s, strlen(s));
}

void text_vprintf(Text *t, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n > 0) {
        text_reserve(t, (size_t)n);
        vsnprintf(t->at + t->n, (size_t)n + 1, format, again);
        t->n += (size_t)n;
    }
    va_end(again);
}

void text_printf(Text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vprintf(t, format, args);
    va_end(args);
}

// ---- interned strings: open addressing, at most half full ----

typedef struct Entry {
    const char *s;
    size_t n;
} Entry;

struct Interner {
    Arena *arena;
    Entry *at;
    size_t n, cap;
};

static uint64_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = 1469598103934665603u;                          // FNV-1a
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h;
}

Interner *interner_new(Arena *a)
{
    Interner *in = NEW(a, Interner);
    in->arena = a;
    in->cap = 256;
    in->at = NEW_N(a, Entry, in->cap);
    return in;
}

static Entry *intern_slot(Entry *at, size_t cap, const char *s, size_t n)
{
    size_t i = (size_t)hash_bytes(s, n) & (cap - 1);
    while (at[i].s && !(at[i].n == n && memcmp(at[i].s, s, n) == 0))
        i = (i + 1) & (cap - 1);
    return &at[i];
}

static void intern_grow(Interner *in)
{
    size_t cap = in->cap * 2;
    Entry *at = NEW_N(in->arena, Entry, cap);
    for (size_t i = 0; i < in->cap; i++)
        if (in->at[i].s)
            *intern_slot(at, cap, in->at[i].s, in->at[i].n) = in->at[i];
    in->at = at;
    in->cap = cap;
}

const char *intern(Interner *in, const char *s, size_t n)
{
    Entry *e = intern_slot(in->at, in->cap, s, n);
    if (e->s)
        return e->s;
    const char *copy = arena_strndup(in->arena, s, n);
    *e = (Entry){copy, n};
    if (++in->n * 2 > in->cap)
        intern_grow(in);
    return copy;
}

const char *intern_z(Interner *in, const char *s)
{
    return intern(in, s, strlen(s));
}

// ---- pointer map: the same scheme ----

typedef struct Pair {
    const void *key;
    void *value;
} Pair;

struct Map {
    Arena *arena;
    Pair *at;
    size_t n, cap;
};

Map *map_new(Arena *a)
{
    Map *m = NEW(a, Map);
    m->arena = a;
    m->cap = 16;
    m->at = NEW_N(a, Pair, m->cap);
    return m;
}

static Pair *map_slot(Pair *at, size_t cap, const void *key)
{
    uint64_t h = (uint64_t)(uintptr_t)key * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)(h >> 20) & (cap - 1);
    while (at[i].key && at[i].key != key)
        i = (i + 1) & (cap - 1);
    return &at[i];
}

void *map_get(const Map *m, const void *key)
{
    return map_slot(m->at, m->cap, key)->value;
}

void map_set(Map *m, const void *key, void *value)
{
    Pair *p = map_slot(m->at, m->cap, key);
    if (!p->key) {
        p->key = key;
        if (++m->n * 2 > m->cap) {
            size_t cap = m->cap * 2;
            Pair *at = NEW_N(m->arena, Pair, cap);
            p->value = value;
            for (size_t i = 0; i < m->cap; i++)
                if (m->at[i].key)
                    *map_slot(at, cap, m->at[i].key) = m->at[i];
            m->at = at;
            m->cap = cap;
            return;
        }
    }
    p->value = value;
}

// ---- numbers ----

enum { PLAIN = 10000000 };                  // whole numbers below are written out

char *real_text(Arena *a, double x)
{
    if (isnan(x))
        return arena_strdup(a, "NAN");
    if (isinf(x))
        return arena_strdup(a, x < 0 ? "-INFINITY" : "INFINITY");
    char text[40];
    if (fabs(x) < PLAIN && x == trunc(x))                       // 100.0, not 1e+02
        return arena_printf(a, "%.1f", x);
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    bool looks_int = !strpbrk(text, ".eEn");
    return arena_printf(a, "%s%s", text, looks_int ? ".0" : "");
}
