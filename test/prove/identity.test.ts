import { LinuxState, applyBatch } from "../../lib/linux";
import { Rule } from "../../lib/linux/state";
import { HostModel } from "../../lib/model";
import { proveStaged, stageHost } from "../../lib/prove/staged";
import { bgp, host } from "../plan/support/identity";

describe("an identity", () => {
  test.each([
    ["OSPF, both families", host({ addresses: ["192.0.2.77/32", "2001:db8:77::1/128"] })],
    ["BGP", bgp({})],
    ["strong", host({}, { hostModel: HostModel.Strong })],
    ["beside a policy, which does not see it", host({}, { traffic: [{ name: "all", use: ["front"] }] })],
  ])("is proved for every packet: %s", (_, spec) => {
    const proof = proveStaged(stageHost(spec));
    expect(proof.verdict).toBe("proved");
  });

  test("is disproved when it may leave by a default route of what is not managed", () => {
    const staged = stageHost(host({}));
    const from = (r: Rule): boolean => r.from !== undefined && r.from.value === 0xc000024dn;
    // Without the refusal at the end it goes on to main as all others do, when what FRR has learnt is gone.
    const rules = staged.state.rules[4].filter((r) => !from(r) || r.action.kind === "lookup");
    const strayed = applyBatch(
      { ...staged.state, rules: { ...staged.state.rules, 4: rules } },
      4,
      "route add default via 172.17.0.9 dev docker0 metric 4000000000",
    );
    const verdicts = (state: LinuxState): string[] =>
      proveStaged({ ...staged, state }, { properties: ["P1", "P6"] }).results.map(
        (r) => `${r.property} ${r.verdict}`,
      );
    expect(verdicts(strayed)).toContain("P6 witness");
    const closed = applyBatch(
      staged.state,
      4,
      "route add default via 172.17.0.9 dev docker0 metric 4000000000",
    );
    expect(verdicts(closed)).toEqual(["P1 proved", "P6 proved", "P1 proved", "P6 proved"]);
  });
});
