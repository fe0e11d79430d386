// ast_ir.h — the tree and the IR in one file. Only lower*.c, main.c and tests that need both include it.
//
// ast.h and ir.h each have a Module, a Type, an Elem, a Role and a Transform of their own. Here the tree's get the
// prefix Ast, the IR's keep their names:
//
//     AstModule *m = parse_file(...);  Program *p = check_module(m, d);  Module *ir = lower(arena, p, options);
//
// Include this before, and instead of, check.h, parser.h, builtins.h and ir.h. Only names of types change, so both
// sides link.
#ifndef ADC_AST_IR_H
#define ADC_AST_IR_H

#define Module AstModule
#define Type AstType
#define Elem AstElem
#define Role AstRole
#define Transform AstTransform
#define Implicit AstImplicit
#define ROLE_IN AST_IN
#define ROLE_OUT AST_OUT
#define ROLE_INOUT AST_INOUT
#include "builtins.h"
#include "check.h"
#undef Module
#undef Type
#undef Elem
#undef Role
#undef Transform
#undef Implicit
#undef ROLE_IN
#undef ROLE_OUT
#undef ROLE_INOUT

#include "ir.h"

#endif
