/* parse.y -- tokens to tree.

   In: the tokens of one file. Out: its TopDecls in p->decls, in source order, and messages about what does not fit.
   Actions build nodes and nothing else: no names are looked up, no types are known, and imports are followed later
   (parser.c).

       real f(real x) { return -x; }      ->      TOP_FUNCTION f {params: in real x, body: {STMT_RETURN (EXPR_UNARY - x)}}

   After a mistake the parser goes on behind the next ';' or ')'. While it looks for that, a whole group in braces is
   one GROUP token (see parser.c), so a broken header does not make the body a second mistake. Lists recurse to the
   left, so their length is no matter; how deep things nest is bounded by the parser's stack here and by the
   constructors in ast.c. */

%require "3.8"
%define api.pure full
%define api.prefix {ad_}
%define api.token.prefix {TOK_}
%define api.value.type union
%define api.location.type {Loc}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parser *p}

%code requires {
#include "parser.h"

// What a declaration has in common before its declarators, and what comes of it.
typedef struct DeclHead {
    TypeName type;
    bool is_const;
} DeclHead;
typedef VEC(Axis) AxisList;
typedef struct StorageHead {
    bool is_static, is_extern;
    TypeName type;
} StorageHead;
}

%code {
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wconversion"           // bison's skeleton, not ours
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#include <stdlib.h>
#include <string.h>

// Memory for the parser's stack is bounded, so nesting is: YYMAXDEPTH is met before AST_MAX_DEPTH only by brackets
// without content.
#define YYMAXDEPTH 12000

// Without memory bison would report an error in the source.
static void *stack_alloc(size_t bytes)
{
    void *p = malloc(bytes);
    if (!p)
        out_of_memory();
    return p;
}
#define YYMALLOC stack_alloc
#define YYFREE   free

// A rule's span goes from its first to its last part that is not empty.
#define YYLLOC_DEFAULT(Cur, Rhs, N)                                                                        \
    do {                                                                                                   \
        int first_ = 1, last_ = (N);                                                                       \
        while (first_ < last_ && YYRHSLOC(Rhs, first_).begin == YYRHSLOC(Rhs, first_).end) first_++;       \
        while (last_ > first_ && YYRHSLOC(Rhs, last_).begin == YYRHSLOC(Rhs, last_).end) last_--;          \
        (Cur) = (N) ? loc_join(YYRHSLOC(Rhs, first_), YYRHSLOC(Rhs, last_)) : loc_after(YYRHSLOC(Rhs, 0)); \
    } while (0)

#define B (&p->b)
#define ARENA (p->b.arena)

int ad_lex(AD_STYPE *value, AD_LTYPE *loc, Parser *p);
static void ad_error(const Loc *loc, Parser *p, const char *message);

static Name name_at(const char *text, Loc loc);
static TypeName type_at(Elem elem, Loc loc);
static VarDecl *var(Parser *p, Loc loc, Name name, ExprList dims, Expr *init);
static StmtList declare(Parser *p, DeclHead head, VarDeclList vars);
static TopDecl *top(Parser *p, TopKind kind, Loc loc);
static void top_constants(Parser *p, Loc loc, TypeName type, VarDeclList vars);
static void top_struct(Parser *p, Loc loc, Name name, VarDeclList fields);
static VarDeclList fields_of(Parser *p, TypeName type, VarDeclList vars);
static void top_import(Parser *p, Loc loc, Name path);
static void top_custom(Parser *p, Loc loc, Name mode, Name of, Name rule);
static void top_derive(Parser *p, Loc loc, bool is_static, Name name, Transform *transform);
static Function *function(Parser *p, Loc loc, StorageHead head, Name name, VarDeclList params);
static void top_function(Parser *p, Loc loc, AttrList attrs, Function *f, Stmt *body);
static void attribute(Parser *p, AttrList *list, Loc loc, Name name, Expr *arg);
static Stmt *with_attrs(Parser *p, AttrList attrs, Stmt *s);
static Stmt *call_statement(Parser *p, Loc loc, Expr *e);
static Transform *transform(Parser *p, Loc loc, Name name, Transform *of, NameList wrt, Expr *directions);
static Expr *assignable(Parser *p, Expr *e);
}

%initial-action { @$ = (Loc){p->source, 0, 0}; }

