/* adrt.h - the runtime of the C that adc writes: errors, memory, tapes, and the few kernels that libc has not.
 *
 * In: calls from generated C, and from the user's program the few functions of section 1. Out: memory, numbers, and a
 * call of the error handler when something is wrong. The idea: one stack of memory per thread (the arena), which is
 * kept between calls, so that a derivative that is called a million times allocates in its first call only.
 *
 * A function that generated code may need stands between `adrt:begin NAMES` and `adrt:end`, here and in the .c files.
 * `adc --standalone` pastes those that a file uses into it (compiler/snippet.h), so each of them says only what it
 * needs, and stands alone. */
#ifndef ADRT_H
#define ADRT_H

#include <stddef.h>

/* --- 1. For the user's program; also for C++ -------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

/* What went wrong, and what a, b and c of struct adrt_error are then. */
/* adrt:begin adrt_kind ADRT_SHAPE ADRT_MEMORY ADRT_ASSERT ADRT_INDEX ADRT_SLICE ADRT_OVERLAP ADRT_SINGULAR ADRT_TAPE ADRT_NO_ROOT */
enum adrt_kind {
    ADRT_SHAPE,    /* size a where b was needed */
    ADRT_MEMORY,   /* a bytes could not be had */
    ADRT_ASSERT,   /* an assert of the source failed */
    ADRT_INDEX,    /* index a of a dimension of size b */
    ADRT_SLICE,    /* a:b of a dimension of size c */
    ADRT_OVERLAP,  /* two written arguments share memory */
    ADRT_SINGULAR, /* pivot a of a matrix that is singular or, where b is 1, not positive definite */
    ADRT_TAPE,     /* a tape, of a bytes, that the function cannot reverse */
    ADRT_NO_ROOT   /* an equation for which no solution was found */
};
/* adrt:end */

struct adrt_error {
    enum adrt_kind kind;
    const char *file; /* of the .ad source; "" where it is not known (memory) */
    int line;
    const char *what;    /* the expression, array or message concerned */
    const char *message; /* all of it in words, without file and line; valid during the call */
    long long a, b, c;
};

/* Sets the function that is told of errors, for all threads; NULL means the default, which prints file, line and
 * values to stderr. If a handler returns, the program aborts. It may leave by longjmp (in C++: must not throw):
 * memory that was in use then stays so until the thread calls adrt_release(), or adrt_rewind() with a mark taken
 * before setjmp. Set it before threads start. */
void adrt_set_error_handler(void (*handler)(const struct adrt_error *));

/* Gives all memory of the calling thread's arena back to the system. Not from within a generated function; a thread
 * calls it before it ends. The next generated function that is called allocates anew. */
void adrt_release(void);

/* What `derive r = record(f, x)` keeps between its two halves, for any number of reverses, also in several threads at
 * once:
 *
 *     adrt_tape *tape = adrt_tape_new();
 *     double y = r_forward(n, x, tape);                    keeps what r_reverse will ask for; what the tape held is gone
 *     for (...)
 *         r_reverse(tape, y_bar[k], x_bar[k]);
 *     adrt_tape_free(tape);
 *
 * A tape is one block of bytes that says nothing of where it is: it may be copied, or written to a file and reversed
 * by another process, if that was built from the same source by the same adc with the same options. Any other tape is
 * an ADRT_TAPE error of r_reverse. The head of the block is checked, what follows is believed.
 *
 * (The header of `adc --standalone` has the same; either of the two may come first.) */
#ifndef ADRT_TAPE_H
#define ADRT_TAPE_H
typedef struct adrt_tape adrt_tape;

/* A tape with nothing on it; NULL where there is no memory. */
adrt_tape *adrt_tape_new(void);
/* Gives it back; t may be NULL. */
void adrt_tape_free(adrt_tape *t);
/* The bytes of the block, valid until the next forward on t or its end; none (NULL, 0) before the first. */
const void *adrt_tape_data(const adrt_tape *t, size_t *bytes);
/* A new tape with a copy of these bytes; NULL where there is no memory. They are looked at when they are reversed. */
adrt_tape *adrt_tape_from(const void *data, size_t bytes);
#endif

#ifdef __cplusplus
}
#else

