// asttext.c — a tree as text: for --emit=ast, for tests, and for expressions quoted in messages.
//
// In: a Module as the parser left it. Out: text that shows exactly what was understood: a declaration or statement a
// line, indented by two, binary operations in parentheses, literals as written:
//
//     real f(real x) { y[i][j] += -x * 2.; }     ->     function f: real
//                                                         in real x
//                                                         block
//                                                           y[i, j] += (-x * 2.)
#include "ast.h"

#include <string.h>

// ----------------------------------------------------------------------------------------------------------
// expressions

typedef struct Style {
    bool all_parens;                // every unary, binary and ?: in parentheses, else only where the tree needs them
} Style;

static void put_expr(Text *out, const Expr *e, Style style, int context);

// How tightly an operator binds; higher is tighter. Context 0 never needs parentheses.
enum { LEVEL_COND = 1, LEVEL_UNARY = 20, LEVEL_POSTFIX = 30 };

static const int binary_levels[] = {
    [BIN_OR] = 2,  [BIN_AND] = 3, [BIN_BITOR] = 4, [BIN_BITXOR] = 5, [BIN_BITAND] = 6, [BIN_EQ] = 7,   [BIN_NE] = 7,
    [BIN_LT] = 8,  [BIN_LE] = 8,  [BIN_GT] = 8,    [BIN_GE] = 8,     [BIN_SHL] = 9,    [BIN_SHR] = 9,  [BIN_ADD] = 10,
    [BIN_SUB] = 10, [BIN_MUL] = 11, [BIN_DIV] = 11, [BIN_REM] = 11,
};

static void put_list(Text *out, const ExprList *list, Style style)
{
    for (int i = 0; i < list->n; i++) {
        if (i > 0) text_put(out, ", ");
        put_expr(out, list->at[i], style, 0);
    }
}

static void put_axis(Text *out, const Axis *axis, Style style)
{
    if (axis->kind == AXIS_INDEX) {
        put_expr(out, axis->index, style, 0);
        return;
    }
    if (axis->lo) put_expr(out, axis->lo, style, LEVEL_COND + 1);
    text_put(out, ":");
    if (axis->hi) put_expr(out, axis->hi, style, LEVEL_COND + 1);
}

static void put_index(Text *out, const Expr *e, Style style)
{
    put_expr(out, e->index.base, style, LEVEL_POSTFIX);
    text_put(out, "[");
    for (int i = 0; i < e->index.axes.n; i++) {
        if (i > 0) text_put(out, ", ");
        put_axis(out, &e->index.axes.at[i], style);
    }
    text_put(out, "]");
}

static int level_of(const Expr *e)
{
    switch (e->kind) {
    case EXPR_COND:   return LEVEL_COND;
    case EXPR_BINARY: return binary_levels[e->binary.op];
    case EXPR_UNARY:  return LEVEL_UNARY;
    default:          return LEVEL_POSTFIX;
    }
}

static void put_unary(Text *out, const Expr *e, Style style)
{
    text_put(out, unary_op_text(e->unary.op));
    const Expr *operand = e->unary.operand;             // - -x must not become --x
    bool twice = operand->kind == EXPR_UNARY && operand->unary.op == e->unary.op;
    if (twice) text_put(out, " ");
    put_expr(out, operand, style, LEVEL_UNARY);
}

static void put_operators(Text *out, const Expr *e, Style style)
{
    int level = level_of(e);
    if (e->kind == EXPR_UNARY) {
        put_unary(out, e, style);
    } else if (e->kind == EXPR_BINARY) {
        put_expr(out, e->binary.left, style, level);
        text_printf(out, " %s ", binary_op_text(e->binary.op));
        put_expr(out, e->binary.right, style, level + 1);
    } else {
        put_expr(out, e->cond.cond, style, level + 1);
        text_put(out, " ? ");
        put_expr(out, e->cond.yes, style, 0);
        text_put(out, " : ");
        put_expr(out, e->cond.no, style, level);
    }
}

