// opt_accs.c — what is added to one row of an array is added row by row.
//
// In: a function. Out: the same; additions to elements of one array that follow one another, and are surely different
// elements, are sorted: those of one row together, in the order of memory.
//
//     a_bar[i + 1][2] += u;  a_bar[i][2] += u;                 a_bar[i + 1][0] += w;  ..  a_bar[i + 1][2] += u;
//     a_bar[i + 1][1] += v;  a_bar[i][1] += v;           ->    a_bar[i][0] += w;      ..  a_bar[i][2] += u;
//     a_bar[i + 1][0] += w;  a_bar[i][0] += w;
//
// So a person writes it, and C compilers see rows. (gcc 12 at -O2 and -O3 even vectorises the left side to something
// else: it loses additions where the rows of two trips of a loop overlap.) Such code comes from the reverse of loops
// that were unrolled.
#include "opt.h"
#include "rewrite.h"

enum { MIN_CHAIN = 3, MAX_CHAIN = 64 };

typedef struct Accs {
    Arena *a;
    int *uses;                              // per value id
} Accs;

// The addition before op in its chain: nobody else looks at the version between them.
static Op *before(const Accs *s, const Op *op)
{
    const Value *v = op->in[0];
    Op *def = v->def;
    return def && def->code == OP_acc && def->parent == op->parent && s->uses[v->id] == 1 && def->n_in == op->n_in ? def : NULL;
}

// The chain that ends in `last`, first addition first; how many.
static int chain_of(const Accs *s, Op *last, Op **chain)
{
    int n = 1;
    for (Op *op = last; n < MAX_CHAIN && (op = before(s, op)) != NULL;)
        n++;
    Op *op = last;
    for (int i = n - 1; i >= 0; i--, op = i >= 0 ? before(s, op) : NULL)
        chain[i] = op;
    return n;
}

// An addition's operands but for the array: where and what.
typedef struct Payload {
    Value **in;
    IrLoc loc;
    int row;
    int64_t at;                             // the last index
} Payload;

// Does x add to the row that y adds to? *apart: they are surely different.
static bool same_row(const Op *x, const Op *y, bool *apart)
{
    int n = x->n_in - 2;
    bool same = true;
    *apart = false;
    for (int k = 1; k < n; k++) {
        int64_t d;
        same = same && same_value(x->in[k], y->in[k]);
        *apart = *apart || (int_difference(x->in[k], y->in[k], &d) && d != 0);
    }
    return same;
}

// Numbers the rows in the order in which they come. False where elements might be the same.
static bool number_rows(Op *const *chain, int n, Payload *p)
{
    for (int i = 0; i < n; i++) {
        const Op *op = chain[i];
        if (op->n_in < 4 || !ir_is_int_const(op->in[op->n_in - 2], &p[i].at))
            return false;
        p[i].row = i;
        for (int j = 0; j < i; j++) {
            bool apart;
            if (same_row(op, chain[j], &apart)) {
                if (p[i].at == p[j].at)
                    return false;
                p[i].row = p[j].row;
                break;
            }
            if (!apart)
                return false;
        }
        p[i].in = op->in + 1;
        p[i].loc = op->loc;
    }
    return true;
}

// Insertion sort: chains are short. True if something moved.
static bool sort(Payload *p, int n)
{
    bool moved = false;
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && (p[k].row < p[k - 1].row || (p[k].row == p[k - 1].row && p[k].at < p[k - 1].at)); k--) {
            Payload t = p[k];
            p[k] = p[k - 1];
            p[k - 1] = t;
            moved = true;
        }
    return moved;
}

// Puts the chain where its last addition stands, with the operands in their new order.
static void move_chain(Accs *s, Region *r, Op *const *chain, int n, const Payload *p)
{
    for (int i = 0; i < n; i++) {
        Value **in = NEW_N(r->func->module->arena, Value *, chain[i]->n_in);
        in[0] = chain[i]->in[0];
        for (int k = 1; k < chain[i]->n_in; k++)
            in[k] = p[i].in[k - 1];
        chain[i]->in = in;
        chain[i]->loc = p[i].loc;
        chain[i]->mark = 1;
    }
    int kept = 0;
    Op **ops = NEW_N(s->a, Op *, r->ops.n + 1);
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i];
        if (op == chain[n - 1])
            for (int k = 0; k < n; k++)
                ops[kept++] = chain[k];
        else if (!op->mark)
            ops[kept++] = op;
    }
    for (int i = 0; i < kept; i++) {
        r->ops.at[i] = ops[i];
        ops[i]->mark = 0;
    }
}

static bool is_last(const Accs *s, const Region *r, int at)
{
    const Op *op = r->ops.at[at];
    if (op->code != OP_acc)
        return false;
    for (int i = at + 1; s->uses[op->out[0]->id] == 1 && i < r->ops.n; i++)
        if (r->ops.at[i]->code == OP_acc && r->ops.at[i]->in[0] == op->out[0])
            return before(s, r->ops.at[i]) != op;
    return true;
}

static void visit(Accs *s, Region *r)
{
    for (int i = 0; i < r->ops.n; i++)
        r->ops.at[i]->mark = 0;
    for (int i = 0; i < r->ops.n; i++) {
        Op *op = r->ops.at[i], *chain[MAX_CHAIN];
        Payload p[MAX_CHAIN];
        for (int k = 0; k < op->n_regions; k++)
            if (op->regions[k])
                visit(s, op->regions[k]);
        if (op->code != OP_acc || !before(s, op) || !is_last(s, r, i))
            continue;
        int n = chain_of(s, op, chain);
        if (n >= MIN_CHAIN && number_rows(chain, n, p) && sort(p, n))
            move_chain(s, r, chain, n, p);
    }
}

void opt_accs(Func *f)
{
    if (!func_has_body(f))
        return;
    Arena *a = arena_new();
    Accs s = {a, count_uses(a, f)};
    visit(&s, f->body);
    arena_free(a);
}
