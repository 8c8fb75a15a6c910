/* One function per command word; main.c binds them. */
#ifndef GANTRAIN_CMD_H
#define GANTRAIN_CMD_H

#include "gantrain/comm/comm.h"
#include "gantrain/options/options.h"

Status cmd_train(const World *world, Options *options);    /* collective; returns the same on all ranks */
Status cmd_import(const World *world, Options *options);   /* rank 0 alone */
Status cmd_sample(const World *world, Options *options);   /* rank 0 alone */
Status cmd_classify(const World *world, Options *options); /* collective; returns the same on all ranks */
Status cmd_eval(const World *world, Options *options);     /* collective; returns the same on all ranks */
Status cmd_info(const World *world, Options *options);     /* rank 0 alone */
Status cmd_bench(const World *world, Options *options);    /* collective; returns the same on all ranks */

#endif
