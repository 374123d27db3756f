export { materialize } from "./materialize";
export { planDigest } from "./payload";
export { ProgramOptions, renderProgram } from "./program";
