import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { HostModel, HostSpec } from "../../lib/model/spec";
import { persistenceFiles } from "../../lib/render/persistence";
import { Namespace, Namespaces, describeOnKernel, dump, monitor, settle, sleep } from "./support/netns";
import { ProgramHost, program } from "./support/program";

const MAC = (n: number): string => `02:00:00:00:0b:0${n}`;
const SPEC: HostSpec = {
  name: "edge",
  interfaces: [1, 2].map((n) => ({
    name: `n${n}`,
    match: { mac: MAC(n) },
    addresses: [`10.${n}.0.10/24`, `fd00:${n}::10/64`],
    gateways: [`10.${n}.0.1`, `fd00:${n}::1`],
  })),
};

const testWithNft = spawnSync("nft", ["--version"]).status === 0 ? test : test.skip;

describeOnKernel("what is committed, restored", () => {
  const namespaces = new Namespaces("prgres");
  const text = program(SPEC);
  let ns: Namespace;
  let host: ProgramHost;

  beforeEach(() => {
    ns = namespaces.create("host");
    for (const n of [1, 2]) plug(n);
    ns.ip("route add default via 10.1.0.1 dev eth1");
    ns.steady();
    host = new ProgramHost(ns);
  });
  afterEach(async () => {
    host.destroy();
    await namespaces.destroy();
  });

  function plug(n: number): void {
    ns.ip(`link add name eth${n} address ${MAC(n)} type veth peer name far${n}`);
    for (const device of [`eth${n}`, `far${n}`]) ns.ip(`link set dev ${device} up`);
    for (const address of SPEC.interfaces[n - 1].addresses!)
      ns.ip(`addr add ${address} dev eth${n}${address.includes(":") ? " nodad" : ""}`);
  }

  const way = (n: number): string => {
    const { status, stdout } = ns.run(["ip", "-o", "route", "get", "192.0.2.1", "from", `10.${n}.0.10`]);
    return status === 0 ? (/ dev (\S+)/.exec(stdout)?.[1] ?? "") : "none";
  };
  /** What the kernel would do with the address if it were there: rules decide before that. */
  const ours = (n: number): string =>
    ns.run(["ip", "-o", "route", "show", "table", "all", "proto", "77", "dev", `eth${n}`]).stdout;

  test("is as it was applied when its rules and routes have been taken away, and says nothing", () => {
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    ns.ip("route flush table all proto 77");
    expect(host.ok(text, "restore")).toBe("");
    expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    expect(host.run(text, "verify").status).toBe(0);
  });

  test("does without an interface that is missing, and has it when it comes, under another name", () => {
    host.ok(text, "apply");
    ns.ip("link del eth2");
    ns.ip("rule flush protocol 77");
    host.ok(text, "restore");
    expect([way(1), way(2)]).toEqual(["eth1", "none"]);
    expect(host.run(text, "verify")).toMatchObject({ status: 1, stdout: expect.stringMatching(/n2/) });
    // An operator's apply still wants all of them.
    expect(host.run(text, "apply")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/interface n2: no device/),
    });
    plug(2);
    ns.ip("link set dev eth2 down");
    ns.ip("link set dev eth2 name net2");
    ns.ip("link set dev net2 up");
    ns.ip("addr replace fd00:2::10/64 dev net2 nodad");
    host.ok(text, "restore");
    expect(way(2)).toBe("net2");
    expect(host.run(text, "verify").status).toBe(0);
  });

  describe.each([
    ["an interface is missing", "ip link del eth2"],
    ["an address is missing that is not ours to add", "ip addr del 10.2.0.10/24 dev eth2"],
  ])("while %s", (_, act) => {
    /** Puts the plan in force, and has it do without. */
    function without(plan: string): void {
      host.ok(plan, "apply");
      ns.ok("sh", "-c", act);
      host.ok(plan, "restore");
    }

    test("puts back a setting of another, and then leaves all alone", async () => {
      without(text);
      ns.sysctl("net/ipv4/conf/eth1/arp_ignore", "0");
      host.ok(text, "restore");
      expect(ns.sysctl("net/ipv4/conf/eth1/arp_ignore")).toBe("1");
      ns.steady();
      const watcher = await monitor(ns);
      host.ok(text, "restore");
      await settle(watcher);
      expect(await watcher.stop()).toBe("");
    });

    testWithNft("puts back the table of nftables, and rules of it", () => {
      const strong = program({ ...SPEC, policy: { hostModel: HostModel.Strong } });
      without(strong);
      const table = (): string => ns.ok("nft", "-s", "list", "table", "inet", "multihome");
      const before = table();
      for (const lose of ["flush chain inet multihome sent", "delete table inet multihome"]) {
        ns.ok("nft", ...lose.split(" "));
        host.ok(strong, "restore");
        expect(table()).toBe(before);
      }
    });
  });

  test("adds no address that a network daemon has taken away, and leaves its source closed until it is back", () => {
    host.ok(text, "apply");
    ns.ip("addr del 10.2.0.10/24 dev eth2");
    host.ok(text, "restore");
    expect(ns.run(["ip", "-4", "addr", "show", "dev", "eth2"]).stdout).not.toContain("10.2.0.10");
    expect(way(1)).toBe("eth1");
    ns.ip("addr add 10.2.0.10/24 dev eth2");
    host.ok(text, "restore");
    expect(way(2)).toBe("eth2");
  });

  test("leaves a link down for who sets it up, so that removal leaves it up", () => {
    host.ok(text, "apply");
    ns.ip("link set dev eth2 down");
    ns.ip("rule flush protocol 77");
    host.ok(text, "restore");
    expect(ns.ip("link show dev eth2")).not.toMatch(/[<,]UP[,>]/);
    expect([way(1), way(2)]).toEqual(["eth1", "none"]);
    ns.ip("link set dev eth2 up");
    ns.ip("addr replace fd00:2::10/64 dev eth2 nodad");
    host.ok(text, "restore");
    expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    expect(host.run(text, "verify").status).toBe(0);
    host.ok(text, "remove");
    expect(ns.ip("link show dev eth2")).toMatch(/[<,]UP[,>]/);
  });

  test("raises again a link that was ours to raise, at another boot too, and removal sets it down", () => {
    ns.ip("link set dev eth2 down");
    host.ok(text, "apply");
    for (const boot of ["this", "another"]) {
      ns.ip("link set dev eth2 down");
      ns.ip("rule flush protocol 77");
      const records = path.join(host.stateDir, "restore");
      if (boot === "another")
        fs.writeFileSync(records, fs.readFileSync(records, "utf8").replace(/^boot .*/, "boot before"));
      host.ok(text, "restore");
      expect(ns.ip("link show dev eth2")).toMatch(/[<,]UP[,>]/);
      expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    }
    host.ok(text, "remove");
    expect(ns.ip("link show dev eth2")).not.toMatch(/[<,]UP[,>]/);
  });

  test("adds again an address that was ours to add", () => {
    ns.ip("addr del 10.2.0.10/24 dev eth2");
    host.ok(text, "apply");
    ns.ip("addr del 10.2.0.10/32 dev eth2");
    host.ok(text, "restore");
    expect(way(2)).toBe("eth2");
    expect(ours(2)).toContain("10.2.0.0/24");
  });

  test("is put in force although a network daemon brings addresses between the look and the change", () => {
    ns.ip("addr del fd00:1::10/64 dev eth1");
    ns.ip("addr del fd00:2::10/64 dev eth2");
    const bin = path.join(host.dir, "bin");
    fs.mkdirSync(bin);
    const shim = `#!/bin/sh
ip=$(PATH=/usr/sbin:/sbin:/usr/bin:/bin command -v ip)
[ "$*" = '-6 -batch -' ] || exec $ip "$@"
for n in 1 2; do $ip -6 addr add fd00:$n::10/128 dev eth$n nodad 2>/dev/null; done
exec $ip "$@"
`;
    fs.writeFileSync(path.join(bin, "ip"), shim, { mode: 0o755 });
    host.env = { PATH: `${bin}:${process.env.PATH}` };
    host.ok(text, "apply");
    host.env = {};
    expect([way(1), way(2)]).toEqual(["eth1", "eth2"]);
    expect(host.run(text, "verify").status).toBe(0);
  });

  test("is held back by rules of protocol kernel while its own are gone, which removal takes away", () => {
    const before = dump(ns);
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    expect(way(2)).toBe("eth1");
    host.ok(text, "restore");
    // As systemd-networkd does.
    ns.ip("rule flush protocol 77");
    expect([way(1), way(2)]).toEqual(["none", "none"]);
    expect(ns.run(["ip", "route", "get", "192.0.2.1"]).stdout).toMatch(/dev eth1/);
    host.ok(text, "remove");
    expect(dump(ns)).toBe(before);
  });

  test("closed at a boot and opened again, leaves nothing behind", () => {
    host.ok(text, "apply");
    ns.ip("rule flush protocol 77");
    host.ok(text, "close");
    expect([way(1), way(2)]).toEqual(["none", "none"]);
    host.ok(text, "open");
    expect([way(1), way(2)]).toEqual(["eth1", "eth1"]);
    // Nor is it opened when a restoration has made way for another change, as systemd says.
    for (const env of [{ SERVICE_RESULT: "success" }, { SERVICE_RESULT: "exit-code", EXIT_STATUS: "75" }]) {
      host.env = env as Record<string, string>;
      host.ok(text, "close");
      host.ok(text, "open");
      expect(way(2)).toBe("none");
    }
    host.env = { SERVICE_RESULT: "exit-code", EXIT_STATUS: "1" };
    host.ok(text, "open");
    expect(way(2)).toBe("eth1");
  });

  /** What the units and hooks run. */
  const putRun = (): void => {
    const run = persistenceFiles().find(({ path: file }) => file.endsWith("/run"));
    fs.writeFileSync(path.join(host.stateDir, "run"), run!.text);
  };

  test.each([
    ["stays closed", "while another change is in progress", 75, "none"],
    ["is opened again", "when that fails", 1, "eth1"],
  ])("%s at a boot %s", (_, when, status, where) => {
    host.ok(text, "apply");
    putRun();
    ns.ip("rule flush protocol 77");
    host.ok(text, "close");
    if (status === 1) fs.writeFileSync(path.join(host.stateDir, "program.0"), "exit 1\n");
    else holdLock();
    expect([when, host.run(text, "boot").status, way(2)]).toEqual([when, status, where]);
  });

  /** A change of this test's, which goes on for as long as it. */
  function holdLock(): string {
    fs.mkdirSync(host.runDir, { recursive: true });
    const [, fields] = fs.readFileSync("/proc/self/stat", "utf8").split(") ");
    const file = path.join(host.runDir, `lock.${process.pid}.${fields.split(" ")[19]}`);
    fs.writeFileSync(file, "");
    return file;
  }

  test.each([
    ["stays where it came with units from elsewhere", true],
    ["goes where nothing else may run it", false],
  ])("what runs it %s, and with a removal", (_, systemd) => {
    const plan = program({ ...SPEC, policy: { persistence: "none" } });
    const run = path.join(host.stateDir, "run");
    fs.mkdirSync(host.stateDir);
    putRun();
    const mounts = `mount -t tmpfs tmpfs /run${systemd ? "; mkdir -p /run/systemd/system" : ""}; exec dash "$@"`;
    host.shell = { name: "dash", argv: ["unshare", "--mount", "sh", "-c", mounts, "sh"] };
    host.ok(plan, "apply");
    expect(fs.existsSync(run)).toBe(systemd);
    host.ok(plan, "remove");
    expect(fs.existsSync(host.stateDir)).toBe(false);
  });

  describe("by the monitor", () => {
    const monitorIn = (dir: string) => {
      const file = path.join(host.dir, "program");
      const tables = `for d in /etc /usr/share /usr/lib; do
        [ ! -e $d/iproute2/rt_tables ] || mount --bind ${dir} $d/iproute2/rt_tables; done`;
      const argv = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        `${dir === "" ? ":" : tables}; exec sh ${file} monitor`,
      ];
      return ns.start(argv, { env: host.environment() });
    };
    const until = async (what: () => boolean): Promise<boolean> => {
      for (let i = 0; i < 300 && !what(); i++) await sleep(100);
      return what();
    };
    /** It has looked twice, and waits for an event. */
    const begun = async (): Promise<void> => {
      expect(await until(() => fs.existsSync(path.join(host.runDir, "monitor.ip")))).toBe(true);
      await sleep(4000);
    };

    test("is had again also where somebody has given names to its tables", async () => {
      host.ok(text, "apply");
      putRun();
      const tables = [...new Set(ours(2).match(/(?<= table )7\d\d\d/g))];
      expect(tables).toHaveLength(1);
      const names = path.join(host.dir, "rt_tables");
      fs.writeFileSync(names, `255 local\n254 main\n253 default\n${tables[0]} back\n`);
      const watcher = monitorIn(names);
      await begun();
      ns.ip(`route flush table ${tables[0]}`);
      expect(await until(() => way(2) === "eth2")).toBe(true);
      await watcher.stop();
    });

    test("is had again when another change has ended, of which there is no event", async () => {
      host.ok(text, "apply");
      putRun();
      const watcher = monitorIn("");
      await begun();
      const lock = holdLock();
      ns.ip("rule flush protocol 77");
      await sleep(6000);
      expect(way(2)).not.toBe("eth2");
      fs.rmSync(lock);
      expect(await until(() => way(2) === "eth2")).toBe(true);
      await watcher.stop();
    });
  });
});