/* --- 2. Errors, for generated C --------------------------------------------------------------- */

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Tells the handler, with a, b and c as enum adrt_kind says (0 where it has no use for them). Never returns. */
_Noreturn void adrt_fail(enum adrt_kind kind, const char *file, int line, const char *what, long long a, long long b,
                         long long c);

/* --- 3. Memory, for generated C ---------------------------------------------------------------
 *
 *     struct adrt_mark mark = adrt_mark();
 *     double *t = adrt_alloc(adrt_size(n), sizeof *t);
 *     struct adrt_buf_real tape = adrt_buf_real_new();
 *     ...
 *     adrt_rewind(mark);                       // t and tape are gone
 *
 * Blocks are 64-byte aligned, not zeroed, and never move. */

/* Under AddressSanitizer every block of the arena is fenced by poisoned bytes, and new memory is filled with NaN, so
 * that what is read beyond a block, after its rewind or before it was written shows. Elsewhere these are nothing. */
/* adrt:begin adrt_asan_unpoison adrt_asan_poison ADRT_FENCE uses <stddef.h> <string.h> */
#if defined(__SANITIZE_ADDRESS__)
#define ADRT_FENCE 64
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADRT_FENCE 64
#endif
#endif
#ifdef ADRT_FENCE
void __asan_poison_memory_region(void const volatile *at, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *at, size_t bytes);
#define adrt_asan_poison(at, bytes)   __asan_poison_memory_region(at, bytes)
#define adrt_asan_unpoison(at, bytes) (__asan_unpoison_memory_region(at, bytes), (void)memset(at, 0xFF, bytes))
#else
#define ADRT_FENCE                    0
#define adrt_asan_poison(at, bytes)   ((void)0)
#define adrt_asan_unpoison(at, bytes) ((void)0)
#endif
/* adrt:end */

/* The arena of a thread. `at..end` is what is free of the current block; at is always a multiple of 64. */
/* adrt:begin adrt_arena uses <stddef.h> */
struct adrt_arena {
    char *at, *end;
    struct adrt_block *block, *first; /* current block, oldest block; NULL before the first allocation */
    struct adrt_store *live, *pool;   /* storage of buffers: in use, newest first; waiting to be used again */
    unsigned long long newest;        /* serial number of `live`, 0 if none: grows along the list towards its head */
    unsigned long long serial;        /* the last one given out */
};
/* adrt:end */
extern _Thread_local struct adrt_arena adrt_arena_;

/* Where the arena stood. */
/* adrt:begin adrt_mark uses <stddef.h> */
struct adrt_mark {
    char *at;
    struct adrt_block *block;
    unsigned long long serial;
};

static inline struct adrt_mark adrt_mark(void)
{
    struct adrt_mark m = {adrt_arena_.at, adrt_arena_.block, adrt_arena_.serial};
    return m;
}
/* adrt:end */

void adrt_rewind_slow(struct adrt_mark m);
void adrt_more(size_t count, size_t size);

/* Gives back all that was taken since m, buffers included. Marks are rewound in the reverse of the order they were
 * taken in. */
/* adrt:begin adrt_rewind uses <stddef.h> */
static inline void adrt_rewind(struct adrt_mark m)
{
    if (adrt_arena_.block != m.block || adrt_arena_.newest > m.serial) {
        adrt_rewind_slow(m);
        return;
    }
    if (adrt_arena_.at != m.at)
        adrt_asan_poison(m.at, (size_t)(adrt_arena_.at - m.at));
    adrt_arena_.at = m.at;
}
/* adrt:end */

/* count elements of `size` bytes each. A count of 0 gives a pointer too; a size that cannot be had is an ADRT_MEMORY
 * error. */
/* adrt:begin ADRT_LANES */
/* Before a short loop whose trips have nothing to do with one another: gcc is to run them at once. */
#if defined(__GNUC__) && !defined(__clang__)
#define ADRT_LANES _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#else
#define ADRT_LANES
#endif
/* adrt:end */