%token YYEOF 0 "the end of the file"
%token <const char *> IDENT "a name"  STRING "a string"  REAL_NUMBER "a real number"
%token <int> INT_NUMBER "an integer"
%token REAL "'real'"  INT "'int'"  BOOL "'bool'"  STRUCT "'struct'"  VOID "'void'"
       CONST "'const'"  STATIC "'static'"  EXTERN "'extern'"  IMPORT "'import'"  DERIVE "'derive'"  CUSTOM "'custom'"
       IN "'in'"  OUT "'out'"  INOUT "'inout'"
       IF "'if'"  ELSE "'else'"  FOR "'for'"  WHILE "'while'"  DO "'do'"  BREAK "'break'"  CONTINUE "'continue'"
       RETURN "'return'"  ASSERT "'assert'"  TRUE "'true'"  FALSE "'false'"
%token ADD_ASSIGN "'+='"  SUB_ASSIGN "'-='"  MUL_ASSIGN "'*='"  DIV_ASSIGN "'/='"  REM_ASSIGN "'%='"
       INC "'++'"  DEC "'--'"
       AND "'&&'"  OR "'||'"  LE "'<='"  GE "'>='"  EQ "'=='"  NE "'!='"  SHL "'<<'"  SHR "'>>'"
%token '=' "'='"  '+' "'+'"  '-' "'-'"  '*' "'*'"  '/' "'/'"  '%' "'%'"
       '<' "'<'"  '>' "'>'"  '!' "'!'"  '~' "'~'"  '&' "'&'"  '|' "'|'"  '^' "'^'"
       '?' "'?'"  ':' "':'"  ';' "';'"  ',' "','"  '.' "'.'"
       '(' "'('"  ')' "')'"  '[' "'['"  ']' "']'"  '{' "'{'"  '}' "'}'"  '@' "'@'"
%token ARROW "'->'"  BIT_ASSIGN "an assignment such as '&='"  GROUP "a group in braces"     // never fit; the last only in recovery

%type <Expr *>       expr primary postfix init braces opt_expr directions
%type <ExprList>     args arg_list dims init_list result_dims
%type <Axis>         axis
%type <AxisList>     axes
%type <Stmt *>       stmt plain block simple opt_simple
%type <StmtList>     items item declaration for_init
%type <VarDecl *>    declarator param
%type <VarDeclList>  declarators params param_list fields
%type <TypeName>     type result_type
%type <DeclHead>     decl_head
%type <StorageHead>  storage
%type <Function *>   header
%type <AttrList>     attrs
%type <Transform *>  transform operand
%type <NameList>     wrt
%type <Role>         role
%type <BinaryOp>     op_assign

%precedence BARE_ATTRIBUTE
%precedence THEN
%precedence ELSE
%right '?' ':'
%left OR
%left AND
%left '|'
%left '^'
%left '&'
%left EQ NE
%left '<' '>' LE GE
%left SHL SHR
%left '+' '-'
%left '*' '/' '%'
%precedence UNARY
%precedence '('

%%

file: %empty
    | file top
    ;

// -------------------------------------------------------------------------------------------------------- declarations

top: IMPORT STRING ';'                          { top_import(p, @$, name_at($2, @2)); }
   | CONST type declarators ';'                 { top_constants(p, @$, $2, $3); }
   | STATIC CONST type declarators ';'          { top_constants(p, @$, $3, $4); }
   | STRUCT IDENT '{' fields '}' ';'            { top_struct(p, @$, name_at($2, @2), $4); }
   | STRUCT IDENT '{' fields error '}' ';'      { top_struct(p, @$, name_at($2, @2), $4); parser_recovered(p); yyerrok; }
   | DERIVE IDENT '=' transform ';'             { top_derive(p, @$, false, name_at($2, @2), $4); }
   | STATIC DERIVE IDENT '=' transform ';'      { top_derive(p, @$, true, name_at($3, @3), $5); }
   | CUSTOM IDENT '(' IDENT ')' '=' IDENT ';'   { top_custom(p, @$, name_at($2, @2), name_at($4, @4), name_at($7, @7)); }
   | header block                               { top_function(p, @1, (AttrList){0}, $1, $2); }
   | header ';'                                 { top_function(p, @1, (AttrList){0}, $1, NULL); }
   | attrs header block                         { top_function(p, @2, $1, $2, $3); }
   | attrs header ';'                           { top_function(p, @2, $1, $2, NULL); }
   | storage IDENT '(' error GROUP              { parser_recovered(p); yyerrok; }
   | ';'
   | error ';'                                  { parser_recovered(p); yyerrok; }
   | error GROUP                                { parser_recovered(p); yyerrok; }
   | error '}'                                  { parser_recovered(p); yyerrok; }
   ;

