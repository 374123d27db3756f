import { EMPTY_STATE } from "../../lib/linux/state";
import { combined } from "../../lib/linux/sysctl";

/** Documentation/networking/ip-sysctl.rst: "all" and the interface count together, in three ways. */
test.each([
  ["own", 1, 0, 1], ["own", 0, 1, 0], ["own", 1, undefined, 1], ["own", undefined, 1, undefined],
  ["or", 0, 0, 0], ["or", 1, 0, 1], ["or", 0, 1, 1], ["or", 2, 0, 1], ["or", 1, undefined, 1], ["or", undefined, 1, 1],
  ["or", 0, undefined, undefined], ["or", undefined, 0, undefined], ["or", undefined, undefined, undefined],
  ["max", 1, 2, 2], ["max", 2, 1, 2], ["max", 0, 0, 0], ["max", 1, undefined, undefined], ["max", undefined, 1, undefined],
] as const)("%s: %p of the interface and %p of all are %p", (how, own, all, want) => {
  const sysctls = Object.fromEntries(
    Object.entries({ "ipv4/conf/eth0/key": own, "ipv4/conf/all/key": all, "ipv6/conf/eth0/key": 9, "ipv6/conf/all/key": 9, "ipv4/conf/eth1/key": 9 })
      .filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
  expect(combined({ ...EMPTY_STATE, sysctls }, 4, "eth0", "key", how)).toBe(want);
}); // prettier-ignore
