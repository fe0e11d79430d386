// tree.c - nodes, masks, printing. See gen.h.
#include "gen.h"

#include <string.h>

void node_text(Arena *a, Node *n, const char *text)
{
    Part p = {text, NULL};
    vec_push(a, &n->parts, p);
}

void node_child(Arena *a, Node *n, Node *child)
{
    Part p = {NULL, child};
    vec_push(a, &n->parts, p);
}

Node *node(Arena *a, const char *tag, const char *fallback, const char *format, ...)
{
    Node *n = NEW(a, Node);
    n->tag = tag;
    n->fallback = fallback;
    va_list args;
    va_start(args, format);
    while (*format) {
        size_t run = strcspn(format, "@$#");
        if (run > 0)
            node_text(a, n, arena_strndup(a, format, run));
        format += run;
        if (*format == '@')
            node_child(a, n, va_arg(args, Node *));
        else if (*format == '$')
            node_text(a, n, va_arg(args, const char *));
        else if (*format == '#')
            node_text(a, n, arena_printf(a, "%d", va_arg(args, int)));
        format += *format != 0;
    }
    va_end(args);
    return n;
}

int tree_number(Node *root, int next)
{
    root->id = next++;
    for (int i = 0; i < root->parts.n; i++)
        if (root->parts.at[i].node)
            next = tree_number(root->parts.at[i].node, next);
    return next;
}

static const Node *child(const Node *n, int k)
{
    for (int i = 0; i < n->parts.n; i++)
        if (n->parts.at[i].node && --k == 0)
            return n->parts.at[i].node;
    return NULL;
}

static void flat(Text *out, const Node *n, const Mask *mask)
{
    int what = n->id < mask->n ? mask->at[n->id] : -1;
    if (what == 0 && n->fallback)
        text_put(out, n->fallback);
    else if (what > 0 && child(n, what))
        flat(out, child(n, what), mask);
    else
        for (int i = 0; i < n->parts.n; i++)
            if (n->parts.at[i].node)
                flat(out, n->parts.at[i].node, mask);
            else
                text_put(out, n->parts.at[i].text);
}

// Prints the tree, each line indented by the braces that are open before it.
void tree_print(Text *out, const Node *root, const Mask *mask, Arena *a)
{
    Text t = text_in(a);
    flat(&t, root, mask);
    int open = 0;
    for (const char *line = t.at ? t.at : ""; *line;) {
        size_t n = strcspn(line, "\n");
        int depth = open - (line[0] == '}');
        for (size_t i = 0; i < n; i++)
            open += (line[i] == '{') - (line[i] == '}');
        for (int i = 0; i < depth && n > 0; i++)
            text_put(out, "    ");
        if (n > 0) {
            text_putn(out, line, n);
            text_put(out, "\n");
        }
        line += n + (line[n] == '\n');
    }
}

static int size(const Node *n)
{
    int s = 1;
    for (int i = 0; i < n->parts.n; i++)
        s += n->parts.at[i].node ? size(n->parts.at[i].node) : 0;
    return s;
}

void tree_list(FILE *out, const Node *root)
{
    fprintf(out, "%d %d", root->id, size(root));
    int k = 0;
    if (root->fallback)
        fprintf(out, " 0");
    for (int i = 0; i < root->parts.n; i++)
        if (root->parts.at[i].node && ++k && strcmp(root->parts.at[i].node->tag, root->tag) == 0)
            fprintf(out, " %d", k);
    fprintf(out, "\n");
    for (int i = 0; i < root->parts.n; i++)
        if (root->parts.at[i].node)
            tree_list(out, root->parts.at[i].node);
}
