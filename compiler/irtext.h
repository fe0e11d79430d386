// irtext.h — the words of the IR's text form, which irtext.c prints and irparse.c reads.
//
// In: a module or its text. Out: the other one; text -> module -> text gives the same bytes. By example, everything
// there is:
//
//     module "gmm.ad"                                                ; comments run to the end of the line, `//` too
//     struct point = {xy: real[2], id: int}                          ; members may be structs that stand before
//     array @w: real[2][2] = [1.0, 0.5 "5e-1", 0.0, -2.0]            ; a string is the user's spelling
//     extern func @g(%x: real) -> (real) source "g" vjp @g_rule @2
//     derive @r_forward(%n: int, %x: real[1]) -> (real) = forward @f wrt 1 pair @r_reverse tape "tape"
//     derive @f_grad(%n: int, %x: real[1], %x_bar: real[1] out bar of 1) -> (real[1], real) = grad @f wrt 1
//     derive @f_jvp(..., %x_dot: real[2] dot of 1) -> (...) = jvp @f wrt 1 by 4          ; 4 directions; `by param 0`
//     extern func @h(%n: int, %y: real[1] out returned) -> (real[1])       ; in the source real[n] h(int n)
//     static func @f(%n.0: int, %x.1: real[1] "[n]") -> (real) source "f" noinline @3:5 {
//         %x.2 = shape %x.1, %n.0                                    ; the variable's name and the value's number
//         %a.3 = new real[%n.0] zero @4                              ; a line; also `@4:9`, `@"lib.ad":4:9`
//         %4 = const_real 0.1 "1e-1"
//         %r.5 = slice %x.2[0, %i.9 : %n.0]
//         %a.6 = store %a.3[%n.0], %4                                ; here `0.1` would do for `%4`
//         check assert "n is small", %ok.7, %n.0
//         %a.8, %s.9 = if %ok.7 (%a.10 = %a.6) { ... yield %a.11, %s.12 } else (%a.13) { ... yield %a.13, %s.14 }
//         %m.16 = if choice %ok.7 { yield %x.15 } else { yield 0.0 } ; an expression of the source, `ok ? x : 0.0`
//         %s.20, %21 = loop %i.15 = %lo.16 to %hi.17 step -1 reversed exit independent checkpoint %n.0 (%s.18 = %s.9) { ... yield %done.22, %s.19 }
//         %s.30, %31 = loop (%s.32 = %s.20) while (%s.33) { ... yield %c.34 } do { ... yield %s.35 }
//         %A.41, %s.42 = within %A.40 (%row.43 = [%i.15], %z.44 = at %p.45 [%n.0], %e.48 = %E.49)
//                                      { ... yield %row.46, %z.44, %e.50, %s.47 }
//         %X.51 = lu_solve %X.50, %F.47, %P.46, %n.0, 1 {ta}         ; flags, also of gemm, lower_solve and lower
//         %v.48 = call @h(%x.2, %n.0)
//         %v.52 = load %ps.51[%i.15].xy(%6)[%k.7]                    ; %6: the operand that is the field's number; may be left out
//         yield %s.30 }
//
// Types: real int bool pos; real[2] is an array of rank 2, struct point[0] one struct in memory; `buf bit`. Numbers may be left out in text written by hand:
// then values are numbered as they come. Results at the end of a list may be left out, and so may empty yields, an
// empty else and `-> ()`.
#ifndef ADC_IRTEXT_H
#define ADC_IRTEXT_H

#include "ir.h"

// How an op is written after its name. F_LIST: its operands, separated by commas; F_FLAGS: the same, and flags that are set: {ta, sub}.
typedef enum OpForm {
    F_LIST, F_REAL, F_INT, F_BOOL, F_UNDEF, F_ARRAY, F_NEW, F_BUF, F_ELEMENT, F_SLICE, F_FLAGS, F_CHECK,
    F_IF, F_LOOP, F_WITHIN, F_CALL
} OpForm;

extern const OpForm op_form[OP_COUNT];

// A flag of an F_FLAGS op: its name, which ops have it, asking and setting.
enum { N_OP_FLAGS = 7 };
extern const char *const op_flag_names[N_OP_FLAGS];
bool op_has_flag(OpCode code, int flag);
bool op_flag(const Op *op, int flag);
void op_set_flag(Op *op, int flag);
extern const char *const elem_names[6];         // by Elem
extern const char *const role_names[3];         // by Role
extern const char *const trips_names[4];        // by Trips
enum { N_PARAM_KINDS = P_TAPE + 1, N_TRANSFORMS = TR_REVERSE + 1 };
extern const char *const kind_names[N_PARAM_KINDS];         // by ParamKind
extern const char *const transform_names[N_TRANSFORMS];     // by Transform

// Appends a type as it is written.
void ir_print_type(Text *out, Type t);
// Appends %name.id. v may be NULL.
void ir_print_value(Text *out, const Value *v);
// Appends one op on one line; regions as {...}. Takes malformed ops too, so that verify.c can show them.
void ir_print_op(Text *out, const Op *op);
// Appends the name and the body of f without where it stands in the source: two functions of one name with the same text compute the same.
void ir_print_code(Text *out, const Func *f);
// Appends the line of a constant array.
void ir_print_array(Text *out, const ConstArray *c);
// irdot.c: appends the module as a Graphviz graph.
void ir_dot(Text *out, const Module *m);

#endif
