// partials.c — the partial derivatives of scalar ops, read from their strings in ops.def.
//
// In: an op, which operand, the seed and the values of operands and result. Out: the contribution as IR at the builder's end.
//
//     row mul, da = "s * b":   b_partial(b, OP_mul, 0, seed, {x, y}, r)   ->   %1 = mul %seed, %y
//
// Grammar of the strings:  cmp = sum [("==" | "<=" | "<" | ">=" | ">") sum];  sum = term {("+"|"-") term};  term = unary {("*"|"/") unary};
// unary = ["-"] primary;  primary = number | a | b | c | r | s | op "(" cmp {"," cmp} ")" | "(" cmp ")".
#include "ir.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// A number takes the type of what it meets, so it is kept as a number until then.
typedef struct Term {
    Value *v;
    double number;                          // where v is NULL
} Term;

typedef struct Reader {
    Builder *b;
    const char *at;
    Value *named[5];                        // a b c r s
    OpCode companion;                       // where at_a is set: the op whose value at a that is
    Value *at_a;
} Reader;

static Term parse_cmp(Reader *p);

static Value *as_type(Reader *p, Term t, Type type)
{
    if (t.v)
        return t.v;
    return type.elem == E_INT ? b_int(p->b, (int64_t)t.number) : b_real(p->b, t.number);
}

static void skip_space(Reader *p)
{
    while (*p->at == ' ')
        p->at++;
}

static bool accept(Reader *p, const char *token)
{
    skip_space(p);
    size_t n = strlen(token);
    if (strncmp(p->at, token, n) != 0)
        return false;
    p->at += n;
    return true;
}

static Term binary(Reader *p, OpCode real_op, OpCode int_op, Term x, Term y)
{
    Type t = x.v ? x.v->type : y.v ? y.v->type : T_REAL;
    OpCode op = t.elem == E_INT ? int_op : real_op;
    return (Term){b_2(p->b, op, as_type(p, x, t), as_type(p, y, t)), 0};
}

static Term parse_call(Reader *p, const char *name, size_t n)
{
    char op_name[24];
    assert(n < sizeof op_name);
    memcpy(op_name, name, n);
    op_name[n] = '\0';
    OpCode op = op_by_name(op_name);
    assert(op < OP_COUNT && op_is_scalar(op));
    if (p->at_a && op == p->companion && accept(p, "a)"))
        return (Term){p->at_a, 0};
    Value *in[3];
    int arity = op_arity(op);
    for (int i = 0; i < arity; i++) {
        Term t = parse_cmp(p);
        in[i] = as_type(p, t, op_operand_type(op, i));
        bool more = accept(p, i + 1 < arity ? "," : ")");
        assert(more);
        (void)more;
    }
    return (Term){b_scalar(p->b, op, in), 0};
}

static Term parse_primary(Reader *p)
{
    skip_space(p);
    const char *start = p->at;
    if (isdigit((unsigned char)*start)) {
        char *end;
        double x = strtod(start, &end);
        p->at = end;
        return (Term){NULL, x};
    }
    if (accept(p, "(")) {
        Term t = parse_cmp(p);
        accept(p, ")");
        return t;
    }
    while (isalnum((unsigned char)*p->at) || *p->at == '_')
        p->at++;
    size_t n = (size_t)(p->at - start);
    assert(n > 0);
    if (accept(p, "("))
        return parse_call(p, start, n);
    static const char names[] = "abcrs";
    const char *which = strchr(names, *start);
    assert(n == 1 && which && p->named[which - names]);
    return (Term){p->named[which - names], 0};
}

static Term parse_unary(Reader *p)
{
    if (!accept(p, "-"))
        return parse_primary(p);
    Term t = parse_primary(p);
    if (!t.v)
        return (Term){NULL, -t.number};
    return (Term){b_1(p->b, t.v->type.elem == E_INT ? OP_ineg : OP_neg, t.v), 0};
}

static Term parse_term(Reader *p)
{
    Term t = parse_unary(p);
    for (;;) {
        if (accept(p, "*"))
            t = binary(p, OP_mul, OP_imul, t, parse_unary(p));
        else if (accept(p, "/"))
            t = binary(p, OP_div, OP_idiv, t, parse_unary(p));
        else
            return t;
    }
}

static Term parse_sum(Reader *p)
{
    Term t = parse_term(p);
    for (;;) {
        if (accept(p, "+"))
            t = binary(p, OP_add, OP_iadd, t, parse_term(p));
        else if (accept(p, "-"))
            t = binary(p, OP_sub, OP_isub, t, parse_term(p));
        else
            return t;
    }
}

static Term parse_cmp(Reader *p)
{
    static const struct { const char *token; OpCode real_op, int_op; } table[] = {
        {"==", OP_eq, OP_ieq}, {"<=", OP_le, OP_ile}, {">=", OP_ge, OP_ige}, {"<", OP_lt, OP_ilt}, {">", OP_gt, OP_igt},
    };
    Term t = parse_sum(p);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (accept(p, table[i].token))
            return binary(p, table[i].real_op, table[i].int_op, t, parse_sum(p));
    return t;
}

static Value *read_partial(Reader *p, OpCode code, int k)
{
    p->at = op_info[code].partial[k];
    if (!p->at)
        return NULL;
    Term t = parse_cmp(p);
    skip_space(p);
    assert(*p->at == '\0');
    return as_type(p, t, T_REAL);
}

Value *b_partial(Builder *b, OpCode code, int k, Value *seed, Value *const *a, Value *r)
{
    Reader p = {.b = b, .named = {[3] = r, [4] = seed}};
    for (int i = 0; i < op_arity(code); i++)
        p.named[i] = a[i];
    return read_partial(&p, code, k);
}

Value *b_partial_by(Builder *b, OpCode code, Value *seed, Value *companion, Value *r)
{
    Reader p = {.b = b, .named = {[3] = r, [4] = seed}, .companion = op_companion(code), .at_a = companion};
    return read_partial(&p, code, 0);
}

// The operands and the result that the text names from `s` to `end`.
static unsigned needs_in(const char *s, const char *end)
{
    unsigned needs = 0;
    for (; s < end; s++) {
        if (!isalpha((unsigned char)*s))
            continue;
        const char *start = s;
        while (isalnum((unsigned char)s[1]) || s[1] == '_')
            s++;
        if (s == start && strchr("abcr", *s))
            needs |= *s == 'r' ? NEEDS_R : 1u << (*s - 'a');
    }
    return needs;
}

unsigned partial_needs(OpCode code, int k)
{
    const char *text = op_info[code].partial[k];
    return text ? needs_in(text, text + strlen(text)) : 0;
}

OpCode op_companion(OpCode code)
{
    const char *text = op_is_scalar(code) && op_arity(code) == 1 ? op_info[code].partial[0] : NULL;
    const char *call = text ? strstr(text, "(a)") : NULL, *name = call;
    while (name && name > text && isalnum((unsigned char)name[-1]))
        name--;
    char op[24];
    size_t n = call ? (size_t)(call - name) : 0;
    if (n == 0 || n >= sizeof op || ((needs_in(text, name) | needs_in(call + 3, text + strlen(text))) & NEEDS_A))
        return OP_COUNT;
    memcpy(op, name, n);
    op[n] = '\0';
    return op_by_name(op);
}
