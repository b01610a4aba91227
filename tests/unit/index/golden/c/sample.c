#ifndef A_H
#define A_H
#include <stdio.h>
#include "x.h"
/* Doc */
struct foo { int a; char *b; int c[3]; void (*cb)(int); struct in { int z; } in; };
typedef struct { int q; } anon_t;
typedef struct foo foo_t;
typedef enum { ONE, TWO = 2 } en_t;
typedef int (*fn_t)(int);
typedef unsigned long ulong_t, *pulong_t;
enum color { RED };
union u { int i; };
// proto
int proto(int a, struct foo *f);
char *pproto(void);
static struct foo *make(int a)
{
  int local = 1; foo_t *x = malloc(sizeof(foo_t)); x->cb(1); proto(1, x); return x;
}
int old(a) int a; { return 1; }
static const int max = 3;
extern int g, *gp;
int arr[3] = {1};
#define SQ(x) ((x)*(x))
#define VAL 3
#endif
int broken( {

struct after_broken { int x; };