/* adrt:begin adrt_alloc uses <stddef.h> <stdint.h> */
static inline void *adrt_alloc(size_t count, size_t size)
{
    size_t room = (size_t)(adrt_arena_.end - adrt_arena_.at);
    if (count > (SIZE_MAX / 2 - 128) / size || ((count * size + ADRT_FENCE + 63) & ~(size_t)63) >= room)
        adrt_more(count, size);
    char *p = adrt_arena_.at;
    adrt_arena_.at += (count * size + ADRT_FENCE + 63) & ~(size_t)63;
    adrt_asan_poison(p + count * size, (size_t)(adrt_arena_.at - p) - count * size);
    adrt_asan_unpoison(p, count * size);
    return p;
}
/* adrt:end */

/* A dimension as a number of elements: 0 for a negative one. And the product of two such numbers, SIZE_MAX where it
 * does not fit (which adrt_alloc then refuses): adrt_mul(adrt_size(n), adrt_size(m)). */
/* adrt:begin adrt_size uses <stddef.h> */
static inline size_t adrt_size(int n)
{
    return n > 0 ? (size_t)n : 0;
}
/* adrt:end */
/* adrt:begin adrt_mul uses <stddef.h> <stdint.h> */
static inline size_t adrt_mul(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}
/* adrt:end */

/* --- 4. Tapes that grow -----------------------------------------------------------------------
 *
 * A buffer of T (real: double, realf: float, int, pos: ptrdiff_t, byte: bool, bit) is appended to and then read: element i is b.at[i] (of
 * bits adrt_bit(b.at, i)), and there are b.n. It lives outside the stack and grows by doubling, so b.at is valid
 * until the next append only. Its storage is taken up again by later calls: nothing is allocated after the first one.
 * Any number may live at once.
 *
 *     struct adrt_buf_T b = adrt_buf_T_new();     taken now: rewinding to an older mark drops it, to a younger one does not
 *     adrt_put_T(&b, v);                          appends v
 *     adrt_puts_T(&b, src, n);                    appends n elements (none for n <= 0; not bits)
 *     T *p = adrt_reserve_T(&b, n);               appends n unset elements and gives the first (n <= 0 none; not bits)
 *     adrt_buf_drop(b.at);                        the storage goes back, if it shall before the rewind
 */

/* Storage that can hold `bytes` more than `n`, for the storage at `at`, whose first n bytes are kept; sets *cap, in
 * bytes. Not for generated C. */
void *adrt_buf_grow(void *at, ptrdiff_t n, ptrdiff_t bytes, ptrdiff_t *cap);
/* Storage for a new buffer, never NULL. Not for generated C. */
void *adrt_buf_take(ptrdiff_t *cap);
/* Gives the storage of one buffer back. */
void adrt_buf_drop(void *at);

/* adrt:begin adrt_buf_real uses <stddef.h> */
struct adrt_buf_real {
    double *at;
    ptrdiff_t n, cap;
};
/* adrt:end */
/* adrt:begin adrt_buf_realf uses <stddef.h> */
struct adrt_buf_realf {
    float *at;
    ptrdiff_t n, cap;
};
/* adrt:end */
/* adrt:begin adrt_buf_int uses <stddef.h> */
struct adrt_buf_int {
    int *at;
    ptrdiff_t n, cap;
};
/* adrt:end */
/* adrt:begin adrt_buf_pos uses <stddef.h> */
struct adrt_buf_pos {
    ptrdiff_t *at;
    ptrdiff_t n, cap;
};
/* adrt:end */
/* adrt:begin adrt_buf_byte uses <stdbool.h> <stddef.h> */
struct adrt_buf_byte {
    bool *at;
    ptrdiff_t n, cap;
};
/* adrt:end */
/* adrt:begin adrt_buf_bit uses <stddef.h> */
struct adrt_buf_bit {
    unsigned char *at;
    ptrdiff_t n, cap; /* in bits */
};
/* adrt:end */

