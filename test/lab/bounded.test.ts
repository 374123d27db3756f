import { ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { inNamespace, namespaceOf } from "../../lab/fabric";
import { Lab, RunResult, startLab, stopLab } from "../../lab/run";
import { describeFabric } from "./support/fabric";

/**
 * Machines on the way that fall silent, through the real engine: every update ends by itself, says why, and the next
 * good one heals without a flag. One life of one host, told in order.
 */
jest.setTimeout(300_000);

const NAME = "bnd-e2e";
const EDGE = path.join(__dirname, "programs/edge");
const FRONT = { name: "front", deviceIndex: 0, publicIp: true };
const BACK = { name: "back", deviceIndex: 1 };
const more = (address: string): object => ({ ...BACK, privateIps: [address] });
/** Seconds in which a change must be confirmed here, and how long one attempt to connect may take. */
const WITHIN = 10;
const DIAL = 2;

/** A server that takes connections and says nothing. */
const SILENT = `require("net").createServer((s) => s.on("error", () => 0)).listen(2222, () => console.log("up"))`;

describeFabric("an update over machines that fall silent", () => {
  const keys = fs.mkdtempSync(path.join(os.tmpdir(), "bnd-keys-"));
  let silent: ChildProcess | undefined;
  let lab: Lab;
  let secrets: { publicKey: string; privateKey: { secret: string } };
  let made: RunResult;

  beforeAll(async () => {
    const file = path.join(keys, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
    secrets = {
      publicKey: fs.readFileSync(`${file}.pub`, "utf8").trim(),
      privateKey: { secret: fs.readFileSync(file, "utf8") },
    };
    await stopLab(NAME);
    lab = await startLab(NAME);
    // A new host is waited for as long as it takes.
    made = await edge("up", [FRONT, BACK], { dials: 20 });
  });
  afterAll(async () => {
    silent?.kill("SIGKILL");
    await stopLab(NAME);
    fs.rmSync(keys, { recursive: true });
  });

  const edge = (command: "up" | "destroy", interfaces: object[], config: object = {}): Promise<RunResult> =>
    lab.run({
      program: EDGE,
      stackName: "edge",
      command,
      config: {
        ...secrets,
        ami: "ami-0123456789abcdef0",
        interfaces,
        dials: 2,
        dialSeconds: DIAL,
        more: { confirmWithin: WITHIN },
        ...config,
      },
    });
  const failureOf = (run: Promise<RunResult>): Promise<string> =>
    run.then(
      () => "it did not fail",
      (error: unknown) => String(error),
    );
  const on = (namespace: string, argv: string[]): string => {
    const [program, ...args] = inNamespace(namespace, argv);
    return spawnSync(program, args, { encoding: "utf8" }).stdout;
  };
  const instance = (): string => namespaceOf(NAME, "instance", String(made.outputs["instanceId"]));
  const onHost = (...argv: string[]): string => on(instance(), argv);
  const routing = (): string =>
    ["-4", "-6"]
      .map((f) => onHost("ip", f, "rule") + onHost("ip", f, "route", "show", "table", "all"))
      .join("");
  const until = async (what: () => boolean, seconds: number): Promise<void> => {
    const began = Date.now();
    while (!what()) {
      if (Date.now() - began > seconds * 1000) throw new Error("it does not come to that");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const heals = async (address: string): Promise<void> => {
    // A busy machine may be late with its answers, which is not what this is about.
    const healed = await edge("up", [FRONT, more(address)], { dials: 20 });
    expect(healed.outputs).toMatchObject({ symmetric: true, gatewayBySource: { [address]: "10.0.2.1" } });
    expect(onHost("ip", "route", "get", "192.0.2.1", "from", address)).toMatch(/via 10\.0\.2\.1 /);
  };
  /** Its sshd hangs: connections to it are taken by a server that says nothing. */
  const hang = async (): Promise<void> => {
    if (silent === undefined) {
      const [program, ...args] = inNamespace(instance(), [process.execPath, "-e", SILENT]);
      const server = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
      silent = server;
      await new Promise((resolve) => server.stdout.once("data", resolve));
    }
    const rule = "add table ip hang; add chain ip hang in { type nat hook prerouting priority -100; }; " +
      "add rule ip hang in tcp dport 22 redirect to :2222"; // prettier-ignore
    onHost("nft", rule);
  };

  test("a bastion that nobody reaches ends it, and names the bastion", async () => {
    const before = routing();
    const began = Date.now();
    const failure = await failureOf(edge("up", [FRONT, more("10.0.2.20")], { bastion: "203.0.113.77" }));
    expect(failure).toMatch(/proxy: after 2 failed attempts: dial tcp 203\.0\.113\.77:22/);
    expect((Date.now() - began) / 1000).toBeLessThan(120);
    expect(routing()).toBe(before);
    await heals("10.0.2.20");
  });

  test("an sshd that accepts and then says nothing ends it, with what to do", async () => {
    await hang();
    const before = routing();
    const began = Date.now();
    const failure = await failureOf(edge("up", [FRONT, more("10.0.2.21")]));
    expect(failure).toMatch(
      /port 22 accepts connections and says nothing \(waited 2 s, 3 times\): its sshd hangs/,
    );
    expect((Date.now() - began) / 1000).toBeLessThan(120);
    expect(routing()).toBe(before);
    onHost("nft", "delete", "table", "ip", "hang");
    await heals("10.0.2.21");
  });

  test("a connection that is cut while the change is made leaves the host as it was, and ends it", async () => {
    // The provider's client asks every 15 s, and gives up after ten; here it is sooner.
    for (const [key, value] of [["time", "2"], ["intvl", "1"], ["probes", "3"]]) {
      on(namespaceOf(NAME, "operator"), ["sh", "-c", `echo ${value} >/proc/sys/net/ipv4/tcp_keepalive_${key}`]);
    } // prettier-ignore
    const before = routing();
    // An address alone would be added to what is in force, in a moment.
    const wide = { more: { confirmWithin: WITHIN, policy: { onLink: "direct" } } };
    const running = failureOf(edge("up", [FRONT, more("10.0.2.22")], wide));
    // The canary stands: staged, and not yet in force.
    await until(() => onHost("ip", "rule", "show", "priority", "7000") !== "", 90);
    const drop = (hook: string, port: string): string =>
      `add chain inet cut ${hook} { type filter hook ${hook} priority -200; }; add rule inet cut ${hook} tcp ${port} 22 drop;`;
    onHost("nft", `add table inet cut; ${drop("input", "dport")} ${drop("output", "sport")}`);
    const began = Date.now();
    const failure = await running;
    expect(failure).toMatch(/without exit status|multihome: |failed attempts/);
    expect((Date.now() - began) / 1000).toBeLessThan(120);
    await until(() => onHost("ip", "rule", "show", "priority", "7001") === "", WITHIN + 30);
    await until(() => routing() === before, 30);
    onHost("nft", "delete", "table", "inet", "cut");
    await heals("10.0.2.22");
  });

  test("taking the routing from a host that stays ends too when its sshd hangs, and is done when it answers again", async () => {
    const adopted = (command: "up" | "destroy"): Promise<RunResult> =>
      lab.run({
        program: path.join(__dirname, "programs/adopt"),
        stackName: "adopt",
        command,
        config: {
          privateKey: secrets.privateKey,
          instanceId: String(made.outputs["instanceId"]),
          dialSeconds: DIAL,
        },
      });
    await adopted("up");
    await hang();
    const before = routing();
    const began = Date.now();
    expect(await failureOf(adopted("destroy"))).toMatch(
      /port 22 accepts connections and says nothing \(waited 2 s, 3 times\): its sshd hangs/,
    );
    expect((Date.now() - began) / 1000).toBeLessThan(120);
    expect(routing()).toBe(before);
    onHost("nft", "delete", "table", "ip", "hang");
    await adopted("destroy");
    expect(onHost("ip", "rule")).not.toContain("10.0.2.10");
  });

  test("destroying it asks nothing of a host that goes as well, though its sshd hangs", async () => {
    await hang();
    const began = Date.now();
    await edge("destroy", [FRONT, more("10.0.2.22")]);
    expect((Date.now() - began) / 1000).toBeLessThan(120);
    expect(lab.cloud().instances).toEqual({});
  });
});
