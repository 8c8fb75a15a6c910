/* Files inside the program, byte for byte: the default data set, data/mnist-small.h5, and its judge. */
    .section .rodata
    .balign 64
    .globl gt_embedded_start
    .globl gt_embedded_end
    .hidden gt_embedded_start
    .hidden gt_embedded_end
gt_embedded_start:
    .incbin GANTRAIN_EMBEDDED_FILE
gt_embedded_end:

    .balign 64
    .globl gt_embedded_judge_start
    .globl gt_embedded_judge_end
    .hidden gt_embedded_judge_start
    .hidden gt_embedded_judge_end
gt_embedded_judge_start:
    .incbin GANTRAIN_EMBEDDED_JUDGE
gt_embedded_judge_end:

/* No executable stack is needed; without this note the linker would give the program one. */
#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack,"",%progbits
#endif