/* adrt:begin adrt_buf_real_new */
static inline struct adrt_buf_real adrt_buf_real_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_real b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap / (ptrdiff_t)sizeof(double);
    return b;
}
/* adrt:end */
/* adrt:begin adrt_reserve_real */
static inline double *adrt_reserve_real(struct adrt_buf_real *b, ptrdiff_t n)
{
    if (n <= 0)
        return b->at + b->n;
    if (n > b->cap - b->n) {
        ptrdiff_t size = sizeof(double), cap;
        b->at = adrt_buf_grow(b->at, b->n * size, n > PTRDIFF_MAX / size ? PTRDIFF_MAX : n * size, &cap);
        b->cap = cap / size;
    }
    b->n += n;
    return b->at + (b->n - n);
}
/* adrt:end */
/* adrt:begin adrt_put_real */
static inline void adrt_put_real(struct adrt_buf_real *b, double v)
{
    if (b->n == b->cap)
        *adrt_reserve_real(b, 1) = v;
    else
        b->at[b->n++] = v;
}
/* adrt:end */
/* adrt:begin adrt_puts_real uses <string.h> */
static inline void adrt_puts_real(struct adrt_buf_real *b, const double *src, ptrdiff_t n)
{
    if (n > 0)
        memcpy(adrt_reserve_real(b, n), src, (size_t)n * sizeof *src);
}
/* adrt:end */

/* adrt:begin adrt_buf_realf_new */
static inline struct adrt_buf_realf adrt_buf_realf_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_realf b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap / (ptrdiff_t)sizeof(float);
    return b;
}
/* adrt:end */
/* adrt:begin adrt_reserve_realf */
static inline float *adrt_reserve_realf(struct adrt_buf_realf *b, ptrdiff_t n)
{
    if (n <= 0)
        return b->at + b->n;
    if (n > b->cap - b->n) {
        ptrdiff_t size = sizeof(float), cap;
        b->at = adrt_buf_grow(b->at, b->n * size, n > PTRDIFF_MAX / size ? PTRDIFF_MAX : n * size, &cap);
        b->cap = cap / size;
    }
    b->n += n;
    return b->at + (b->n - n);
}
/* adrt:end */
/* adrt:begin adrt_put_realf */
static inline void adrt_put_realf(struct adrt_buf_realf *b, float v)
{
    if (b->n == b->cap)
        *adrt_reserve_realf(b, 1) = v;
    else
        b->at[b->n++] = v;
}
/* adrt:end */
/* adrt:begin adrt_puts_realf uses <string.h> */
static inline void adrt_puts_realf(struct adrt_buf_realf *b, const float *src, ptrdiff_t n)
{
    if (n > 0)
        memcpy(adrt_reserve_realf(b, n), src, (size_t)n * sizeof *src);
}
/* adrt:end */

/* adrt:begin adrt_buf_int_new */
static inline struct adrt_buf_int adrt_buf_int_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_int b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap / (ptrdiff_t)sizeof(int);
    return b;
}
/* adrt:end */
/* adrt:begin adrt_buf_pos_new */
static inline struct adrt_buf_pos adrt_buf_pos_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_pos b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap / (ptrdiff_t)sizeof(ptrdiff_t);
    return b;
}
/* adrt:end */
/* adrt:begin adrt_reserve_int */
static inline int *adrt_reserve_int(struct adrt_buf_int *b, ptrdiff_t n)
{
    if (n <= 0)
        return b->at + b->n;
    if (n > b->cap - b->n) {
        ptrdiff_t size = sizeof(int), cap;
        b->at = adrt_buf_grow(b->at, b->n * size, n > PTRDIFF_MAX / size ? PTRDIFF_MAX : n * size, &cap);
        b->cap = cap / size;
    }
    b->n += n;
    return b->at + (b->n - n);
}
/* adrt:end */
/* adrt:begin adrt_reserve_pos */
static inline ptrdiff_t *adrt_reserve_pos(struct adrt_buf_pos *b, ptrdiff_t n)
{
    if (n <= 0)
        return b->at + b->n;
    if (n > b->cap - b->n) {
        ptrdiff_t size = sizeof(ptrdiff_t), cap;
        b->at = adrt_buf_grow(b->at, b->n * size, n > PTRDIFF_MAX / size ? PTRDIFF_MAX : n * size, &cap);
        b->cap = cap / size;
    }
    b->n += n;
    return b->at + (b->n - n);
}
/* adrt:end */
/* adrt:begin adrt_put_int */
static inline void adrt_put_int(struct adrt_buf_int *b, int v)
{
    if (b->n == b->cap)
        *adrt_reserve_int(b, 1) = v;
    else
        b->at[b->n++] = v;
}
/* adrt:end */
/* adrt:begin adrt_put_pos */
static inline void adrt_put_pos(struct adrt_buf_pos *b, ptrdiff_t v)
{
    if (b->n == b->cap)
        *adrt_reserve_pos(b, 1) = v;
    else
        b->at[b->n++] = v;
}
/* adrt:end */
/* adrt:begin adrt_puts_int uses <string.h> */
static inline void adrt_puts_int(struct adrt_buf_int *b, const int *src, ptrdiff_t n)
{
    if (n > 0)
        memcpy(adrt_reserve_int(b, n), src, (size_t)n * sizeof *src);
}
/* adrt:end */
/* adrt:begin adrt_puts_pos uses <string.h> */
static inline void adrt_puts_pos(struct adrt_buf_pos *b, const ptrdiff_t *src, ptrdiff_t n)
{
    if (n > 0)
        memcpy(adrt_reserve_pos(b, n), src, (size_t)n * sizeof *src);
}
/* adrt:end */