// Prints e where something that binds as tightly as `context` stands around it.
static void put_expr(Text *out, const Expr *e, Style style, int context)
{
    switch (e->kind) {
    case EXPR_INT:   text_printf(out, "%d", e->int_.value); return;
    case EXPR_REAL:  text_put(out, e->real.text); return;
    case EXPR_BOOL:  text_put(out, e->bool_.value ? "true" : "false"); return;
    case EXPR_NAME:  text_put(out, e->name.name); return;
    case EXPR_INDEX: put_index(out, e, style); return;
    case EXPR_ERROR: text_put(out, "<error>"); return;
    case EXPR_FIELD:
        put_expr(out, e->field.base, style, LEVEL_POSTFIX);
        text_printf(out, ".%s", e->field.name.text);
        return;
    case EXPR_CALL:
        text_printf(out, "%s(", e->call.name.text);
        if (e->call.of.text)
            text_printf(out, "%s%s", e->call.of.text, e->call.args.n ? ", " : "");
        put_list(out, &e->call.args, style);
        text_put(out, ")");
        return;
    case EXPR_CAST:
        text_printf(out, "%s(", elem_text(e->cast.to));
        put_expr(out, e->cast.operand, style, 0);
        text_put(out, ")");
        return;
    case EXPR_BRACES:
        text_put(out, "{");
        put_list(out, &e->braces.items, style);
        text_put(out, "}");
        return;
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_COND:
        break;
    }
    bool parens = style.all_parens ? e->kind != EXPR_UNARY || context == LEVEL_POSTFIX : level_of(e) < context;
    if (parens) text_put(out, "(");
    put_operators(out, e, style);
    if (parens) text_put(out, ")");
}

void ast_expr_text(Text *out, const Expr *e)
{
    put_expr(out, e, (Style){true}, 0);
}

void ast_expr_source(Text *out, const Expr *e)
{
    put_expr(out, e, (Style){false}, 0);
}

// -----------------------------------------------------------------------------------------------------------
// statements

static void put_dims(Text *out, const ExprList *dims)
{
    for (int i = 0; i < dims->n; i++) {
        text_put(out, "[");
        ast_expr_text(out, dims->at[i]);
        text_put(out, "]");
    }
}

static void put_type(Text *out, const TypeName *type)
{
    text_put(out, elem_text(type->elem));
    if (type->elem == ELEM_STRUCT) text_printf(out, " %s", type->struct_name.text);
    put_dims(out, &type->dims);
}

static void put_var(Text *out, const VarDecl *v)
{
    put_type(out, &v->type);
    text_printf(out, " %s", v->name.text);
    put_dims(out, &v->dims);
    if (!v->init) return;
    text_put(out, " = ");
    ast_expr_text(out, v->init);
}

static void indent(Text *out, int depth)
{
    for (int i = 0; i < depth; i++) text_put(out, "  ");
}

static void put_attrs(Text *out, const AttrList *attrs)
{
    for (int i = 0; i < attrs->n; i++) {
        text_printf(out, "@%s", attr_text(attrs->at[i].kind));
        if (attrs->at[i].arg) {
            text_put(out, "(");
            ast_expr_text(out, attrs->at[i].arg);
            text_put(out, ")");
        }
        text_put(out, " ");
    }
}

// A keyword and the expression after it, if there is one, as a line.
static void put_line(Text *out, const char *keyword, const Expr *e)
{
    text_put(out, keyword);
    if (e) {
        text_put(out, " ");
        ast_expr_text(out, e);
    }
    text_put(out, "\n");
}

static void put_stmt(Text *out, const Stmt *s, int depth);

static void put_labelled(Text *out, const char *label, const Stmt *s, int depth)
{
    indent(out, depth);
    text_printf(out, "%s\n", label);
    put_stmt(out, s, depth + 1);
}

static void put_if(Text *out, const Stmt *s, int depth)
{
    put_line(out, "if", s->if_.cond);
    put_stmt(out, s->if_.yes, depth + 1);
    if (s->if_.no) put_labelled(out, "else", s->if_.no, depth);
}

static void put_for(Text *out, const Stmt *s, int depth)
{
    text_put(out, "for\n");
    for (int i = 0; i < s->for_.init.n; i++) put_labelled(out, "init", s->for_.init.at[i], depth + 1);
    if (s->for_.cond) {
        indent(out, depth + 1);
        put_line(out, "while", s->for_.cond);
    }
    if (s->for_.step) put_labelled(out, "step", s->for_.step, depth + 1);
    put_labelled(out, "body", s->for_.body, depth + 1);
}

static void put_assign(Text *out, const Stmt *s)
{
    ast_expr_text(out, s->assign.target);
    text_printf(out, " %s= ", s->assign.compound ? binary_op_text(s->assign.op) : "");
    ast_expr_text(out, s->assign.value);
    text_put(out, "\n");
}

static void put_assert(Text *out, const Stmt *s)
{
    text_put(out, "assert ");
    ast_expr_text(out, s->assert_.cond);
    if (s->assert_.message) text_printf(out, ", \"%s\"", s->assert_.message);
    text_put(out, "\n");
}

