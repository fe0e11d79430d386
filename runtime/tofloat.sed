# gemm.c and linalg.c for float: the same text with float's names.
s/double/float/g
s/\(adrt_\(gem\|dot\|tri\|lu\|lower\|chol\)[a-z_]*\)\>/\1f/g
s/\<\(fabs\|sqrt\|log\)\>(/\1f(/g
s/cblas_d/cblas_s/g
s/\<d\(getrf_\|potrf_\)/s\1/g