describeOnKernel("what keeps a plan in force and cannot be taken away", () => {
  const namespaces = new Namespaces("prgkept");
  afterEach(() => namespaces.destroy());

  const testWithUnits = fs.existsSync("/etc/systemd") ? test : test.skip;
  testWithUnits("is told by remove, which fails, and is taken away by the next", () => {
    const ns = namespaces.create("host");
    const host = new ProgramHost(ns);
    try {
      ns.ip("link add name eth1 type veth peer name far1");
      for (const device of ["eth1", "far1"]) ns.ip(`link set dev ${device} up`);
      ns.ip("addr add 10.1.0.10/24 dev eth1");
      ns.steady();
      const before = dump(ns);
      const n1 = {
        name: "n1",
        match: { ifname: "eth1" },
        addresses: ["10.1.0.10/24"],
        gateways: ["10.1.0.1"],
      };
      const text = program({ name: "edge", interfaces: [n1] });
      host.ok(text, "apply");
      const units = path.join(host.dir, "systemd");
      const unit = path.join(units, "system/multihome-close.service");
      fs.mkdirSync(path.dirname(unit), { recursive: true });
      fs.writeFileSync(unit, "");
      fs.writeFileSync(path.join(host.stateDir, "kept"), "\n");
      fs.mkdirSync(path.join(host.dir, "bin"));
      fs.writeFileSync(path.join(host.dir, "bin/systemctl"), "#!/bin/sh\n", { mode: 0o755 });
      host.env = { PATH: `${host.dir}/bin:${process.env.PATH}` };
      /** In a place of its own for units. */
      const remove = (how: string) => {
        const mounts = `mount --bind ${units} /etc/systemd && mount -o remount,bind,${how} /etc/systemd`;
        host.shell = {
          name: "dash",
          argv: ["unshare", "--mount", "sh", "-c", `${mounts} && exec dash "$@"`, "sh"],
        };
        return host.run(text, "remove");
      };
      const { status, stderr } = remove("ro");
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/multihome-close\.service.*Read-only file system/),
      ]);
      expect([fs.existsSync(unit), fs.existsSync(path.join(host.stateDir, "kept"))]).toEqual([true, true]);
      expect(remove("rw")).toEqual({ status: 0, stdout: "", stderr: "" });
      expect([fs.existsSync(unit), fs.existsSync(host.stateDir)]).toEqual([false, false]);
      expect(dump(ns)).toBe(before);
    } finally {
      host.destroy();
    }
  });
});

