/* arena.c - the memory of a thread: a stack of blocks that never move, and a pool of buffers that grow.
 *
 * In: what the inline functions of adrt.h could not serve. Out: 64-byte aligned memory. The idea: blocks form a list,
 * oldest first; those behind the current one are kept for the next time, so the second call of a function finds all
 * it needs. The storage of buffers lies beside the stack, because several grow at once; each piece carries a serial
 * number, so that a mark of the stack is a mark of the buffers too. */
#include "adrt.h"

#include <stdlib.h>

/* Exported by the library; `adc --standalone` writes static in its place. */
#define ADRT_API

/* Tests make allocation fail by compiling this file with a function of their own. */
#ifndef ADRT_MALLOC
#define ADRT_MALLOC aligned_alloc
#endif

/* adrt:begin adrt_arena_ */
ADRT_API _Thread_local struct adrt_arena adrt_arena_;
/* adrt:end */

/* The head of a block of the stack: its memory follows 64 bytes after its start. */
/* adrt:begin adrt_block uses <stddef.h> */
struct adrt_block {
    struct adrt_block *prev, *next;
    char *end;
};
/* adrt:end */

/* The head of the storage of a buffer, likewise. In the pool only `older` and cap mean something. */
/* adrt:begin adrt_store uses <stddef.h> */
struct adrt_store {
    struct adrt_store *older, *newer;
    unsigned long long serial;
    ptrdiff_t cap; /* bytes behind the head */
};
/* adrt:end */

/* 64 + bytes bytes, aligned; or NULL. */
/* adrt:begin adrt_system ADRT_MALLOC uses <stdint.h> <stdlib.h> */
#ifndef ADRT_MALLOC
#define ADRT_MALLOC aligned_alloc
#endif
static void *adrt_system(size_t bytes)
{
    return bytes > SIZE_MAX / 2 - 128 ? NULL : ADRT_MALLOC(64, (bytes + 64 + 63) & ~(size_t)63);
}
/* adrt:end */

/* Frees a list of blocks from b on. */
/* adrt:begin adrt_free_blocks uses <stdlib.h> */
static void adrt_free_blocks(struct adrt_block *b)
{
    while (b != NULL) {
        struct adrt_block *next = b->next;
        free(b);
        b = next;
    }
}
/* adrt:end */

/* Makes b (with nothing in it) the current block. */
/* adrt:begin adrt_enter_block */
static void adrt_enter_block(struct adrt_block *b)
{
    adrt_arena_.block = b;
    adrt_arena_.at = (char *)b + 64;
    adrt_arena_.end = b->end;
    adrt_asan_poison(adrt_arena_.at, (size_t)(b->end - adrt_arena_.at));
}
/* adrt:end */

/* The current block has no room for that: goes on to the next one. One that is kept but too small is replaced, with
 * all behind it. A new block is at least twice the one before, so there are few and a call that needs what the last
 * one needed finds it. */
/* adrt:begin adrt_more uses <limits.h> <stdint.h> */
ADRT_API void adrt_more(size_t count, size_t size)
{
    struct adrt_block *cur = adrt_arena_.block;
    struct adrt_block *b = cur != NULL ? cur->next : adrt_arena_.first;
    if (count > (SIZE_MAX / 2 - 4096) / size)
        adrt_fail(ADRT_MEMORY, "", 0, "array", count > (size_t)LLONG_MAX / size ? LLONG_MAX : (long long)(count * size),
                  0, 0);
    size_t need = (count * size + 64 + 63) & ~(size_t)63; /* 64: the caller may have a fence where we have none */

    if (b == NULL || (size_t)(b->end - (char *)b) - 64 < need) {
        size_t twice = cur != NULL ? 2 * (size_t)(cur->end - (char *)cur) : 65536 - 64;
        size_t bytes = need > twice ? need : twice;
        if (cur != NULL)
            cur->next = NULL;
        else
            adrt_arena_.first = NULL;
        adrt_free_blocks(b);
        b = adrt_system(bytes);
        if (b == NULL && bytes > need)
            b = adrt_system(bytes = need); /* what is needed may still be there */
        if (b == NULL)
            adrt_fail(ADRT_MEMORY, "", 0, "array", (long long)need, 0, 0);
        b->prev = cur;
        b->next = NULL;
        b->end = (char *)b + 64 + bytes;
        if (cur != NULL)
            cur->next = b;
        else
            adrt_arena_.first = b;
    }
    adrt_enter_block(b);
}
/* adrt:end */

