import * as fs from "node:fs";
import * as path from "node:path";
import { HostSpec } from "../../lib/model/spec";
import { Namespace, Namespaces, describeOnKernel, dump } from "./support/netns";
import { ProgramHost, program } from "./support/program";

/**
 * Whatever goes wrong, the host is as before or as planned. An `ip` before the real one on PATH does wrong at its
 * k-th call, for every k until the program runs through without meeting it; and so does every other tool.
 */
const FAULTS: Readonly<Record<string, string>> = {
  "fails without doing anything": "cat >/dev/null; exit 1",
  "fails half way through its batch": `
    if [ "$2" = -batch ]; then
      cat >"$COUNT.batch"
      lines=$(wc -l <"$COUNT.batch")
      head -n $((lines / 2)) "$COUNT.batch" | "$REAL" "$@"
      exit 1
    fi
    cat >/dev/null
    exit 1`,
  "does all and then fails": `"$REAL" "$@"; exit 1`,
  "says it has done it, and has not": "cat >/dev/null; exit 0",
  "or another tool that fails at once": "exit 1",
  "is the last thing before the program is killed": `"$REAL" "$@"; kill -9 "$PROGRAM"; exit 1`,
};

const ANY_TOOL = "or another tool that fails at once";

/** All of them at every place take minutes: MULTIHOME_TEST_FAULTS=all. Else those that reach furthest. */
const EVERY = process.env["MULTIHOME_TEST_FAULTS"] === "all";
const faults = (...words: string[]): [string, string][] =>
  Object.entries(FAULTS).filter(([name]) => EVERY || words.some((word) => name.includes(word)));

const TOOLS = ["awk", "sed", "cat", "tr", "rm", "mv", "mkdir", "rmdir", "sha256sum"];
const SHIM = `#!/bin/sh
REAL=TOOL
echo >>"$COUNT"
k=$(wc -l <"$COUNT")
[ $k -ne "$AT" ] || { FAULT
}
exec "$REAL" "$@"
`;

/** The two plans differ in every answer. */
const host = (last: number): HostSpec => ({
  name: "edge",
  interfaces: [
    {
      name: "front",
      match: { ifname: "eth0" },
      addresses: ["10.1.0.10/24", "10.1.0.11/24", "fd00:a::10/64", "fd00:a::11/64"],
      gateways: [`10.1.0.${last}`, `fe80::${last}`],
    },
    {
      name: "back",
      match: { ifname: "eth1" },
      addresses: ["10.2.0.10/24", "fd00:b::10/64", ...(last === 1 ? [] : ["10.2.0.12/24"])],
      gateways: [`10.2.0.${last}`, `fe80::${last}`],
    },
  ],
});

