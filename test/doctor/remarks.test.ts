import { managersOf } from "../../lib/doctor/managers";
import { BY_SOURCE, DEFAULTS, diagnosed, met } from "./support";

/** What the doctor says besides: of what it cannot see, and of whose rules they are. */

test("rules by mark are named, since nobody can tell from a capture which packets have one", () => {
  const marks = "rule add priority 100 fwmark 0x2/0xff lookup 102\nrule add priority 110 fwmark 0x1/0xff lookup 101";
  const { remarks, findings } = diagnosed({ four: `${DEFAULTS}${marks}\nroute add default via 10.0.2.1 dev eth1 table 102\nroute add default via 10.0.1.1 dev eth0 table 101` });
  expect(findings.length).toBeGreaterThan(0);
  expect(remarks).toMatchObject([
    {
      subject: 'IPv4: rule "100: from all fwmark 0x2/0xff lookup 102" and 1 more',
      problem: expect.stringContaining("what is said here is of packets without one") as string,
      fix: "Ask for a flow with a mark by multihome explain --capture FILE --mark 0x2 --from A --to B",
    },
  ]);
  // Who inverts a mark speaks of packets without one.
  const inverted = "rule add priority 100 not fwmark 0x2/0xff lookup main";
  const { remarks: none } = diagnosed({ four: `${DEFAULTS}${BY_SOURCE}\n${inverted}` });
  expect(none.filter(({ problem }) => problem.includes("looks at marks"))).toEqual([]);
}); // prettier-ignore

test("nm-cloud-setup and cloud-netconfig, whose rules have numbers in common, are told apart", () => {
  const named = (...numbers: number[]): string[] => {
    const [before, main, after] = numbers;
    const rules = [
      `rule add priority ${before} from 10.0.2.10 lookup ${before}`,
      `rule add priority ${main} lookup main suppress_prefixlength 0`,
      `rule add priority ${after} from 10.0.2.10 lookup ${after}`,
    ].join("\n");
    return managersOf({ state: met({ four: `${DEFAULTS}${rules}` }) }).map(({ name }) => name);
  };
  expect(named(30_200, 30_350, 30_400)).toEqual(["nm-cloud-setup"]);
  expect(named(30_002, 30_399, 30_402)).toEqual(["cloud-netconfig"]);
});
