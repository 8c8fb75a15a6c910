/* GT_CLONES before a function compiles it for AVX-512, AVX2 and the baseline; the loader picks one at
 * start-up. */
#ifndef GANTRAIN_CLONES_H
#define GANTRAIN_CLONES_H

/* The targets are levels, because a model is recognised by the processor's number, and newer processors
 * have others. Clang 14 omits the symbol of a clone that is called from another file, and sanitizers
 * instrument the loader's choice before they are set up: with them a function is compiled once, for the
 * baseline or for -march. */
#if defined(__x86_64__) && defined(__ELF__) && defined(__OPTIMIZE__) && !defined(__clang__) && \
    !defined(__AVX512F__) && !defined(__SANITIZE_ADDRESS__)
#define GT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GT_CLONES
#endif

#endif
