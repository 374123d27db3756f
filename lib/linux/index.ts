export * from "./state";
export * from "./flow";
export { Model } from "./model";
export { compile } from "./compile";
export { connect, input, inputLookup, output, tracing } from "./lookup";
export { CAPTURE_COMMAND, Dumps, readCapture, readDumps } from "./read/capture";
export { describeFlow, describeOutcome, describeRoute, describeRule } from "./text";
export * from "./prove/types";
