import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { bootHookOf } from "../../lab/fabric/build/userData";
import { MultiHomedFleet, MultiHomedFleetArgs } from "../../lib";
import { refused, runWithMocks, unknown } from "./support";

const ARGS: MultiHomedFleetArgs = {
  interfaces: [
    { name: "front", deviceIndex: 0, ipv6: true },
    { name: "back", subnetIds: ["subnet-0123456789abcdef0"] },
  ],
  programUrl: "https://assets.example.com/{sha256}.sh",
};
const make = (more: Partial<MultiHomedFleetArgs> = {}) => new MultiHomedFleet("web", { ...ARGS, ...more });
const text = (base64: string): string => gunzipSync(Buffer.from(base64, "base64")).toString();

describe.each([false, true])("a fleet, at a preview: %s", (preview) => {
  test("is what a launch template and a store of files need, and makes nothing", async () => {
    let fleet: MultiHomedFleet | undefined;
    const run = await runWithMocks(() => (fleet = make({ userData: "#!/bin/sh\ntrue\n" })), { preview });
    const of = fleet as unknown as MultiHomedFleet;
    const program = (await run.value(of.program)) as string;
    expect(program).toMatch(/^interface front slot \d+ mac %front\/mac$/m);
    const digest = createHash("sha256").update(program).digest("hex");
    expect(await run.value(of.programSha256)).toBe(digest);
    const userData = text((await run.value(of.userDataBase64)) as string);
    expect(bootHookOf(userData)).toContain(`URL='https://assets.example.com/${digest}.sh'`);
    expect(userData).toContain("#!/bin/sh\ntrue\n");
    expect(run.resources.map(({ type }) => type)).toEqual(["multihome:index:MultiHomedFleet"]);
  });

  test("has its program while its subnets are known, and its URL is not", async () => {
    let fleet: MultiHomedFleet | undefined;
    const run = await runWithMocks(() => (fleet = make({ programUrl: unknown() })), { preview: true });
    const of = fleet as unknown as MultiHomedFleet;
    expect(await run.value(of.program)).toContain("%front/mac");
    expect(await run.value(of.userDataBase64)).toBeUndefined();
  });

  test("keeps a secret of the user's own part", async () => {
    let fleet: MultiHomedFleet | undefined;
    await runWithMocks(() => (fleet = make({ userData: pulumi.secret("#!/bin/sh\n# s3cret\n") })), {
      preview,
    });
    expect(await pulumi.isSecret((fleet as unknown as MultiHomedFleet).userDataBase64)).toBe(true);
  });

  test("is refused with all that is wrong at once", async () => {
    const interfaces = [{ name: "front" }, { name: "back", subnetIds: ["sub"] }];
    const wrong = { interfaces, programUrl: "ftp://x", waitSeconds: 5, hostName: "9", url: "https://x" };
    const { issues } = await refused(() => make(wrong), { preview });
    expect(issues.sort()).toEqual([
      "hostName",
      "interfaces[0]",
      "interfaces[1].subnetIds[0]",
      "programUrl",
      "url",
      "waitSeconds",
    ]);
  });

  test("tells of a wrong URL without its text, which may be signed", async () => {
    const programUrl = "https://assets.example.com/{digest}.sh?X-Signature=s3cret";
    const { issues, message } = await refused(() => make({ programUrl }), { preview });
    expect(issues).toEqual(["programUrl"]);
    expect(message).toContain(
      `programUrl: got text (${programUrl.length} characters) with "{" in it. Give where`,
    );
    expect(message).not.toContain("s3cret");
  });

  test.each<[string, unknown]>([
    ["some ids", [unknown<string>(), "subnet-01234567"]],
    ["all ids", unknown<string[]>()],
  ])("is refused with what is known to be wrong while %s of subnets are not known", async (_, subnetIds) => {
    const interfaces = [
      { name: "front", deviceIndex: 0 },
      { name: "back", subnetIds: subnetIds as string[] },
    ];
    const { issues } = await refused(() => make({ interfaces, waitSeconds: 5 }), { preview: true });
    expect(issues).toEqual(["waitSeconds"]);
    await runWithMocks(() => make({ interfaces }), { preview: true });
  });

  test("is refused with the figure when EC2 would not take so much", async () => {
    const noise = Array.from({ length: 6000 }, (_, i) => ((i * 7919) % 65521).toString(36)).join("");
    const { issues, message } = await refused(() => make({ userData: `#!/bin/sh\n# ${noise}\n` }), {
      preview,
    });
    expect(issues).toEqual(["userData"]);
    expect(message).toMatch(/has \d{5} bytes, with ours in it and compressed\. EC2 takes 16384/);
  });
});
