// main.c - prints what each cell of a gradient-tape notebook prints: values, gradients, and that they are what they
// should be.
#include "gradient_tape.ad.h"

#include <stdbool.h>
#include <stdio.h>

enum { N = 4 };
static const double X[N] = {0, 1, 2, 3};
static const double ONES[N] = {1, 1, 1, 1};

static void print(const char *name, const double *v, int n)
{
    printf("  %-28s", name);
    for (int i = 0; i < n; i++)
        printf(" %g", v[i]);
    putchar('\n');
}

// Whether got is factor * x^power, element by element.
static void compare(const char *name, const double *got, double factor, int power)
{
    printf("  %-28s", name);
    for (int i = 0; i < N; i++) {
        double want = factor;
        for (int j = 0; j < power; j++)
            want *= X[i];
        printf(" %s", got[i] == want ? "true" : "false");
    }
    putchar('\n');
}

static void products(void)
{
    double grad[N], y[N], value;
    puts("1. y = 2 x.x\n method 1: a vector");
    print("x", X, N);
    value = twice_dot_grad(N, X, grad);
    print("y = 2 dot(x, x)", &value, 1);
    print("its gradient", grad, N);
    compare("  == 4 x", grad, 4, 1);
    total_grad(N, X, grad);
    print("gradient of sum(x)", grad, N);
    double x_bar[N] = {0};
    squares_vjp(N, X, ONES, x_bar, y);
    print("gradient of x * x", x_bar, N);

    puts(" method 2: a matrix of one column");
    double x_bar2[N] = {0};
    twice_matmul_vjp(N, X, ONES, x_bar2, &value);
    print("y = 2 x'x", &value, 1);
    print("its gradient", x_bar2, N);
}

static void stops(void)
{
    double x_bar[N] = {0}, u[N], y[N], z[N], none[N] = {0};
    puts("2. A stopped gradient, and several gradients of one run\n method 1: a vector");
    stopped_vjp(N, X, u, ONES, x_bar, none, z);
    print("gradient of u * x", x_bar, N);
    compare("  == u = x * x", x_bar, 1, 2);
    double y_bar[N] = {0};
    squares_vjp(N, X, ONES, y_bar, y);
    print("gradient of y = x * x", y_bar, N);
    compare("  == 2 x", y_bar, 2, 1);

    puts(" method 2: a matrix of one column");
    double dz[N] = {0}, dy[N] = {0};
    fourth_power_vjp(N, X, y, z, dz, none, ONES);
    fourth_power_vjp(N, X, y, z, dy, ONES, none);
    print("dz/dx, z = y * y", dz, N);
    compare("  == 4 x^3", dz, 4, 3);
    print("dy/dx, y = x * x", dy, N);
    compare("  == 2 x", dy, 2, 1);
}

static void control_flow(void)
{
    static const double at[] = {0.7, -0.7, 3, -1.5e-3, 600};
    puts("3. A loop and a branch that depend on x\n method 1: a scalar");
    for (int i = 0; i < 5; i++) {
        double slope, c = f_grad(at[i], &slope);
        printf("  x = %-8g c = %-10g c_grad = %-8g c_grad == c / x: %s\n", at[i], c, slope,
               slope == c / at[i] ? "true" : "false");
    }
    puts(" method 2: a matrix of one element");
    for (int i = 0; i < 5; i++) {
        double slope = 0, c;
        f_matrix_vjp(&at[i], ONES, &slope, &c);
        printf("  x = %-8g c = %-10g c_grad = %-8g c_grad == c / x: %s\n", at[i], c, slope,
               slope == c / at[i] ? "true" : "false");
    }
}

int main(void)
{
    products();
    stops();
    control_flow();
    return 0;
}
