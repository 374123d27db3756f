import * as programText from "../../lib/prove/programText";
import { planHost } from "../../lib/plan";
import { matchers } from "../../lib/testing";

expect.extend(matchers);

/** Refuses everything for a moment, and then leads to the same end. */
let refusing = false;
jest.mock("../../lib/prove/programText", () => {
  const actual = jest.requireActual<typeof programText>("../../lib/prove/programText");
  const rule = "priority 100 unreachable protocol 77";
  return {
    ...actual,
    commandsOf: (...args: Parameters<typeof actual.commandsOf>) => [
      ...(refusing ? [{ family: 4, text: `rule add ${rule}\nrule del ${rule}\n` }] : []),
      ...actual.commandsOf(...args),
    ],
  };
});

const HOST = {
  name: "edge-1",
  interfaces: [
    { name: "front", addresses: ["10.0.1.10/24"], gateways: ["10.0.1.1"] },
    { name: "back", addresses: ["10.0.2.10/24"], gateways: ["10.0.2.1"] },
  ],
};

afterEach(() => (refusing = false));

test.each([
  ["a spec", HOST],
  ["a plan", planHost(HOST)],
])("peers of %s that are cut off on the way to a good end are not kept reachable", (_, subject) => {
  expect(subject).toKeepReachable("203.0.113.0/24");
  refusing = true;
  expect(subject).toBeSymmetric();
  expect(() => expect(subject).toKeepReachable("203.0.113.0/24")).toThrow(/P8 .*disproved[^]* when +after "/);
});
