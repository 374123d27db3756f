import * as os from "node:os";

/** How many times slower all is on a machine that has more to do than it has processors for; 1 on one that has not. */
export const slowness = (): number => Math.max(1, os.loadavg()[0] / os.cpus().length / 2);