header: storage IDENT '(' params ')'            { $$ = function(p, @$, $1, name_at($2, @2), $4); }
      | storage IDENT '(' error ')'             { parser_recovered(p); yyerrok;
                                                  $$ = function(p, @$, $1, name_at($2, @2), (VarDeclList){0}); }
      ;

storage: result_type                            { $$ = (StorageHead){.type = $1}; }
       | STATIC result_type                     { $$ = (StorageHead){.type = $2, .is_static = true}; }
       | EXTERN result_type                     { $$ = (StorageHead){.type = $2, .is_extern = true}; }
       ;

result_type: VOID                               { $$ = type_at(ELEM_VOID, @$); }
           | type
           | type result_dims                   { $$ = $1; $$.dims = $2; $$.loc = @$; }
           ;

result_dims: '[' expr ']'                       { $$ = (ExprList){0}; vec_push(ARENA, &$$, $2); }
           | result_dims '[' expr ']'           { $$ = $1; vec_push(ARENA, &$$, $3); }
           ;

type: REAL                                      { $$ = type_at(ELEM_REAL, @$); }
    | INT                                       { $$ = type_at(ELEM_INT, @$); }
    | BOOL                                      { $$ = type_at(ELEM_BOOL, @$); }
    | STRUCT IDENT                              { $$ = type_at(ELEM_STRUCT, @$); $$.struct_name = name_at($2, @2); }
    ;

params: %empty                                  { $$ = (VarDeclList){0}; }
      | VOID                                    { $$ = (VarDeclList){0}; }
      | param_list
      ;

param_list: param                               { $$ = (VarDeclList){0}; vec_push(ARENA, &$$, $1); }
          | param_list ',' param                { $$ = $1; vec_push(ARENA, &$$, $3); }
          ;

param: role type IDENT dims                     { $$ = var(p, @$, name_at($3, @3), $4, NULL);
                                                  $$->role = $1; $$->role_loc = @1; $$->type = $2; }
     ;

role: %empty                                    { $$ = ROLE_IN; }
    | IN                                        { $$ = ROLE_IN; }
    | OUT                                       { $$ = ROLE_OUT; }
    | INOUT                                     { $$ = ROLE_INOUT; }
    ;

fields: %empty                                  { $$ = (VarDeclList){0}; }
      | fields type declarators ';'             { VarDeclList more = fields_of(p, $2, $3);
                                                  $$ = $1;
                                                  for (int i = 0; i < more.n; i++) vec_push(ARENA, &$$, more.at[i]); }
      | fields error ';'                        { $$ = $1; parser_recovered(p); yyerrok; }
      | fields error GROUP                      { $$ = $1; parser_recovered(p); yyerrok; }
      ;

declarators: declarator                         { $$ = (VarDeclList){0}; vec_push(ARENA, &$$, $1); }
           | declarators ',' declarator         { $$ = $1; vec_push(ARENA, &$$, $3); }
           ;

declarator: IDENT dims                          { $$ = var(p, @$, name_at($1, @1), $2, NULL); }
          | IDENT dims '=' init                 { $$ = var(p, @$, name_at($1, @1), $2, $4); }
          ;

dims: %empty                                    { $$ = (ExprList){0}; }
    | dims '[' expr ']'                         { $$ = $1; vec_push(ARENA, &$$, $3); }
    ;

init: expr
    | braces
    ;

braces: '{' '}'                                 { $$ = ast_braces(B, @$, (ExprList){0}); }
      | '{' init_list '}'                       { $$ = ast_braces(B, @$, $2); }
      | '{' init_list ',' '}'                   { $$ = ast_braces(B, @$, $2); }
      ;

init_list: init                                 { $$ = (ExprList){0}; vec_push(ARENA, &$$, $1); }
         | init_list ',' init                   { $$ = $1; vec_push(ARENA, &$$, $3); }
         ;

// ----------------------------------------------------------------------------------------------------------
// derivatives

