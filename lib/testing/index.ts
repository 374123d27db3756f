export { MockOptions, MockOutputs, MockRun, runWithMocks } from "./mocks";
export { Recorded, RecordedOptions, UNKNOWN } from "./recorded";
export { FlowSet, FlowSpec, RouteChain, allFlows, matchers } from "./matchers";
export { Subject } from "./subject";
