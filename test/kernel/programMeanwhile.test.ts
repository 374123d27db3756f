import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Between } from "./support/between";
import { Namespace, Namespaces, describeOnKernel, privileged } from "./support/netns";
import { ProgramHost, Shell, program, shells, skipMissingShells } from "./support/program";

/**
 * The last look at the host, after the commit, is what the next apply finds to be the same and leaves alone. Here somebody
 * takes something away before it, for certain.
 */
const spec = (last: number): HostSpec => ({
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "fd00:a::10/64"],
      gateways: [`10.1.0.${last}`, `fd00:a::${last}`],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "10.2.0.12/24", "fd00:b::10/64", "fd00:b::12/64"],
      gateways: [`10.2.0.${last}`, `fd00:b::${last}`],
    },
  ],
});
const ONE = program(spec(1));
const TWO = program(spec(2));

/** What is taken away, and what tells whether it is there. */
interface Loss {
  readonly act: string;
  readonly told: string;
}
const both = (command: string): string => `ip -4 ${command}; ip -6 ${command}`;
const LOSSES: Readonly<Record<string, Loss>> = {
  rules: { act: both("rule flush protocol 77"), told: `(${both("rule show")}) | grep -c "proto 77"` },
  routes: {
    act: both("route flush table all proto 77"),
    told: `(${both("route show table all proto 77")}) | wc -l`,
  },
};

const tools = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-tools-"));
afterAll(() => fs.rmSync(tools, { recursive: true, force: true }));

skipMissingShells();

describeOnKernel.each(privileged ? shells(tools) : [{ name: "any shell", argv: [] }])(
  "what is taken away between a commit and the last look, in $name",
  (shell: Shell) => {
    const namespaces = new Namespaces("prgmeanw");
    let ns: Namespace;
    let host: ProgramHost;

    beforeAll(() => {
      ns = namespaces.create("host");
      const peer = namespaces.create("peer");
      for (const [i, letter] of ["a", "b"].entries()) {
        namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
        ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
        ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
      }
      ns.steady();
      host = new ProgramHost(ns);
      host.shell = shell;
    });
    beforeEach(() => ns.steady());
    afterAll(async () => {
      host?.destroy();
      await namespaces.destroy();
    });

    const told = ({ told }: Loss): string => ns.ok("sh", "-c", told);
    const drift = (): unknown => JSON.parse(host.ok(ONE, "status", "--json")).drift;

    test.each(Object.entries(LOSSES))("%s: what restores has them again", (_, loss) => {
      host.ok(ONE, "apply");
      const before = told(loss);
      const between = new Between(host);
      between.afterCommit(1, loss.act);
      host.ok(TWO, "apply");
      between.end();
      // It has happened, and is known.
      expect([between.met, told(loss) === before, drift()]).toEqual([true, false, true]);
      host.ok(TWO, "restore");
      expect([told(loss), drift()]).toEqual([before, false]);
      host.ok(TWO, "verify");
    });
  },
);