/* Takes s off the list of live buffers and puts it into the pool. */
/* adrt:begin adrt_retire */
static void adrt_retire(struct adrt_store *s)
{
    if (s->newer != NULL)
        s->newer->older = s->older;
    else
        adrt_arena_.live = s->older;
    if (s->older != NULL)
        s->older->newer = s->newer;
    adrt_arena_.newest = adrt_arena_.live != NULL ? adrt_arena_.live->serial : 0;
    s->older = adrt_arena_.pool;
    adrt_arena_.pool = s;
}
/* adrt:end */

/* The general case of adrt_rewind. */
/* adrt:begin adrt_rewind_slow */
ADRT_API void adrt_rewind_slow(struct adrt_mark m)
{
    while (adrt_arena_.newest > m.serial)
        adrt_retire(adrt_arena_.live);
    adrt_arena_.block = m.block;
    adrt_arena_.at = m.at;
    adrt_arena_.end = m.block != NULL ? m.block->end : NULL;
    if (m.block != NULL)
        adrt_asan_poison(m.at, (size_t)(adrt_arena_.end - m.at));
    else
        adrt_arena_.at = NULL;
}
/* adrt:end */

/* adrt:begin adrt_buf_take */
ADRT_API void *adrt_buf_take(ptrdiff_t *cap)
{
    struct adrt_store *s = adrt_arena_.pool;
    if (s != NULL) {
        adrt_arena_.pool = s->older;
    } else {
        s = adrt_system(1024 - 64);
        if (s == NULL)
            adrt_fail(ADRT_MEMORY, "", 0, "tape", 1024, 0, 0);
        s->cap = 1024 - 64;
    }
    s->older = adrt_arena_.live;
    s->newer = NULL;
    s->serial = adrt_arena_.newest = ++adrt_arena_.serial;
    if (s->older != NULL)
        s->older->newer = s;
    adrt_arena_.live = s;
    *cap = s->cap;
    return (char *)s + 64;
}
/* adrt:end */

/* The new storage takes the place of the old one in the list, serial number and all: a buffer that grows in a callee
 * stays its maker's. */
/* adrt:begin adrt_buf_grow uses <limits.h> <stddef.h> <stdint.h> <stdlib.h> <string.h> */
ADRT_API void *adrt_buf_grow(void *at, ptrdiff_t n, ptrdiff_t bytes, ptrdiff_t *cap)
{
    struct adrt_store *old = (struct adrt_store *)(void *)((char *)at - 64), *s = NULL;
    if (bytes < PTRDIFF_MAX / 4 && n < PTRDIFF_MAX / 4) {
        ptrdiff_t want = n + bytes > 2 * old->cap ? n + bytes : 2 * old->cap;
        want = (want + 63) & ~(ptrdiff_t)63;
        s = adrt_system((size_t)want);
        if (s == NULL)
            s = adrt_system((size_t)(want = (n + bytes + 63) & ~(ptrdiff_t)63));
        if (s != NULL) {
            *s = *old;
            s->cap = want;
        }
    }
    if (s == NULL)
        adrt_fail(ADRT_MEMORY, "", 0, "tape", (long long)n > LLONG_MAX - bytes ? LLONG_MAX : (long long)n + bytes, 0,
                  0);
    memcpy((char *)s + 64, at, (size_t)n);
    if (s->newer != NULL)
        s->newer->older = s;
    else
        adrt_arena_.live = s;
    if (s->older != NULL)
        s->older->newer = s;
    free(old);
    *cap = s->cap;
    return (char *)s + 64;
}
/* adrt:end */

/* adrt:begin adrt_buf_drop */
ADRT_API void adrt_buf_drop(void *at)
{
    adrt_retire((struct adrt_store *)(void *)((char *)at - 64));
}
/* adrt:end */

/* Frees a list of storage. */
static void free_stores(struct adrt_store *s)
{
    while (s != NULL) {
        struct adrt_store *older = s->older;
        free(s);
        s = older;
    }
}

void adrt_release(void)
{
    adrt_free_blocks(adrt_arena_.first);
    free_stores(adrt_arena_.live);
    free_stores(adrt_arena_.pool);
    unsigned long long serial = adrt_arena_.serial; /* goes on, so that an old mark finds nothing newer than itself */
    adrt_arena_ = (struct adrt_arena){.serial = serial};
}