/* adrt:begin adrt_buf_byte_new */
static inline struct adrt_buf_byte adrt_buf_byte_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_byte b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap / (ptrdiff_t)sizeof(bool);
    return b;
}
/* adrt:end */
/* adrt:begin adrt_reserve_byte */
static inline bool *adrt_reserve_byte(struct adrt_buf_byte *b, ptrdiff_t n)
{
    if (n <= 0)
        return b->at + b->n;
    if (n > b->cap - b->n) {
        ptrdiff_t size = sizeof(bool), cap;
        b->at = adrt_buf_grow(b->at, b->n * size, n > PTRDIFF_MAX / size ? PTRDIFF_MAX : n * size, &cap);
        b->cap = cap / size;
    }
    b->n += n;
    return b->at + (b->n - n);
}
/* adrt:end */
/* adrt:begin adrt_put_byte */
static inline void adrt_put_byte(struct adrt_buf_byte *b, bool v)
{
    if (b->n == b->cap)
        *adrt_reserve_byte(b, 1) = v;
    else
        b->at[b->n++] = v;
}
/* adrt:end */
/* adrt:begin adrt_puts_byte uses <string.h> */
static inline void adrt_puts_byte(struct adrt_buf_byte *b, const bool *src, ptrdiff_t n)
{
    if (n > 0)
        memcpy(adrt_reserve_byte(b, n), src, (size_t)n * sizeof *src);
}
/* adrt:end */

/* adrt:begin adrt_buf_bit_new */
static inline struct adrt_buf_bit adrt_buf_bit_new(void)
{
    ptrdiff_t cap;
    struct adrt_buf_bit b = {adrt_buf_take(&cap), 0, 0};
    b.cap = cap > PTRDIFF_MAX / 8 ? PTRDIFF_MAX : cap * 8;
    return b;
}
/* adrt:end */
/* adrt:begin adrt_put_bit uses <stdbool.h> <stdint.h> */
static inline void adrt_put_bit(struct adrt_buf_bit *b, bool v)
{
    if (b->n == b->cap) {
        ptrdiff_t cap;
        b->at = adrt_buf_grow(b->at, b->n / 8, 1, &cap);
        b->cap = cap > PTRDIFF_MAX / 8 ? PTRDIFF_MAX : cap * 8;
    }
    unsigned char *byte = b->at + b->n / 8;
    int shift = (int)(b->n % 8);
    *byte = (unsigned char)((shift == 0 ? 0 : *byte) | (v ? 1 : 0) << shift); /* the first bit of a byte clears it */
    b->n++;
}
/* adrt:end */
/* Bit i of packed bits. */
/* adrt:begin adrt_bit uses <stdbool.h> <stddef.h> */
static inline bool adrt_bit(const unsigned char *at, ptrdiff_t i)
{
    return (at[i / 8] >> (i % 8) & 1) != 0;
}
/* adrt:end */

/* --- 5. The tapes of a record -----------------------------------------------------------------
 *
 * A forward half clears its tape, fills buffers, and packs them into the tape at its end; a reverse half finds them
 * there again. `id` stands for the code of both halves, `real` is the size of a real.
 *
 *     struct adrt_part part[ADRT_PARTS] = {[ADRT_INTS] = {ints.at, ints.n}};
 *     adrt_tape_pack(tape, "r", id, sizeof(double), part);
 *
 *     struct adrt_part part[ADRT_PARTS];
 *     adrt_tape_open(tape, "r", id, sizeof(double), "f.ad", 7, part);       file and line: where the record is defined
 */