describeOnKernel("faults", () => {
  const namespaces = new Namespaces("prgfault");
  const [plan1, plan2] = [program(host(1)), program(host(2))];
  let ns: Namespace;
  let machine: ProgramHost;
  let pristine: string;

  beforeAll(() => {
    ns = namespaces.create("host");
    const peer = namespaces.create("peer");
    machine = new ProgramHost(ns);
    for (const [i, letter] of ["a", "b"].entries()) {
      namespaces.connect([ns, `eth${i}`], [peer, `eth${i}`]);
      ns.ip(`addr add 10.${i + 1}.0.10/24 dev eth${i}`);
      ns.ip(`addr add fd00:${letter}::10/64 dev eth${i}`);
      ns.ip(`route add default via 10.${i + 1}.0.254 metric ${i + 1}`);
      ns.ip(`-6 route add default via fe80::254 dev eth${i} metric ${i + 1}`);
    }
    ns.steady();
    pristine = dump(ns);
  });
  afterAll(async () => {
    machine?.destroy();
    await namespaces.destroy();
  });

  /** Runs with a fault at the k-th call of ip; tells whether it came to that. */
  function runWithFault(fault: string, k: number, text: string, verb: string) {
    const bin = path.join(machine.dir, "bin");
    const count = path.join(machine.dir, "count");
    fs.rmSync(bin, { recursive: true, force: true });
    fs.mkdirSync(bin);
    for (const tool of fault === FAULTS[ANY_TOOL] ? ["ip", ...TOOLS] : ["ip"]) {
      const real = ns.ok("sh", "-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`).trim();
      const shim = SHIM.replace("TOOL", real).replace("FAULT", fault);
      fs.writeFileSync(path.join(bin, tool), shim, { mode: 0o755 });
    }
    fs.writeFileSync(count, "");
    const file = path.join(machine.dir, "program");
    fs.writeFileSync(file, text);
    // The shim has to know whom to kill: exec keeps the process id.
    const start = 'PROGRAM=$$ PATH=$1:$PATH exec dash "$2" "$3"';
    const outcome = ns.run(["sh", "-c", start, "sh", bin, file, verb], {
      env: { ...machine.environment(), AT: String(k), COUNT: count },
    });
    return { ...outcome, met: fs.readFileSync(count, "utf8").length >= k };
  }

  /** The last part of the gateway that the kernel answers, for a source of each interface. */
  function answers(): { ipv4: string; ipv6: string } {
    const ask = (family: 4 | 6, to: string, sources: string[]): string => {
      const input = sources.map((from) => `route get ${to} from ${from}\n`).join("");
      const { stdout } = ns.run(["ip", `-${family}`, "-o", "-force", "-batch", "-"], { input });
      return sources
        .map((from) => new RegExp(` from ${from} via \\S*[.:](\\d+) dev`).exec(stdout)?.[1])
        .join(" ");
    };
    return {
      ipv4: ask(4, "203.0.113.5", ["10.1.0.10", "10.2.0.10"]),
      ipv6: ask(6, "fd00:f::5", ["fd00:a::10", "fd00:b::10"]),
    };
  }
  const all = (gateway: number): string => `${gateway} ${gateway}`;

  test.each(faults("half way", "killed"))(
    "an ip that %s",
    (name, fault) => {
      const killed = name.includes("killed");
      const tally = { calls: 0, old: 0, new: 0 };
      machine.ok(plan1, "apply");
      for (let k = 1, [from, to] = [1, 2]; ; k++, [from, to] = [to, from]) {
        const text = to === 1 ? plan1 : plan2;
        const before = dump(ns);
        const { status, stderr, met } = runWithFault(fault, k, text, "apply");
        if (!met) break;
        tally.calls++;
        const now = answers();
        const context = `${name}, call ${k}: exit ${status}, ${stderr}`;
        for (const family of [now.ipv4, now.ipv6]) expect([context, all(1), all(2)]).toContain(family);
        if (!killed) {
          // The exit says which: 0 for the new; 1 for the old, and then nothing at all is left of the attempt.
          const answer = all(status === 0 ? to : from);
          expect([context, now]).toEqual([context, { ipv4: answer, ipv6: answer }]);
          if (status !== 0) {
            expect([context, status, dump(ns)]).toEqual([context, 1, before]);
            // The first call of another tool than ip reads the program itself: without it nothing can be said.
            if (fault !== FAULTS[ANY_TOOL] || k > 1)
              expect(stderr.trim().split("\n").pop()).toMatch(/^multihome: \S/);
          }
        }
        tally[now.ipv6 === all(to) ? "new" : "old"]++;
        // It says how the one before has ended.
        expect([context, machine.run(text, "apply").status]).toEqual([context, 0]);
        expect([context, answers()]).toEqual([context, { ipv4: all(to), ipv6: all(to) }]);
      }
      expect(tally.calls).toBeGreaterThan(8);
      expect(tally.old).toBeGreaterThan(0);
      expect(tally.new).toBeGreaterThan(0);
    },
    120_000,
  );

  test.each(faults("killed"))(
    "a first apply, and a removal, with an ip that %s",
    (name, fault) => {
      machine.ok(plan1, "remove");
      expect(dump(ns)).toBe(pristine);
      for (let k = 1; ; k++) {
        const { status, stderr, met } = runWithFault(fault, k, plan1, "apply");
        if (!met) break;
        const context = `${name}, call ${k}: exit ${status}, ${stderr}`;
        if (status === 1) expect([context, dump(ns)]).toEqual([context, pristine]);
        machine.ok(plan1, "remove");
        expect([context, dump(ns)]).toEqual([context, pristine]);
      }
      for (let k = 1; ; k++) {
        machine.ok(plan1, "apply");
        const { met } = runWithFault(fault, k, plan1, "remove");
        if (!met) break;
        const now = answers();
        for (const family of [now.ipv4, now.ipv6]) expect([all(1), all(254)]).toContain(family);
        machine.ok(plan1, "remove");
        expect([name, k, dump(ns)]).toEqual([name, k, pristine]);
        expect(fs.existsSync(machine.stateDir)).toBe(false);
      }
    },
    120_000,
  );
});
