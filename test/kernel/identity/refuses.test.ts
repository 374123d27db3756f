import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FrrNamespace, describeWithFrr } from "../support/frr";
import { Namespaces, describeOnKernel, dump } from "../support/netns";
import { ProgramHost, Shell, program } from "../support/program";
import { STUB, identityHost, linkedHost } from "./network";

/** Where an identity would not work, each with the cure, and with nothing changed. */

const PROGRAM = program(identityHost(STUB));
const FRR = "/usr/lib/frr";

describeOnKernel("an identity on a host without FRR", () => {
  const namespaces = new Namespaces("idnofrr");
  afterAll(() => namespaces.destroy());

  test("is refused, with the package to install, and nothing is changed", () => {
    const host = new ProgramHost(linkedHost(namespaces));
    const hide = `[ ! -d ${FRR} ] || mount -t tmpfs tmpfs ${FRR}; exec dash "$@"`;
    const shell: Shell = { name: "dash", argv: ["unshare", "--mount", "sh", "-c", hide, "sh"] };
    try {
      const before = dump(host.namespace);
      host.shell = shell;
      const { status, stdout, stderr } = host.run(PROGRAM, "apply");
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/FRR is needed for the identity, and not found\. .*apt-get install frr\n$/);
      expect(dump(host.namespace)).toBe(before);
      expect(fs.existsSync(host.stateDir)).toBe(false);
    } finally {
      host.destroy();
    }
  });
});

describeWithFrr("an identity is refused, by name, with the cure, and with nothing changed,", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-test-"));
  const namespaces = new Namespaces("idrefuse");
  let namespace: FrrNamespace;
  let host: ProgramHost;

  beforeAll(async () => {
    namespace = await FrrNamespace.in(linkedHost(namespaces), dir);
    host = new ProgramHost(namespace);
  });
  afterAll(async () => {
    host?.destroy();
    await namespace?.destroy();
    await namespaces.destroy();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  test.each<[string, string, string, RegExp]>([
    [
      "where another default route would come before FRR's",
      "ip route add default via 10.1.0.1 dev eth0 metric 100",
      "ip route del default via 10.1.0.1 dev eth0 metric 100",
      /to FRR the route "default via 10\.1\.0\.1 dev eth0 .*metric 100.*" of main comes before .*3355443200 or more/,
    ],
    [
      "where the reverse path filter is strict on a link",
      "echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter",
      "echo 0 >/proc/sys/net/ipv4/conf/eth1/rp_filter",
      /rp_filter is 1 \(strict\) on eth1 .*Set net\.ipv4\.conf\.eth1\.rp_filter to 2 \(loose\)/,
    ],
    [
      "where OSPF would have to speak from a secondary address",
      "ip addr del 10.1.0.10/24 dev eth0; ip addr add 10.1.0.9/24 dev eth0; ip addr add 10.1.0.10/24 dev eth0",
      "ip addr del 10.1.0.10/24 dev eth0; ip addr del 10.1.0.9/24 dev eth0; ip addr add 10.1.0.10/24 dev eth0",
      /OSPF cannot speak from 10\.1\.0\.10, the first address of front, which is a secondary one on eth0\. Name another/,
    ],
    [
      "where FRR has a configuration of somebody else's",
      "echo 'router ospf' >>/etc/frr/frr.conf",
      "sed -i '/^router ospf$/d' /etc/frr/frr.conf",
      /\/etc\/frr\/frr\.conf has a configuration that is not ours \("router ospf"\)\. Move it away, or .*--to frr/,
    ],
    [
      "where a daemon of FRR is missing",
      "mv /etc/frr/daemons /etc/frr/daemons.away",
      "mv /etc/frr/daemons.away /etc/frr/daemons",
      /\/etc\/frr\/daemons is needed, which tells FRR what to run; install FRR from the distribution/,
    ],
  ])("%s", (_, spoil, mend, message) => {
    namespace.ok("sh", "-c", spoil);
    try {
      const before = dump(namespace);
      const { status, stdout, stderr } = host.run(PROGRAM, "apply");
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(message);
      expect(dump(namespace)).toBe(before);
    } finally {
      namespace.ok("sh", "-c", mend);
    }
  });
});
