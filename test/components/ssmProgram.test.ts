import { InternetGateway } from "@pulumi/aws/ec2/internetGateway";
import * as pulumi from "@pulumi/pulumi";
import { MultiHomedFleet, MultiHomedHost, SsmProgram, SsmProgramArgs } from "../../lib";
import { MockRun, hostArgs, network, refused, runWithMocks, unknown } from "./support";

const DOCUMENT = "aws:ssm/document:Document";
const ASSOCIATION = "aws:ssm/association:Association";
const PROGRAM = "#!/bin/sh\ntrue\n";
const make =
  (more: Partial<SsmProgramArgs> = {}) =>
  () =>
    new SsmProgram("ssm", { program: PROGRAM, instanceIds: ["i-0123456789abcdef0"], ...more });
const contentOf = (run: MockRun<unknown>): string => run.only(DOCUMENT).inputs.content;

describe.each([false, true])("a program by SSM, at a preview: %s", (preview) => {
  const options = { preview, outputs: { [DOCUMENT]: { latestVersion: "3" } } };

  test("is a document and an association that has it run, each time it changes, and waits for that", async () => {
    const run = await runWithMocks(make({ scheduleExpression: "rate(1 day)" }), options);
    expect(run.only(DOCUMENT).inputs).toMatchObject({ documentType: "Command", documentFormat: "JSON" });
    expect(contentOf(run)).toContain('sh \\"$file\\" apply --json');
    expect(run.only(ASSOCIATION).inputs).toMatchObject({
      documentVersion: "3",
      targets: [{ key: "InstanceIds", values: ["i-0123456789abcdef0"] }],
      scheduleExpression: "rate(1 day)",
      waitForSuccessTimeoutSeconds: 600,
    });
  });

  test("is of the host that it comes to, which nobody has to log in to", async () => {
    const run = await runWithMocks(() => {
      const host = new MultiHomedHost("edge", hostArgs(network(), { routing: false, connection: undefined }));
      new SsmProgram("edge", { program: host.program, instanceIds: [host.instanceId] });
    }, options);
    expect(run.ofType("command:remote:Command")).toEqual([]);
    expect(contentOf(run).length).toBeGreaterThan(20_000);
    expect(contentOf(run).length).toBeLessThan(40_000);
  });

  test("is of a fleet, by its tags, as the script that completes the plan", async () => {
    const run = await runWithMocks(() => {
      const interfaces = [{ name: "front", deviceIndex: 0 }];
      const fleet = new MultiHomedFleet("web", { interfaces, programUrl: "file:///opt/program.sh" });
      new SsmProgram("web", {
        program: fleet.script,
        tags: { "aws:autoscaling:groupName": "web", Env: "test" },
        instanceIds: undefined,
        waitForSuccessSeconds: 0,
      });
    }, options);
    expect(run.only(ASSOCIATION).inputs.targets).toEqual([
      { key: "tag:Env", values: ["test"] },
      { key: "tag:aws:autoscaling:groupName", values: ["web"] },
    ]);
    expect(run.only(ASSOCIATION).inputs.waitForSuccessTimeoutSeconds).toBeUndefined();
  });

  test.each<[string, Partial<SsmProgramArgs>, string[], RegExp]>([
    ["nobody to run it", { instanceIds: undefined }, [""], /nothing says which instances get it/],
    ["both ways to say who", { tags: { a: "b" } }, ["tags"], /together with instanceIds/],
    ["an id for a list", { instanceIds: "i-0123456789abcdef0" as never }, ["instanceIds"], /Give a list/],
    ["tags that are none", { instanceIds: undefined, tags: null as never }, ["tags"], /Give an object/],
    ["a time that is none", { scheduleExpression: "daily" }, ["scheduleExpression"], /rate\(1 day\)/],
    ["a field that there is not", { timeout: 60 } as never, ["timeout"], /unknown field/],
    ["an empty list", { instanceIds: [] }, ["instanceIds"], /got 0/],
    ["more tags than SSM takes", { instanceIds: undefined, tags: { a: "", b: "", c: "", d: "", e: "", f: "" } }, ["tags"], /Give 1 to 5/],
    ["times that are none, and no program", { timeoutSeconds: 5, waitForSuccessSeconds: -1, program: "x" }, ["timeoutSeconds", "waitForSuccessSeconds", "program"], /got "x"/],
    ["ids that are none, each by its place", { instanceIds: ["i-0123456789abcdef0", "edge-1", "i-0123", "I-01234567", "mi-0123456789abcdef0", "*", ""] }, [1, 2, 3, 4, 5, 6].map((i) => `instanceIds[${i}]`), /instanceIds\[2\]: got "i-0123"\. Give the id of an EC2 instance, as "i-0123456789abcdef0"/],
    ["an id that is no text, beside all else that is wrong", { instanceIds: [7 as never], scheduleExpression: "rate(1 week)", region: "eu-west-1a" }, ["instanceIds[0]", "scheduleExpression", "region"], /got 7\. .*got "rate\(1 week\)"\. .*got "eu-west-1a"\. Give the name of a region/s],
    ["what both ways hold, beside that both are given", { instanceIds: ["x"], tags: { a: 1 as never } }, ["tags", "instanceIds[0]", "tags.a"], /together with instanceIds/],
    ["tags that no instance can have", { instanceIds: undefined, tags: { "": "a", "a;b": "b", c: "d\n", "e f": "x".repeat(257) } }, ["tags", "tags", "tags.c", 'tags["e f"]'], /got the key "a;b"/],
    ["a cron expression cut off", { scheduleExpression: "cron(0 4 * *)" }, ["scheduleExpression"], /cron\(0 4 \* \* \? \*\)/],
    ["the program of a fleet", { program: "#!/bin/sh\nPLAN='plan 1 web\ninterface a slot 1 mac %a/mac\nend'\n" }, ["program"], /Give the fleet's script/],
  ])("is refused with %s", async (_, more, paths, message) => {
    const refusal = await refused(make(more), { preview });
    expect(refusal.issues).toEqual(paths);
    expect(refusal.message).toMatch(message);
  }); // prettier-ignore

  test("is refused with the figure when SSM would not take so much, also when it is an output", async () => {
    const noise = Array.from({ length: 25_000 }, (_, i) => ((i * 7919) % 65521).toString(36)).join("");
    const program = pulumi.output(`#!/bin/sh\n# ${noise}\n`);
    const { issues, message } = await refused(make({ program }), { preview });
    expect(issues).toEqual(["program"]);
    expect(message).toMatch(
      /makes a document of \d{5,6} bytes, with the program compressed in it\. SSM takes 65536/,
    );
  });
});

test.each([
  "rate(30 minutes)",
  "rate(1 day)",
  "cron(0 4 * * ? *)",
  "cron(0 2 ? * SUN#2 *)",
  "at(2027-01-31T04:00:00)",
])("a program by SSM is run by %s", async (scheduleExpression) => {
  const run = await runWithMocks(make({ scheduleExpression, region: "us-gov-west-1" }));
  expect(run.only(ASSOCIATION).inputs).toMatchObject({ scheduleExpression, region: "us-gov-west-1" });
});

test("a program by SSM is refused for an id that turns out to be none, with all else, before anything is made", async () => {
  // What a provider says is taken for an id; a user's mocks say what they like.
  const instanceIds = [pulumi.output("web_id"), pulumi.output(""), unknown<string>()];
  const { issues, registered } = await refused(make({ instanceIds, region: pulumi.output("here") }), {
    preview: true,
  });
  expect(issues).toEqual(["instanceIds[1]", "region"]);
  expect(registered).toEqual([]);
});

test.each(["edge host", "aws-edge", "x".repeat(101)])(
  "a program by SSM is refused for the name %p, by which no document can be called",
  async (name) => {
    const { issues, message } = await refused(
      () => new SsmProgram(name, { program: PROGRAM, instanceIds: ["i-01234567"] }),
    );
    expect(issues).toEqual([""]);
    expect(message).toMatch(/after which the document is called\. Call the component by 1 to 100 of/);
  },
);

test("a program by SSM waits for what it depends on, and goes with what it is deleted with", async () => {
  const run = await runWithMocks(() => {
    const profile = new InternetGateway("gate");
    new SsmProgram(
      "ssm",
      { program: PROGRAM, instanceIds: ["i-01234567"] },
      { dependsOn: profile, deletedWith: profile },
    );
  });
  const { urn } = run.only("aws:ec2/internetGateway:InternetGateway");
  for (const type of [DOCUMENT, ASSOCIATION]) {
    const { dependencies, deletedWith } = run.only(type).options;
    expect(dependencies).toContain(urn);
    expect(deletedWith).toBe(urn);
  }
});

test("a program by SSM is previewed while its program is not known", async () => {
  const run = await runWithMocks(make({ program: unknown() }), { preview: true });
  expect(run.ofType(DOCUMENT)).toHaveLength(1);
});
