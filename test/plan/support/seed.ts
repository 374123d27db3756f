import * as fc from "fast-check";

/** Properties run on the same values each time, and shortly: for tools that run every test a thousand times. */
fc.configureGlobal({ seed: 20, endOnFailure: true, interruptAfterTimeLimit: 30 });
