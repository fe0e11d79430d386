// util.h — what every pass needs and C does not have: arenas, vectors, growing text, interned strings, a pointer map.
//
// In: nothing. Out: memory with a lifetime. Everything is taken from an Arena and given back with it, nothing is freed by hand:
//
//     Arena *a = arena_new();
//     VEC(int) v = {0};
//     vec_push(a, &v, 3);                  // v.at[0] == 3, v.n == 1
//     const char *s = arena_printf(a, "%d values", v.n);
//     arena_free(a);                       // v.at and s are gone
//
// Memory that cannot be had ends the program with a message and exit status 3 (see out_of_memory).
#ifndef ADC_UTIL_H
#define ADC_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__GNUC__)
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define PRINTF_LIKE(f, a)
#endif

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *a);                                      // a may be NULL
void *arena_alloc(Arena *a, size_t bytes);                      // zeroed, aligned for any type; never NULL
void arena_reserve(Arena *a, size_t bytes);                     // so many more will be had without asking the system
void *arena_copy(Arena *a, const void *from, size_t bytes);
char *arena_strndup(Arena *a, const char *s, size_t n);         // NUL added
char *arena_strdup(Arena *a, const char *s);
char *arena_printf(Arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
size_t arena_bytes(const Arena *a);                             // taken so far, for tests of linearity

#define NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define NEW_N(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))

// Vectors: VEC(T) v = {0}; vec_push(arena, &v, x); v.at[i], v.n. Growth doubles; old storage stays in the arena.
#define VEC(T) struct { T *at; int n, cap; }
#define vec_push(a, v, x)                                                                                   \
    ((v)->n == (v)->cap ? (void)((v)->at = vec_grow((a), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at)) : (void)0, \
     (void)((v)->at[(v)->n++] = (x)))
void *vec_grow(Arena *a, void *at, int n, int *cap, size_t size);

// Text that grows. `text` is always NUL-terminated once something was written; it lives in the arena given to text_in.
typedef struct Text {
    Arena *arena;
    char *at;
    size_t n, cap;
} Text;

Text text_in(Arena *a);
void text_put(Text *t, const char *s);
void text_putn(Text *t, const char *s, size_t n);
void text_printf(Text *t, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprintf(Text *t, const char *format, va_list args) PRINTF_LIKE(2, 0);

// Interned strings: equal text, equal pointer. The interner lives in its arena.
typedef struct Interner Interner;
Interner *interner_new(Arena *a);
const char *intern(Interner *in, const char *s, size_t n);
const char *intern_z(Interner *in, const char *s);              // NUL-terminated s

// A hash map from pointer to pointer (interned strings make good keys). map_get gives NULL where there is none.
typedef struct Map Map;
Map *map_new(Arena *a);
void *map_get(const Map *m, const void *key);
void map_set(Map *m, const void *key, void *value);

// The shortest decimal that reads back as exactly x, with ".0" where it would look like an int: "0.1", "1.0", "1e+300", "INFINITY",
// "NAN", "-INFINITY". Whole numbers below ten million are written out: "100.0". In the arena.
char *real_text(Arena *a, double x);

_Noreturn void out_of_memory(void);

#endif
