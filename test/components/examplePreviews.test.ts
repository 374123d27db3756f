import { deriveHostKey } from "../../lib";
import { MockOptions } from "../../lib/testing";
import { runExample } from "./runExample";
import { TYPES } from "./support";

describe("before anything exists, the example", () => {
  const key = deriveHostKey("0123456789abcdef");
  /** Every key that an example asks for. */
  const config = {
    ...Object.fromEntries(["host", "bastion", "gateway", "lab"].map((name) => [name, "203.0.113.9"])),
    ...Object.fromEntries(
      ["hostKey", "bastionHostKey", "gatewayHostKey", "labHostKey", "publicKey"].map((name) => [
        name,
        key.publicKey,
      ]),
    ),
    privateKey: key.privateKey,
    hostKeySeed: "0123456789abcdef",
    ami: "ami-1",
  };
  const calls: MockOptions["calls"] = ({ token }) =>
    token.includes("getAmi") ? { id: "ami-1" } : { names: ["eu-west-1a"] };

  test.each([
    ["two-enis", "proved schematically"],
    ["larger-stack", "proved"],
    ["first-boot", "proved"],
    ["symmetric-policy-any-host", "proved"],
    ["traffic", "proved"],
    ["worlds", "proved"],
    ["identity", "proved"],
  ])("%s is previewed, and its plan is %s", async (name, verdict) => {
    const { run } = await runExample(name, config, { calls, preview: true });
    const hosts = [...run.ofType(TYPES.host), ...run.ofType(TYPES.policy)];
    expect(hosts.map(({ outputs }) => outputs["verdict"])).toEqual(hosts.map(() => verdict));
    expect(hosts).not.toEqual([]);
  });
});
