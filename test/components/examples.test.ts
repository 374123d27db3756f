import * as fs from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { Plan, deriveHostKey } from "../../lib";
import { runExample } from "./runExample";
import { HOST_KEY, SECRETS, TYPES } from "./support";

describe("the example", () => {
  test("two-enis makes a host of which each source has its own gateway", async () => {
    const { run, exported } = await runExample(
      "two-enis",
      {
        publicKey: deriveHostKey("0123456789abcdef").publicKey,
        privateKey: SECRETS.privateKey,
        hostKeySeed: "0123456789abcdef",
      },
      {
        outputs: { "aws:ec2/vpc:Vpc": { ipv6CidrBlock: "2001:db8:e000::/56" } },
        calls: ({ token }) => (token.includes("getAmi") ? { id: "ami-1" } : { names: ["eu-west-1a"] }),
      },
    );
    expect(await run.value(exported["gatewayBySource"])).toEqual({
      "10.0.1.10": "10.0.1.1",
      "10.0.2.10": "10.0.2.1",
      "10.0.2.11": "10.0.2.1",
      "2001:db8:e000:1::a": "fe80:ec2::1",
      "2001:db8:e000:2::a": "fe80:ec2::1",
    });
    expect(run.resources.map(({ clearText }) => clearText).join()).not.toContain("b3BlbnNzaC1");
  });

  test("symmetric-policy-any-host pins both host keys", async () => {
    const { run } = await runExample("symmetric-policy-any-host", {
      host: "10.9.9.9",
      bastion: "bastion.example.com",
      hostKey: HOST_KEY,
      bastionHostKey: HOST_KEY,
      privateKey: SECRETS.privateKey,
    });
    const { connection } = run.only(TYPES.command).inputs;
    expect([connection.hostKey, connection.proxy.hostKey]).toEqual([HOST_KEY, HOST_KEY]);
  });

  test("host-models makes a host of which an interface is a boundary, and one as Linux comes", async () => {
    const { run, exported } = await runExample("host-models", {
      gateway: "192.0.2.10",
      gatewayHostKey: HOST_KEY,
      lab: "10.1.0.20",
      labHostKey: HOST_KEY,
      privateKey: SECRETS.privateKey,
    });
    expect(await run.value(exported["gatewayVerdict"])).toBe("proved");
    // The weak host model is put in force as asked for, and what it costs is said.
    expect(await run.value(exported["labVerdict"])).not.toBe("proved");
    expect(await run.value(exported["gatewayBySource"])).toEqual({
      "10.9.0.10": "10.9.0.1",
      "192.0.2.10": "192.0.2.1",
      "2001:db8:1::10": "fe80::1",
    });
  });

  test("traffic has its policies proved, in the order in which they decide", async () => {
    const { run, exported } = await runExample("traffic", {
      host: "10.0.1.10",
      hostKey: HOST_KEY,
      privateKey: SECRETS.privateKey,
    });
    expect(await run.value(exported["verdict"])).toBe("proved");
    const { traffic } = (await run.value(exported["plan"])) as Plan;
    expect(traffic.map(({ name, use }) => [name, use])).toEqual([
      ["backups", ["back"]],
      ["guests", ["back", "front"]],
      ["bulk", ["front", "back"]],
    ]);
  });

  const REMOTE = { host: "10.9.9.9", hostKey: HOST_KEY, privateKey: SECRETS.privateKey };

  test("worlds proves both customers' worlds, which use the same addresses", async () => {
    const { run, exported } = await runExample("worlds", REMOTE);
    expect(await run.value(exported["verdict"])).toBe("proved");
    const plan = (await run.value(exported["plan"])) as Plan;
    expect(plan.worlds.map(({ name, plan: own }) => [name, own.interfaces[0].addresses])).toEqual([
      ["customer-blue", ["10.0.0.10/24"]],
      ["customer-red", ["10.0.0.10/24"]],
    ]);
  });

  test("identity is proved, and has FRR announce it to both switches", async () => {
    const { run, exported } = await runExample("identity", REMOTE);
    expect(await run.value(exported["verdict"])).toBe("proved");
    const program = (await run.value(exported["program"])) as string;
    expect(program).toMatch(/^frr say +neighbor @left interface remote-as 65001$/m);
    expect(program).toMatch(/^frr say +neighbor @right interface remote-as 65002$/m);
    expect(program).toMatch(/^frr say +network 192\.0\.2\.77\/32$/m);
  });

  test("first-boot makes a host whose plan is proved and comes as user data, with no SSH", async () => {
    const { run, exported } = await runExample(
      "first-boot",
      {},
      { calls: ({ token }) => (token.includes("getAmi") ? { id: "ami-1" } : { names: ["eu-west-1a"] }) },
    );
    expect(await run.value(exported["verdict"])).toBe("proved");
    expect(run.ofType(TYPES.command)).toEqual([]);
    const text = gunzipSync(Buffer.from(run.only(TYPES.instance).inputs.userDataBase64, "base64")).toString();
    expect(text).toMatch(/^address back 10\.0\.2\.10$/m);
    expect(text).toContain("packages: [rsyslog]");
  });

  test("larger-stack starts its service when the host routes, and gives others its address", async () => {
    const { run } = await runExample("larger-stack", {
      ami: "ami-1",
      privateKey: SECRETS.privateKey,
      hostKeySeed: "0123456789abcdef",
    });
    const apply = run.only(TYPES.command, "collector-routing-apply");
    const service = run.only(TYPES.command, "collector-service");
    expect(service.options.dependencies).toContain(apply.urn);
    expect(service.inputs.connection.hostKey).toBe(apply.inputs.connection.hostKey);
    const rule = run.only("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule");
    expect(rule.inputs.cidrIpv4).toBe("10.0.2.20/32");
  });

  test("adopt-existing-host makes nothing but the policy", async () => {
    const eni = (device: number) => ({
      id: `eni-${device}`,
      macAddress: `02:00:00:00:00:0${device}`,
      privateIp: `10.0.${device}.10`,
      privateIps: [`10.0.${device}.10`],
      attachments: [{ deviceIndex: device }],
      associations: [{ publicIp: "198.51.100.7" }],
      subnetId: String(device),
    });
    const { run } = await runExample(
      "adopt-existing-host",
      { instanceId: "i-01234567", hostKey: HOST_KEY, privateKey: SECRETS.privateKey },
      {
        calls: ({ token, inputs }) =>
          token.includes("getNetworkInterfaces") ? { ids: ["eni-0", "eni-1"] }
          : token.includes("getNetworkInterface") ? eni(Number(inputs.id.slice(4)))
          : { cidrBlock: `10.0.${inputs.id}.0/24` }, // prettier-ignore
      },
    );
    expect(run.ofType(TYPES.instance)).toEqual([]);
    expect(run.only(TYPES.command).inputs.connection.host).toBe("198.51.100.7");
  });
});

describe("Pulumi's own language host, to which the examples are programs like any other", () => {
  const ROOT = path.join(__dirname, "..", "..");
  const projects = fs
    .readdirSync(path.join(ROOT, "examples"))
    .map((name) => path.join("examples", name))
    .concat(".")
    .filter((dir) => fs.existsSync(path.join(ROOT, dir, "Pulumi.yaml")))
    .filter((dir) => /^ *(runtime|name): nodejs$/m.test(manifest(dir)));

  function manifest(dir: string): string {
    return fs.readFileSync(path.join(ROOT, dir, "Pulumi.yaml"), "utf8");
  }

  test.each(projects)("runs the program of %s, compiled as the library asks", (dir) => {
    // Without a file name it takes the package's `exports`, which is the library; and it looks for tsconfig.json beside
    // the program alone.
    const [, main] = /^main: (\S+\.ts)$/m.exec(manifest(dir)) ?? [];
    const [, config] = /tsconfig: (\S+)/.exec(manifest(dir)) ?? [];
    const program = path.resolve(ROOT, dir, main);
    expect(fs.existsSync(program)).toBe(true);
    expect(path.resolve(path.dirname(program), config)).toBe(path.join(ROOT, "tsconfig.json"));
  });
});
