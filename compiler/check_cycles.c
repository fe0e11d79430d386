// check_cycles.c — derivatives that need themselves, and custom rules for one mode where the other is needed.
//
// In: all functions with their calls, derives with their signatures. Out: errors and warnings only.
//
//     real f(real x) { real b; return g(x, b) * x; }
//     derive g = grad(f);              error: derivative 'g' needs itself: g -> f -> g
//
// The idea: a graph whose nodes say "f is differentiated in this mode". A function leads to what it calls, a derived
// one to its base, one with a custom rule for the mode nowhere: the rule is called, not differentiated. On the way down
// from an outer transform through an inner one, though, the inner one's rules are differentiated like any code, so a
// node also holds which modes it has passed through. Functions that call each other are no mistake; a strongly
// connected part of the graph with a derived function in it is one, since then each level of derivatives asks for the
// next. Tarjan's algorithm with a stack of its own, since a chain of calls may be very long.
#include "checker.h"

typedef struct Node Node;
typedef VEC(Node *) NodeList;

enum { MODES = 2, PASSED = 4, VARIANTS = MODES * PASSED };

struct Node {
    Function *f;
    int mode, passed;                                           // passed: 1 through a vjp or grad, plus 2 through a jvp
    int index, low;                                             // Tarjan's; index 0: not seen yet
    bool open;                                                  // on the stack of nodes whose part is not known yet
    int part;                                                   // the number of its part, when closed
    NodeList next;
    int done;                                                   // how many of next have been gone down to
    Node *from;                                                 // for the path that is printed
};

typedef struct Graph {
    Checker *c;
    Map *nodes;                                                 // Function -> Node *[VARIANTS]
    Map *told;                                                  // functions and customs of which something was said
    NodeList open, path;
    int count, parts;
    const Function *asked_by;                                   // the derived function whose needs are being followed
} Graph;

// A Hessian is the tangent of a gradient.
static int mode_of(const Function *derived)
{
    return derived->transform == XFORM_JVP || derived->transform == XFORM_JACFWD || derived->transform == XFORM_HESSIAN;
}

// What is passed through on the way down from a derived function to its base.
static int passing(const Function *derived)
{
    return derived->transform == XFORM_HESSIAN ? 3 : mode_of(derived) ? 2 : 1;
}

static Function *rule_for(const Function *f, int mode)
{
    return mode ? f->custom_jvp : f->custom_vjp;
}

static void warn_other_mode(Graph *g, const Function *f, int mode)
{
    const char *const NAMES[] = {"vjp", "jvp"};
    Checker *c = g->c;
    for (int i = 0; i < c->customs.n; i++) {
        Custom *custom = c->customs.at[i];
        if (custom->of.text != f->name.text || map_get(g->told, custom))
            continue;
        map_set(g->told, custom, custom);
        diag_warning(c->diags, custom->loc, W_CUSTOM,
                     "'%s' has a custom %s but no custom %s, for which its body is used", f->name.text, NAMES[!mode], NAMES[mode]);
        diag_note(c->diags, g->asked_by->name.loc, "'%s' needs it", g->asked_by->name.text);
    }
}

static Node *node(Graph *g, Function *f, int mode, int passed)
{
    Node **variants = map_get(g->nodes, f);
    if (!variants) {
        variants = NEW_N(g->c->arena, Node *, VARIANTS);
        map_set(g->nodes, f, variants);
    }
    Node **at = &variants[mode * PASSED + passed];
    if (!*at) {
        *at = NEW(g->c->arena, Node);
        **at = (Node){.f = f, .mode = mode, .passed = passed};
    }
    return *at;
}

static void lead(Graph *g, Node *n, Function *to, int passed)
{
    vec_push(g->c->arena, &n->next, node(g, to, n->mode, passed));
}