/* adrt:begin adrt_part ADRT_REALS ADRT_INTS ADRT_BOOLS ADRT_POSITIONS ADRT_BITS ADRT_PARTS uses <stddef.h> */
enum { ADRT_REALS, ADRT_INTS, ADRT_BOOLS, ADRT_POSITIONS, ADRT_BITS, ADRT_PARTS };
struct adrt_part {
    void *at;
    ptrdiff_t n; /* elements */
};
/* adrt:end */

/* Forgets what is on the tape; its memory stays. */
void adrt_tape_clear(adrt_tape *t);
/* The ADRT_PARTS parts become the tape's block. */
void adrt_tape_pack(adrt_tape *t, const char *name, uint64_t id, size_t real, const struct adrt_part *part);
/* Where the parts stand in the tape's block, or an ADRT_TAPE error. */
void adrt_tape_open(const adrt_tape *t, const char *name, uint64_t id, size_t real, const char *file, int line,
                    struct adrt_part *part);

/* --- 6. Scalars that libm has not -------------------------------------------------------------
 * Each takes NaN to NaN unless it says otherwise. The float ones bear the suffix f. */

/* 1 / (1 + exp(-x)), without overflow. */
/* adrt:begin adrt_sigmoid uses <math.h> */
static inline double adrt_sigmoid(double x)
{
    double e = exp(-fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
/* adrt:end */
/* adrt:begin adrt_sigmoidf uses <math.h> */
static inline float adrt_sigmoidf(float x)
{
    float e = expf(-fabsf(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
/* adrt:end */
/* log(1 + exp(x)), without overflow. */
/* adrt:begin adrt_softplus uses <math.h> */
static inline double adrt_softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}
/* adrt:end */
/* adrt:begin adrt_softplusf uses <math.h> */
static inline float adrt_softplusf(float x)
{
    return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x)));
}
/* adrt:end */
/* -1 or 1, and x itself where it is zero or NaN. */
/* adrt:begin adrt_sign */
static inline double adrt_sign(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
/* adrt:end */
/* adrt:begin adrt_signf */
static inline float adrt_signf(float x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}
/* adrt:end */
/* 1 above 0, else 0, also for NaN. */
/* adrt:begin adrt_step */
static inline double adrt_step(double x)
{
    return x > 0 ? 1 : 0;
}
/* adrt:end */
/* adrt:begin adrt_stepf */
static inline float adrt_stepf(float x)
{
    return x > 0 ? 1 : 0;
}
/* adrt:end */
/* The larger of x and 0. */
/* adrt:begin adrt_relu */
static inline double adrt_relu(double x)
{
    return x <= 0 ? 0 : x;
}
/* adrt:end */
/* adrt:begin adrt_reluf */
static inline float adrt_reluf(float x)
{
    return x <= 0 ? 0 : x;
}
/* adrt:end */
/* The larger, a if they are equal; NaN if either is. */
/* adrt:begin adrt_max */
static inline double adrt_max(double a, double b)
{
    return a >= b || a != a ? a : b;
}
/* adrt:end */
/* adrt:begin adrt_maxf */
static inline float adrt_maxf(float a, float b)
{
    return a >= b || a != a ? a : b;
}
/* adrt:end */
/* The smaller, a if they are equal; NaN if either is. */
/* adrt:begin adrt_min */
static inline double adrt_min(double a, double b)
{
    return a <= b || a != a ? a : b;
}
/* adrt:end */
/* adrt:begin adrt_minf */
static inline float adrt_minf(float a, float b)
{
    return a <= b || a != a ? a : b;
}
/* adrt:end */
/* Whether adrt_max, adrt_min, fmax and fmin give a (the predicate of their derivatives). */
/* adrt:begin adrt_max_first uses <stdbool.h> */
static inline bool adrt_max_first(double a, double b)
{
    return a >= b || a != a;
}
/* adrt:end */
/* adrt:begin adrt_max_firstf uses <stdbool.h> */
static inline bool adrt_max_firstf(float a, float b)
{
    return a >= b || a != a;
}
/* adrt:end */
/* adrt:begin adrt_min_first uses <stdbool.h> */
static inline bool adrt_min_first(double a, double b)
{
    return a <= b || a != a;
}
/* adrt:end */
/* adrt:begin adrt_min_firstf uses <stdbool.h> */
static inline bool adrt_min_firstf(float a, float b)
{
    return a <= b || a != a;
}
/* adrt:end */
/* adrt:begin adrt_fmax_first uses <stdbool.h> */
static inline bool adrt_fmax_first(double a, double b)
{
    return a >= b || b != b;
}
/* adrt:end */
/* adrt:begin adrt_fmax_firstf uses <stdbool.h> */
static inline bool adrt_fmax_firstf(float a, float b)
{
    return a >= b || b != b;
}
/* adrt:end */
/* adrt:begin adrt_fmin_first uses <stdbool.h> */
static inline bool adrt_fmin_first(double a, double b)
{
    return a <= b || b != b;
}
/* adrt:end */
/* adrt:begin adrt_fmin_firstf uses <stdbool.h> */
static inline bool adrt_fmin_firstf(float a, float b)
{
    return a <= b || b != b;
}
/* adrt:end */
/* x to an integer power, by squaring; x^0 is 1, also for NaN, as with pow. */
/* adrt:begin adrt_powi */
static inline double adrt_powi(double x, int n)
{
    double r = 1;
    for (unsigned k = n < 0 ? 0u - (unsigned)n : (unsigned)n; k > 0; k >>= 1, x *= x)
        if (k & 1)
            r *= x;
    return n < 0 ? 1 / r : r;
}
/* adrt:end */
/* adrt:begin adrt_powif */
static inline float adrt_powif(float x, int n)
{
    float r = 1;
    for (unsigned k = n < 0 ? 0u - (unsigned)n : (unsigned)n; k > 0; k >>= 1, x *= x)
        if (k & 1)
            r *= x;
    return n < 0 ? 1 / r : r;
}
/* adrt:end */
/* adrt:begin adrt_imin */
static inline int adrt_imin(int a, int b)
{
    return a <= b ? a : b;
}
/* adrt:end */
/* adrt:begin adrt_imax */
static inline int adrt_imax(int a, int b)
{
    return a >= b ? a : b;
}
/* adrt:end */
/* adrt:begin adrt_iabs */
static inline int adrt_iabs(int a)
{
    return a < 0 ? -a : a;
}
/* adrt:end */
/* adrt:begin adrt_isign */
static inline int adrt_isign(int a)
{
    return (a > 0) - (a < 0);
}
/* adrt:end */
/* Trips first..last of a loop are to be reversed one by one from the last, and the state before trip `first` is kept.
 * Gives the next trip on the way to the last one before which the state is to be kept, if there is room for `room` more
 * states; `last` if there is none. So chosen that trips run again as few times as possible (binomial checkpointing):
 * with room for c more and r runs of each trip, C(c + 1 + r, r) of them can be reversed. */
/* adrt:begin adrt_next_state uses <stdint.h> */
static inline int adrt_next_state(int first, int last, int room)
{
    int64_t trips = (int64_t)last - first + 1, fewer = 0, reach = 1; /* what r - 2 and r - 1 runs suffice for */
    if (room < 1 || trips < 3)
        return last;
    for (int64_t r = 1;; r++) {
        int64_t next = reach * (r + 1 + room) / r;
        if (next >= trips)
            break;
        fewer = reach;
        reach = next;
    }
    int64_t rest = trips - (reach - fewer);
    return first + (int)(reach < rest ? reach : rest);
}
/* adrt:end */

/* The nth derivative of digamma at x (n = 0 is digamma), to about 1e-14. -inf at +0 and +inf at -0 for n = 0; at the
 * negative integers, and at 0 for n > 0, +inf for odd n and NaN for even. n < 0 and n > 100 give NaN, n > 30 with x
 * <= 0 too. */
double adrt_polygamma(int n, double x);
float adrt_polygammaf(int n, float x);
/* adrt:begin adrt_digamma */
static inline double adrt_digamma(double x)
{
    return adrt_polygamma(0, x);
}
/* adrt:end */
/* adrt:begin adrt_digammaf */
static inline float adrt_digammaf(float x)
{
    return adrt_polygammaf(0, x);
}
/* adrt:end */

/* --- 7. Matrices ------------------------------------------------------------------------------ */

/* The sum of x[i] y[i], in eight partial sums, which is what vectorises. */
/* adrt:begin adrt_dot */
static inline double adrt_dot(int n, const double *restrict x, const double *restrict y)
{
    double s[8] = {0}, rest = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            s[l] += x[i + l] * y[i + l];
    for (; i < n; i++)
        rest += x[i] * y[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + rest;
}
/* adrt:end */
/* adrt:begin adrt_dotf */
static inline float adrt_dotf(int n, const float *restrict x, const float *restrict y)
{
    float s[8] = {0}, rest = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++)
            s[l] += x[i + l] * y[i + l];
    for (; i < n; i++)
        rest += x[i] * y[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + rest;
}
/* adrt:end */

/* C[m][n] += op(A) op(B), all row-major and contiguous; op(A) is m by k: A is [m][k], or [k][m] where ta is true, and
 * B is [k][n], or [n][k] where tb is true. C overlaps neither A nor B. Sizes <= 0 do nothing. The same bits whatever
 * the alignment. */
void adrt_gemm(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
               double *restrict C);
void adrt_gemmf(bool ta, bool tb, int m, int n, int k, const float *restrict A, const float *restrict B,
                float *restrict C);
/* The same, subtracted: C -= op(A) op(B). */
void adrt_gemm_sub(bool ta, bool tb, int m, int n, int k, const double *restrict A, const double *restrict B,
                   double *restrict C);
void adrt_gemm_subf(bool ta, bool tb, int m, int n, int k, const float *restrict A, const float *restrict B,
                    float *restrict C);

/* The LU factors of A[n][n] with partial pivoting: LU[n][n] and pivots[n], which only the functions below can read.
 * Returns -1, or where A is singular the pivot that is 0 (or NaN); LU is then NaN throughout, and all that is
 * computed with it too. A is left alone; it overlaps neither. */
int adrt_lu(int n, const double *restrict A, double *restrict LU, int *restrict pivots);
int adrt_luf(int n, const float *restrict A, float *restrict LU, int *restrict pivots);
/* X[n][k] becomes op(A)^-1 X, op(A) being A or, where ta is true, its transpose. */
void adrt_lu_solve(bool ta, int n, int k, const double *restrict LU, const int *restrict pivots, double *restrict X);
void adrt_lu_solvef(bool ta, int n, int k, const float *restrict LU, const int *restrict pivots, float *restrict X);
/* log |det A|; 0 for n = 0. */
double adrt_lu_logdet(int n, const double *restrict LU);
float adrt_lu_logdetf(int n, const float *restrict LU);

/* A[n][n], of which the lower triangle is read, becomes the lower triangular L with L L' = A; above the diagonal L is
 * 0. Returns -1, or where A is not positive definite the pivot that is not above 0; L is then NaN throughout. */
int adrt_cholesky(int n, double *restrict A);
int adrt_choleskyf(int n, float *restrict A);
/* X[n][k] becomes op(L)^-1 X, for a factor that adrt_cholesky gave; with `right`, X[k][n] becomes X op(L)^-1. */
void adrt_lower_solve(bool ta, int n, int k, const double *restrict L, double *restrict X);
void adrt_lower_solvef(bool ta, int n, int k, const float *restrict L, float *restrict X);
void adrt_lower_solve_right(bool ta, int n, int k, const double *restrict L, double *restrict X);
void adrt_lower_solve_rightf(bool ta, int n, int k, const float *restrict L, float *restrict X);

/* Linear maps of A[n][n], in place. lower: what is above the diagonal becomes 0. lower_half: that, and the diagonal is
 * halved. lower_mirror: what is above the diagonal becomes what is below it. lower_fold: what is above the diagonal is
 * added to what is below it, and becomes 0. */
void adrt_lower(int n, double *restrict A);
void adrt_lowerf(int n, float *restrict A);
void adrt_lower_half(int n, double *restrict A);
void adrt_lower_halff(int n, float *restrict A);
void adrt_lower_mirror(int n, double *restrict A);
void adrt_lower_mirrorf(int n, float *restrict A);
void adrt_lower_fold(int n, double *restrict A);
void adrt_lower_foldf(int n, float *restrict A);

#endif /* __cplusplus */
#endif