transform: IDENT '(' operand wrt directions ')' { $$ = transform(p, @$, name_at($1, @1), $3, $4, $5); }
         ;

operand: IDENT                                  { $$ = ast_transform(B, (Transform){.name = name_at($1, @1), .loc = @1}); }
       | transform
       ;

wrt: %empty                                     { $$ = (NameList){0}; }
   | wrt ',' IDENT                              { $$ = $1; vec_push(ARENA, &$$, name_at($3, @3)); }
   ;

directions: %empty                              { $$ = NULL; }
          | ';' expr                            { $$ = $2; }
          ;

// -----------------------------------------------------------------------------------------------------------
// attributes

attrs: '@' IDENT %prec BARE_ATTRIBUTE           { $$ = (AttrList){0}; attribute(p, &$$, @$, name_at($2, @2), NULL); }
     | '@' IDENT '(' expr ')'                   { $$ = (AttrList){0}; attribute(p, &$$, @$, name_at($2, @2), $4); }
     | attrs '@' IDENT %prec BARE_ATTRIBUTE     { $$ = $1; attribute(p, &$$, loc_join(@2, @3), name_at($3, @3), NULL); }
     | attrs '@' IDENT '(' expr ')'             { $$ = $1; attribute(p, &$$, loc_join(@2, @6), name_at($3, @3), $5); }
     ;

// -----------------------------------------------------------------------------------------------------------
// statements

block: '{' items '}'                            { $$ = ast_block(B, @$, $2); }
     | '{' items error '}'                      { $$ = ast_block(B, @$, $2); parser_recovered(p); yyerrok; }
     ;

items: %empty                                   { $$ = (StmtList){0}; }
     | items item                               { $$ = $1;
                                                  for (int i = 0; i < $2.n; i++) vec_push(ARENA, &$$, $2.at[i]); }
     ;

item: declaration ';'
    | stmt                                      { $$ = (StmtList){0}; vec_push(ARENA, &$$, $1); }
    ;

declaration: decl_head declarators              { $$ = declare(p, $1, $2); }
           ;

decl_head: type                                 { $$ = (DeclHead){$1, false}; }
         | CONST type                           { $$ = (DeclHead){$2, true}; }
         ;

stmt: plain
    | attrs plain                               { $$ = with_attrs(p, $1, $2); }
    ;