// What differentiating n->f needs differentiated.
static void expand(Graph *g, Node *n)
{
    Function *f = n->f;
    const CallList *calls = map_get(g->c->calls, f);
    if (rule_for(f, n->mode))
        return;
    if (f->implicit) {                                          // not its body is differentiated, but the equation
        lead(g, n, f->implicit->residual, n->passed);
        if (n->passed & 1)
            lead(g, n, f->implicit->adjoint, n->passed);
        if (n->passed & 2)
            lead(g, n, f->implicit->tangent, n->passed);
        return;
    }
    if (f->base)
        lead(g, n, f->base, n->passed | passing(f));
    for (int i = 0; calls && i < calls->n; i++)
        lead(g, n, calls->at[i].callee, n->passed);
    if (f->body && rule_for(f, !n->mode))
        warn_other_mode(g, f, n->mode);
    if (rule_for(f, !n->mode) && (n->passed & (n->mode ? 1 : 2)))
        lead(g, n, rule_for(f, !n->mode), n->passed);
}

// ---- reporting

// The shortest way from n back to n within its part, printed.
static void report_cycle(Graph *g, Node *n)
{
    Arena *a = g->c->arena;
    NodeList queue = {0};
    Map *seen = map_new(a);
    const Node *last = NULL;
    vec_push(a, &queue, n);
    for (int head = 0; !last; head++) {                         // n can be reached, so this ends
        Node *at = queue.at[head];
        for (int i = 0; i < at->next.n && !last; i++) {
            Node *to = at->next.at[i];
            if (to == n)
                last = at;
            if (to->part != n->part || map_get(seen, to))
                continue;
            map_set(seen, to, to);
            to->from = at;
            vec_push(a, &queue, to);
        }
    }
    const char *path = n->f->name.text;
    for (; last != n; last = last->from)
        path = arena_printf(a, "%s -> %s", last->f->name.text, path);
    diag_error(g->c->diags, n->f->name.loc, "derivative '%s' needs itself: %s -> %s", n->f->name.text, n->f->name.text,
               path);
}

static bool leads_to_itself(const Node *n)
{
    for (int i = 0; i < n->next.n; i++)
        if (n->next.at[i] == n)
            return true;
    return false;
}

// One part has been found: the open nodes from `first` on. It is a mistake if a derived function is in a cycle of it.
static void close_part(Graph *g, int first)
{
    Node *worst = NULL;
    bool known = false;
    g->parts++;
    for (int i = first; i < g->open.n; i++) {
        Node *n = g->open.at[i];
        n->open = false;
        n->part = g->parts;
        if (n->f->base && (g->open.n - first > 1 || leads_to_itself(n))) {
            known = known || map_get(g->told, n->f);
            map_set(g->told, n->f, n->f);
            worst = !worst || loc_compare(n->f->name.loc, worst->f->name.loc) < 0 ? n : worst;
        }
    }
    g->open.n = first;
    if (worst && !known)
        report_cycle(g, worst);
}

// ---- Tarjan

static void enter(Graph *g, Node *n)
{
    n->index = n->low = ++g->count;
    n->open = true;
    expand(g, n);
    vec_push(g->c->arena, &g->open, n);
    vec_push(g->c->arena, &g->path, n);
}

static void leave(Graph *g, Node *n)
{
    g->path.n--;
    if (g->path.n > 0 && n->low < g->path.at[g->path.n - 1]->low)
        g->path.at[g->path.n - 1]->low = n->low;
    if (n->low < n->index)
        return;
    int first = g->open.n - 1;
    while (g->open.at[first] != n)
        first--;
    close_part(g, first);
}

static void follow(Graph *g, Node *start)
{
    if (!start->index)
        enter(g, start);
    while (g->path.n > 0) {
        Node *n = g->path.at[g->path.n - 1];
        if (n->done == n->next.n) {
            leave(g, n);
            continue;
        }
        Node *to = n->next.at[n->done++];
        if (!to->index)
            enter(g, to);
        else if (to->open && to->index < n->low)
            n->low = to->index;
    }
}

void derive_cycles(Checker *c)
{
    Graph g = {.c = c, .nodes = map_new(c->arena), .told = map_new(c->arena)};
    for (int i = 0; i < c->program->derived.n; i++) {
        Function *f = c->program->derived.at[i];
        g.asked_by = f;
        follow(&g, node(&g, f->base, mode_of(f), f->transform == XFORM_HESSIAN ? 1 : 0));
    }
}