describeOnKernel("whose rules come before ours", () => {
  const namespaces = new Namespaces("prgman");
  afterEach(() => namespaces.destroy());

  test.each([
    ["rule add priority 5270 lookup 52", 52, /of Tailscale comes before ours: stop using an exit node/],
    [
      "rule add priority 5000 not fwmark 0xca6c lookup 51820",
      51820,
      /of wg-quick comes before ours: set ".*Table = off/,
    ],
    [
      "rule add priority 400 from 10.1.0.10 lookup 10001",
      10001,
      /of amazon-ec2-net-utils .* mask policy-routes@/,
    ],
    [
      "rule add priority 400 from 10.1.0.10 lookup 400",
      400,
      /"400: from 10\.1\.0\.10 lookup 400" comes before ours: give it/,
    ],
  ])("is told with the cure when they take a source of ours: %s", (rule, table, message) => {
    const ns = namespaces.create("host");
    const host = new ProgramHost(ns);
    try {
      ns.ip(`link add name eth1 address ${MAC(1)} type veth peer name far1`);
      for (const device of ["eth1", "far1"]) ns.ip(`link set dev ${device} up`);
      ns.ip("addr add 10.1.0.10/24 dev eth1");
      ns.ip("addr add 10.9.0.1/24 dev far1");
      ns.ip(`route add default via 10.9.0.2 dev far1 table ${table}`);
      ns.ip(rule);
      const before = dump(ns);
      const [n1] = SPEC.interfaces;
      const spec = { ...SPEC, interfaces: [{ ...n1, addresses: ["10.1.0.10/24"], gateways: ["10.1.0.1"] }] };
      const { status, stderr } = host.run(program(spec), "apply");
      expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
      expect(dump(ns)).toBe(before);
    } finally {
      host.destroy();
    }
  });
});
