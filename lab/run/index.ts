export * from "./types";
export { isUp, labNamed, startLab, stopLab, withLab } from "./lab";
export { runProgram } from "./program";
export { engineEnvironment, findEngine, hasCommandPlugin } from "./environment";
export { spawnInOperator } from "./inOperator";
export { labsDirectory } from "./paths";
