export { MockOptions, MockOutputs, MockRun, runWithMocks } from "./mocks";
export { Recorded, RecordedOptions, UNKNOWN } from "./recorded";
export { FlowSpec } from "./flows";
export { FlowSet, RouteChain, allFlows, matchers } from "./matchers";
export { Subject } from "./subject";
