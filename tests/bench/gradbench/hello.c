/* hello.c - the eval `hello`: square, double. */
#include "hello.ad.h"
#include "protocol.h"

#include <stdio.h>

typedef struct {
    double x, out;
} Hello;

static void *read_hello(const json_t *input)
{
    Hello *h = protocol_new(1, sizeof *h);
    h->x = json_number_value(input);
    return h;
}

static void run_square(void *data)
{
    Hello *h = data;
    h->out = square(h->x);
}

static void run_double(void *data)
{
    Hello *h = data;
    square_grad(h->x, &h->out);
}

static void check(void *data)
{
    Hello *h = data;
    double value = h->x * h->x, twice = 2.0 * h->x;
    run_square(h);
    check_close("square", 1, &h->out, &value, 1e-15);
    run_double(h);
    check_close("double", 1, &h->out, &twice, 1e-15);
}

static void print(const void *data)
{
    printf("%.17g", ((const Hello *)data)->out);
}

int main(int argc, char **argv)
{
    static const Function functions[] = {
        {"square", run_square, print, false}, {"double", run_double, print, false}, {"check", check, print_ok, true}, {0}};
    return protocol_main(argc, argv, read_hello, functions);
}
