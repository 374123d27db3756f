/** Traffic in the lab's namespaces: an agent a namespace, and flow matrices. */
export { Agent, Agents } from "./agent";
export type { Flood, FloodReport, Probe, ProbeOutcome } from "./agent";
export { caughtBy, runMatrix } from "./matrix";
export type { Flow, FlowResult, MatrixOptions } from "./matrix";
