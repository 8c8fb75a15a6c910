/* GT_CLONES before a function compiles it for AVX-512, AVX2 and the baseline; the loader picks one at
 * start-up. */
#ifndef GANTRAIN_CLONES_H
#define GANTRAIN_CLONES_H

#if defined(__x86_64__) && defined(__ELF__) && !defined(__AVX512F__) && !defined(__SANITIZE_ADDRESS__) && \
    defined(__OPTIMIZE__)
#define GT_CLONES __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define GT_CLONES /* sanitizers instrument the loader's choice before they are set up */
#endif

#endif