plain: block
     | ';'                                      { $$ = ast_leaf(B, @$, STMT_EMPTY); }
     | simple ';'                               { $$ = $1; $$->loc = @$; }
     | IF '(' expr ')' stmt %prec THEN          { $$ = ast_if(B, @$, $3, $5, NULL); }
     | IF '(' expr ')' stmt ELSE stmt           { $$ = ast_if(B, @$, $3, $5, $7); }
     | FOR '(' for_init ';' opt_expr ';' opt_simple ')' stmt   { $$ = ast_for(B, @$, $3, $5, $7, $9); }
     | WHILE '(' expr ')' stmt                  { $$ = ast_while(B, @$, STMT_WHILE, $3, $5); }
     | DO stmt WHILE '(' expr ')' ';'           { $$ = ast_while(B, @$, STMT_DO, $5, $2); }
     | BREAK ';'                                { $$ = ast_leaf(B, @$, STMT_BREAK); }
     | CONTINUE ';'                             { $$ = ast_leaf(B, @$, STMT_CONTINUE); }
     | RETURN opt_expr ';'                      { $$ = ast_return(B, @$, $2); }
     | ASSERT '(' expr ')' ';'                  { $$ = ast_assert(B, @$, $3, NULL); }
     | ASSERT '(' expr ',' STRING ')' ';'       { $$ = ast_assert(B, @$, $3, $5); }
     | IF bad_parens stmt %prec THEN            { $$ = ast_leaf(B, @$, STMT_ERROR); }
     | IF bad_parens stmt ELSE stmt             { $$ = ast_leaf(B, @$, STMT_ERROR); }
     | WHILE bad_parens stmt                    { $$ = ast_leaf(B, @$, STMT_ERROR); }
     | FOR bad_parens stmt                      { $$ = ast_leaf(B, @$, STMT_ERROR); }
     | IF '(' error GROUP                       { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | WHILE '(' error GROUP                    { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | DO stmt WHILE '(' expr ')' error ';'     { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | DO stmt WHILE '(' error ')' ';'          { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | DO stmt error ';'                        { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | IF '(' error ';'                         { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | WHILE '(' error ';'                      { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | FOR '(' error GROUP                      { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | error ';'                                { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     | error GROUP                              { $$ = ast_leaf(B, @$, STMT_ERROR); parser_recovered(p); yyerrok; }
     ;

bad_parens: '(' error ')'                       { parser_recovered(p); yyerrok; }
          ;

for_init: %empty                                { $$ = (StmtList){0}; }
        | declaration
        | simple                                { $$ = (StmtList){0}; vec_push(ARENA, &$$, $1); }
        ;

opt_simple: %empty                              { $$ = NULL; }
          | simple
          ;

simple: postfix '=' expr                        { $$ = ast_assign(B, @$, assignable(p, $1), $3); }
      | postfix op_assign expr                  { $$ = ast_compound(B, @$, $2, assignable(p, $1), $3); }
      | postfix INC                             { $$ = ast_step(B, @$, 1, assignable(p, $1)); }
      | postfix DEC                             { $$ = ast_step(B, @$, -1, assignable(p, $1)); }
      | INC postfix                             { $$ = ast_step(B, @$, 1, assignable(p, $2)); }
      | DEC postfix                             { $$ = ast_step(B, @$, -1, assignable(p, $2)); }
      | postfix                                 { $$ = call_statement(p, @$, $1); }
      ;

op_assign: ADD_ASSIGN                           { $$ = BIN_ADD; }
         | SUB_ASSIGN                           { $$ = BIN_SUB; }
         | MUL_ASSIGN                           { $$ = BIN_MUL; }
         | DIV_ASSIGN                           { $$ = BIN_DIV; }
         | REM_ASSIGN                           { $$ = BIN_REM; }
         ;

// ----------------------------------------------------------------------------------------------------------
// expressions

opt_expr: %empty                                { $$ = NULL; }
        | expr
        ;

expr: postfix
    | '-' expr %prec UNARY                      { $$ = ast_unary(B, @$, UN_NEG, $2); }
    | '+' expr %prec UNARY                      { $$ = ast_unary(B, @$, UN_PLUS, $2); }
    | '!' expr %prec UNARY                      { $$ = ast_unary(B, @$, UN_NOT, $2); }
    | '~' expr %prec UNARY                      { $$ = ast_unary(B, @$, UN_BITNOT, $2); }
    | '(' INT ')' expr %prec UNARY              { $$ = ast_cast(B, @$, ELEM_INT, $4); }
    | '(' REAL ')' expr %prec UNARY             { $$ = ast_cast(B, @$, ELEM_REAL, $4); }
    | expr '*' expr                             { $$ = ast_binary(B, BIN_MUL, @2, $1, $3); }
    | expr '/' expr                             { $$ = ast_binary(B, BIN_DIV, @2, $1, $3); }
    | expr '%' expr                             { $$ = ast_binary(B, BIN_REM, @2, $1, $3); }
    | expr '+' expr                             { $$ = ast_binary(B, BIN_ADD, @2, $1, $3); }
    | expr '-' expr                             { $$ = ast_binary(B, BIN_SUB, @2, $1, $3); }
    | expr SHL expr                             { $$ = ast_binary(B, BIN_SHL, @2, $1, $3); }
    | expr SHR expr                             { $$ = ast_binary(B, BIN_SHR, @2, $1, $3); }
    | expr '<' expr                             { $$ = ast_binary(B, BIN_LT, @2, $1, $3); }
    | expr LE expr                              { $$ = ast_binary(B, BIN_LE, @2, $1, $3); }
    | expr '>' expr                             { $$ = ast_binary(B, BIN_GT, @2, $1, $3); }
    | expr GE expr                              { $$ = ast_binary(B, BIN_GE, @2, $1, $3); }
    | expr EQ expr                              { $$ = ast_binary(B, BIN_EQ, @2, $1, $3); }
    | expr NE expr                              { $$ = ast_binary(B, BIN_NE, @2, $1, $3); }
    | expr '&' expr                             { $$ = ast_binary(B, BIN_BITAND, @2, $1, $3); }
    | expr '^' expr                             { $$ = ast_binary(B, BIN_BITXOR, @2, $1, $3); }
    | expr '|' expr                             { $$ = ast_binary(B, BIN_BITOR, @2, $1, $3); }
    | expr AND expr                             { $$ = ast_binary(B, BIN_AND, @2, $1, $3); }
    | expr OR expr                              { $$ = ast_binary(B, BIN_OR, @2, $1, $3); }
    | expr '?' expr ':' expr                    { $$ = ast_cond(B, $1, $3, $5); }
    ;

postfix: primary
       | postfix '[' axes ']'                   { $$ = ast_index(B, @$, $1, $3.at, $3.n); }
       | postfix '.' IDENT                      { $$ = ast_field(B, $1, name_at($3, @3)); }
       ;

axes: axis                                      { $$ = (AxisList){0}; vec_push(ARENA, &$$, $1); }
    | axes ',' axis                             { $$ = $1; vec_push(ARENA, &$$, $3); }
    ;

axis: expr                                      { $$ = (Axis){AXIS_INDEX, @$, $1, NULL, NULL}; }
    | expr ':' expr                             { $$ = (Axis){AXIS_SLICE, @$, NULL, $1, $3}; }
    | expr ':'                                  { $$ = (Axis){AXIS_SLICE, @$, NULL, $1, NULL}; }
    | ':' expr                                  { $$ = (Axis){AXIS_SLICE, @$, NULL, NULL, $2}; }
    | ':'                                       { $$ = (Axis){AXIS_SLICE, @$, NULL, NULL, NULL}; }
    ;

primary: INT_NUMBER                             { $$ = ast_int(B, @$, $1); }
       | REAL_NUMBER                            { $$ = ast_real(B, @$, $1); }
       | TRUE                                   { $$ = ast_bool(B, @$, true); }
       | FALSE                                  { $$ = ast_bool(B, @$, false); }
       | IDENT                                  { $$ = ast_name(B, name_at($1, @$)); }
       | IDENT '(' args ')'                     { $$ = ast_call(B, @$, name_at($1, @1), $3); }
       | INT '(' expr ')'                       { $$ = ast_cast(B, @$, ELEM_INT, $3); }
       | REAL '(' expr ')'                      { $$ = ast_cast(B, @$, ELEM_REAL, $3); }
       | '(' expr ')'                           { $$ = $2; $$->loc = @$; }
       ;

args: %empty                                    { $$ = (ExprList){0}; }
    | arg_list
    ;

arg_list: expr                                  { $$ = (ExprList){0}; vec_push(ARENA, &$$, $1); }
        | arg_list ',' expr                     { $$ = $1; vec_push(ARENA, &$$, $3); }
        ;

%%

static Name name_at(const char *text, Loc loc)
{
    return (Name){text, loc};
}

static TypeName type_at(Elem elem, Loc loc)
{
    return (TypeName){.elem = elem, .loc = loc};
}

static VarDecl *var(Parser *p, Loc loc, Name name, ExprList dims, Expr *init)
{
    VarDecl *v = NEW(ARENA, VarDecl);
    v->loc = loc;
    v->name = name;
    v->dims = dims;
    v->init = init;
    return v;
}

static StmtList declare(Parser *p, DeclHead head, VarDeclList vars)
{
    StmtList list = {0};
    for (int i = 0; i < vars.n; i++) {
        vars.at[i]->type = head.type;
        vars.at[i]->is_const = head.is_const;
        vec_push(ARENA, &list, ast_decl(B, vars.at[i]));
    }
    return list;
}

static TopDecl *top(Parser *p, TopKind kind, Loc loc)
{
    TopDecl *t = NEW(ARENA, TopDecl);
    t->kind = kind;
    t->loc = loc;
    vec_push(ARENA, &p->decls, t);
    return t;
}

static void top_constants(Parser *p, Loc loc, TypeName type, VarDeclList vars)
{
    for (int i = 0; i < vars.n; i++) {
        VarDecl *v = vars.at[i];
        v->type = type;
        v->is_const = true;
        if (!v->init) diag_error(p->b.diags, v->loc, "the constant '%s' has no value", v->name.text);
        else top(p, TOP_CONST, loc)->constant = v;
    }
}

static VarDeclList fields_of(Parser *p, TypeName type, VarDeclList vars)
{
    for (int i = 0; i < vars.n; i++) {
        vars.at[i]->type = type;
        if (vars.at[i]->init) diag_error(p->b.diags, vars.at[i]->init->loc, "a field of a struct has no initial value");
    }
    return vars;
}

static void top_struct(Parser *p, Loc loc, Name name, VarDeclList fields)
{
    StructDecl *s = NEW(ARENA, StructDecl);
    s->name = name;
    s->loc = loc;
    s->fields = fields;
    top(p, TOP_STRUCT, loc)->struct_ = s;
}

static void top_import(Parser *p, Loc loc, Name path)
{
    Import *import = NEW(ARENA, Import);
    import->path = path;
    import->loc = loc;
    top(p, TOP_IMPORT, loc)->import = import;
}

static const TransformKind transform_kinds[] = {XFORM_GRAD,   XFORM_JVP,    XFORM_VJP,     XFORM_HVP,   XFORM_JACOBIAN,
                                                XFORM_JACFWD, XFORM_JACREV, XFORM_HESSIAN, XFORM_RECORD};
enum { N_TRANSFORMS = sizeof transform_kinds / sizeof *transform_kinds };

// The transform of that name; XFORM_FUNCTION, with a message, if there is none.
static TransformKind transform_named(Parser *p, Name name)
{
    const char *all[N_TRANSFORMS];
    for (int i = 0; i < N_TRANSFORMS; i++) {
        all[i] = transform_text(transform_kinds[i]);
        if (strcmp(all[i], name.text) == 0) return transform_kinds[i];
    }
    const char *meant = nearest(name.text, all, N_TRANSFORMS);
    diag_error(p->b.diags, name.loc, "unknown transform '%s'%s%s%s", name.text, meant ? "; did you mean '" : "",
               meant ? meant : "", meant ? "'?" : "");
    if (meant) diag_fixit(p->b.diags, name.loc, meant);
    else diag_note(p->b.diags, name.loc, "there are grad, vjp, jvp, hvp, jacobian, jacfwd, jacrev, hessian and record");
    return XFORM_FUNCTION;
}

static Transform *transform(Parser *p, Loc loc, Name name, Transform *of, NameList wrt, Expr *directions)
{
    Transform t = {.kind = transform_named(p, name), .name = name, .loc = loc, .of = of, .wrt = wrt, .directions = directions};
    if (t.kind == XFORM_FUNCTION || !of) return NULL;
    if (directions && t.kind != XFORM_JVP && t.kind != XFORM_VJP)
        diag_error(p->b.diags, directions->loc, "only jvp and vjp take a number of directions");
    return ast_transform(&p->b, t);
}

static void top_derive(Parser *p, Loc loc, bool is_static, Name name, Transform *made)
{
    if (!made) return;                                  // a message was given
    Derive *d = NEW(ARENA, Derive);
    d->name = name;
    d->loc = loc;
    d->is_static = is_static;
    d->transform = made;
    top(p, TOP_DERIVE, loc)->derive = d;
}

static void top_custom(Parser *p, Loc loc, Name mode, Name of, Name rule)
{
    TransformKind kind = transform_named(p, mode);
    if (kind == XFORM_FUNCTION) return;
    if (kind != XFORM_VJP && kind != XFORM_JVP)
        diag_error(p->b.diags, mode.loc, "a custom rule is for vjp or jvp; the other transforms follow from these");
    Custom *c = NEW(ARENA, Custom);
    *c = (Custom){.loc = loc, .mode = kind, .of = of, .rule = rule};
    top(p, TOP_CUSTOM, loc)->custom = c;
}

static Function *function(Parser *p, Loc loc, StorageHead head, Name name, VarDeclList params)
{
    Function *f = NEW(ARENA, Function);
    f->name = name;
    f->loc = loc;
    f->result = head.type;
    f->params = params;
    f->is_static = head.is_static;
    f->is_extern = head.is_extern;
    return f;
}

static void top_function(Parser *p, Loc loc, AttrList list, Function *f, Stmt *body)
{
    f->attrs = list;
    f->body = body;
    f->is_prototype = !body && !f->is_extern;
    for (int i = 0; i < list.n; i++)
        if (list.at[i].kind != ATTR_INLINE && list.at[i].kind != ATTR_NOINLINE)
            diag_error(p->b.diags, list.at[i].loc, "@%s stands before a loop, not before a function", attr_text(list.at[i].kind));
    if (body && f->is_extern) {
        diag_error(p->b.diags, f->name.loc, "'%s' is extern, so it has no body here", f->name.text);
        diag_note(p->b.diags, f->name.loc, "leave 'extern' out, or end the declaration with ';'");
    }
    top(p, TOP_FUNCTION, body ? loc_join(loc, body->loc) : loc)->function = f;
}

enum { N_ATTRS = ATTR_NOINLINE + 1 };

static void attribute(Parser *p, AttrList *list, Loc loc, Name name, Expr *arg)
{
    const char *all[N_ATTRS];
    for (int i = 0; i < N_ATTRS; i++) {
        all[i] = attr_text((AttrKind)i);
        if (strcmp(all[i], name.text) != 0) continue;
        if (i == ATTR_CHECKPOINT && !arg) diag_error(p->b.diags, loc, "how many states may be kept? Write @checkpoint(n)");
        if (i != ATTR_CHECKPOINT && arg) diag_error(p->b.diags, arg->loc, "@%s takes no argument", all[i]);
        vec_push(ARENA, list, ((Attr){(AttrKind)i, loc, arg}));
        return;
    }
    const char *meant = nearest(name.text, all, N_ATTRS);
    diag_error(p->b.diags, name.loc, "unknown attribute '@%s'%s%s%s", name.text, meant ? "; did you mean '@" : "",
               meant ? meant : "", meant ? "'?" : "");
    if (meant) diag_fixit(p->b.diags, name.loc, meant);
    else diag_note(p->b.diags, name.loc, "there are @independent, @parallel and @checkpoint(n) for loops, @inline and @noinline for functions");
}

static Stmt *with_attrs(Parser *p, AttrList list, Stmt *s)
{
    bool loop = s->kind == STMT_FOR || s->kind == STMT_WHILE || s->kind == STMT_DO;
    for (int i = 0; i < list.n && s->kind != STMT_ERROR; i++) {
        bool for_function = list.at[i].kind == ATTR_INLINE || list.at[i].kind == ATTR_NOINLINE;
        if (for_function)
            diag_error(p->b.diags, list.at[i].loc, "@%s stands before a function", attr_text(list.at[i].kind));
        else if (!loop)
            diag_error(p->b.diags, list.at[i].loc, "@%s stands before a loop, and this is none", attr_text(list.at[i].kind));
    }
    s->attrs = list;
    return s;
}

static Stmt *call_statement(Parser *p, Loc loc, Expr *e)
{
    if (e->kind == EXPR_CALL) return ast_call_stmt(&p->b, loc, e);
    if (e->kind != EXPR_ERROR) {
        diag_error(p->b.diags, e->loc, "this statement does nothing");
        diag_note(p->b.diags, e->loc, "a statement is an assignment, a call, '++', '--', or begins with a keyword");
    }
    return ast_leaf(&p->b, loc, STMT_ERROR);
}

// Gives e back, with a message if it is nothing that can be assigned to: only a name, its elements, slices and fields
// can.
static Expr *assignable(Parser *p, Expr *e)
{
    const Expr *root = e;
    while (root->kind == EXPR_INDEX || root->kind == EXPR_FIELD)
        root = root->kind == EXPR_INDEX ? root->index.base : root->field.base;
    if (root->kind != EXPR_NAME && root->kind != EXPR_ERROR)
        diag_error(p->b.diags, e->loc, "only a variable, its elements, slices and fields can be assigned to");
    return e;
}

// Called by bison only when its stack is full: everything else goes through yyreport_syntax_error.
static void ad_error(const Loc *loc, Parser *p, const char *message)
{
    (void)message;
    if (!p->b.told_too_deep) diag_error(p->b.diags, *loc, "this is nested too deeply");
    p->b.told_too_deep = true;
}

enum { MAX_EXPECTED = 100 };

static int yyreport_syntax_error(const yypcontext_t *context, Parser *p)
{
    yysymbol_kind_t expected[MAX_EXPECTED];
    const char *names[MAX_EXPECTED];
    int n = yypcontext_expected_tokens(context, expected, MAX_EXPECTED);
    if (n == YYENOMEM) return YYENOMEM;
    for (int i = 0; i < n; i++) names[i] = yysymbol_name(expected[i]);
    report_syntax_error(p, yysymbol_name(yypcontext_token(context)), names, n);
    parser_recover(p);
    return 0;
}