static void put_stmt(Text *out, const Stmt *s, int depth)
{
    indent(out, depth);
    put_attrs(out, &s->attrs);
    switch (s->kind) {
    case STMT_DECL:
        text_put(out, s->decl->is_const ? "const " : "var ");
        put_var(out, s->decl);
        text_put(out, "\n");
        return;
    case STMT_BLOCK:
        text_put(out, "block\n");
        for (int i = 0; i < s->block.body.n; i++) put_stmt(out, s->block.body.at[i], depth + 1);
        return;
    case STMT_DO:
        text_put(out, "do\n");
        put_stmt(out, s->while_.body, depth + 1);
        indent(out, depth);
        put_line(out, "while", s->while_.cond);
        return;
    case STMT_WHILE:
        put_line(out, "while", s->while_.cond);
        put_stmt(out, s->while_.body, depth + 1);
        return;
    case STMT_ASSIGN:   put_assign(out, s); return;
    case STMT_STEP:     put_line(out, s->step.by > 0 ? "increment" : "decrement", s->step.target); return;
    case STMT_CALL:     put_line(out, "call", s->call.call); return;
    case STMT_IF:       put_if(out, s, depth); return;
    case STMT_FOR:      put_for(out, s, depth); return;
    case STMT_BREAK:    text_put(out, "break\n"); return;
    case STMT_CONTINUE: text_put(out, "continue\n"); return;
    case STMT_RETURN:   put_line(out, "return", s->return_.value); return;
    case STMT_ASSERT:   put_assert(out, s); return;
    case STMT_EMPTY:    text_put(out, "empty\n"); return;
    case STMT_ERROR:    text_put(out, "<error>\n"); return;
    }
}

// ---------------------------------------------------------------------------------------------------------
// declarations

static void put_function(Text *out, const Function *f)
{
    put_attrs(out, &f->attrs);
    if (f->is_static) text_put(out, "static ");
    text_printf(out, "%s %s: ", f->is_extern ? "extern" : f->is_prototype ? "prototype" : "function", f->name.text);
    put_type(out, &f->result);
    text_put(out, "\n");
    for (int i = 0; i < f->params.n; i++) {
        text_printf(out, "  %s ", role_text(f->params.at[i]->role));
        put_var(out, f->params.at[i]);
        text_put(out, "\n");
    }
    if (f->body) put_stmt(out, f->body, 1);
}

static void put_transform(Text *out, const Transform *t)
{
    text_put(out, t->name.text);
    if (t->kind == XFORM_FUNCTION) return;
    text_put(out, "(");
    put_transform(out, t->of);
    for (int i = 0; i < t->wrt.n; i++) text_printf(out, ", %s", t->wrt.at[i].text);
    if (t->directions) {
        text_put(out, "; ");
        ast_expr_text(out, t->directions);
    }
    text_put(out, ")");
}

static void put_struct(Text *out, const StructDecl *s)
{
    text_printf(out, "struct %s\n", s->name.text);
    for (int i = 0; i < s->fields.n; i++) {
        text_put(out, "  ");
        put_var(out, s->fields.at[i]);
        text_put(out, "\n");
    }
}

static void put_top(Text *out, const TopDecl *t)
{
    if (t->imported) text_put(out, "imported ");
    switch (t->kind) {
    case TOP_IMPORT:   text_printf(out, "import \"%s\"\n", t->import->path.text); return;
    case TOP_STRUCT:   put_struct(out, t->struct_); return;
    case TOP_FUNCTION: put_function(out, t->function); return;
    case TOP_CONST:
        text_put(out, "const ");
        put_var(out, t->constant);
        text_put(out, "\n");
        return;
    case TOP_DERIVE:
        text_printf(out, "%sderive %s = ", t->derive->is_static ? "static " : "", t->derive->name.text);
        put_transform(out, t->derive->transform);
        text_put(out, "\n");
        return;
    case TOP_CUSTOM:
        text_printf(out, "custom %s(%s) = %s\n", transform_text(t->custom->mode), t->custom->of.text, t->custom->rule.text);
        return;
    }
}

void ast_text(Text *out, const Module *m)
{
    for (int i = 0; i < m->decls.n; i++) put_top(out, m->decls.at[i]);
}

void ast_print(FILE *to, const Module *m)
{
    Text out = text_in(m->arena);
    ast_text(&out, m);
    if (out.n > 0) fwrite(out.at, 1, out.n, to);
}
