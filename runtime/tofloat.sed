# gemm.c for float: the same text with float's names.
s/double/float/g
s/\(adrt_gem[a-z_]*[a-z]\)\>/\1f/g
s/cblas_d/cblas_s/g
