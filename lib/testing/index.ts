export { MockOptions, MockOutputs, MockRun, runWithMocks } from "./mocks";
export { Recorded, RecordedOptions, UNKNOWN } from "./recorded";
