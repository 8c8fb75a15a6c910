/* GT_CLONES before a function compiles it for AVX-512, AVX2 and the baseline; the loader picks one at
 * start-up. */
#ifndef GANTRAIN_CLONES_H
#define GANTRAIN_CLONES_H

#if defined(__x86_64__) && defined(__ELF__) && !defined(__AVX512F__) && !defined(__SANITIZE_ADDRESS__) && \
    defined(__OPTIMIZE__)
#if defined(__clang__) /* version 14 knows no levels here */
#define GT_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else /* a level, not a model: a model's name is matched by the processor's number, which newer ones do not \
         have */
#define GT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#else
#define GT_CLONES /* sanitizers instrument the loader's choice before they are set up */
#endif

#endif
