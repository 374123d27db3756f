import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { inUserNamespace, privilege, readCounters } from "../fabric";
import { ConfigValue, Lab, RunError, RunResult, isUp, startLab, stopLab } from "../run";
import { Agents, Flow, caughtBy, runMatrix } from "../traffic";
import { policyDiff } from "./policyDiff";
import { Scene, flowsOf, named, setScene } from "./scene";
import { added, bold, dim, during, flowTable, green, heading, red, say } from "./screen";

/**
 * The main job, shown: a host with two interfaces made by an ordinary Pulumi program, its flows tried, the policy
 * applied by `pulumi up`, and the flows tried again. Real engine, real packets, no cloud account.
 *
 *   npm run demo [-- --keep]
 */
const LAB = "demo";
const EXAMPLE = path.join(__dirname, "..", "..", "examples", "two-enis");
const NEIGHBOURS = path.join(__dirname, "neighbours");
/** One that the example's security group lets in. */
const PORT = 8080;

type Config = Record<string, ConfigValue>;

async function main(): Promise<number> {
  const unknown = process.argv.slice(2).filter((arg) => arg !== "--keep");
  if (unknown.length > 0) {
    process.stderr.write(`demo: got ${unknown.map((a) => JSON.stringify(a)).join(" ")}; known is --keep\n`);
    return 2;
  }
  const keep = process.argv.includes("--keep");
  say(bold("multihome: a host with two interfaces, before and after"));
  say(dim("Everything happens in network namespaces of this machine, and is removed at the end."));
  if (isUp(LAB)) await stopLab(LAB);
  const onSignal = (): void => void stopLab(LAB).finally(() => process.exit(130));
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await show(await during("cloud in network namespaces", () => startLab(LAB)), keep);
  } finally {
    if (!keep) await stopLab(LAB);
  }
}

async function show(lab: Lab, keep: boolean): Promise<number> {
  const bare = { ...exampleConfig(), routing: false };
  const routed = { ...bare, routing: true };

  heading("A host with two interfaces, without the policy");
  const host = await run(lab, "host", EXAMPLE, "up", bare);
  const neighbours = await run(lab, "neighbours", NEIGHBOURS, "up", neighbourConfig(host));
  const scene = await setScene(LAB, lab.cloud(), {
    host: String(host.outputs.instanceId),
    frontNeighbour: String(neighbours.outputs.front),
    backNeighbour: String(neighbours.outputs.back),
  });
  const agents = new Agents();
  try {
    heading("Its flows");
    const failing = await tryFlows(scene, agents);

    heading("What the policy will do: pulumi preview --diff");
    const preview = await run(lab, "host", EXAMPLE, "preview", routed);
    for (const line of policyDiff(preview.stdout)) say(`   ${added(line)}`);

    heading("The policy: pulumi up");
    const after = await run(lab, "host", EXAMPLE, "up", routed);

    heading("The same flows");
    const left = await tryFlows(scene, agents);

    heading("The host now");
    say(String(after.outputs.picture).replace(/^/gm, "   ").trimEnd());

    heading("Nothing changed: pulumi up again");
    const again = await run(lab, "host", EXAMPLE, "up", routed);

    if (keep) {
      say(`\nKept. Look around: npm run lab -- shell ${LAB}; remove it: npm run lab -- down ${LAB}`);
    } else {
      heading("All gone: pulumi destroy");
      await run(lab, "neighbours", NEIGHBOURS, "destroy", neighbourConfig(host));
      await run(lab, "host", EXAMPLE, "destroy", routed);
    }
    return conclude(failing, left, again.changes);
  } finally {
    await agents.close();
  }
}

function conclude(failing: number, left: number, changes: number): number {
  say();
  if (left > 0) say(red(`${left} flows still fail with the policy.`));
  else if (failing === 0) say(red("No flow failed without the policy: the lab shows nothing."));
  else if (changes > 0) say(red(`The second run changed ${changes} resources.`));
  else say(green(`Without the policy ${failing} flows failed; with it every flow works.`));
  return left === 0 && failing > 0 && changes === 0 ? 0 : 1;
}

/** An engine run that shows how far it is, and says in one line what it did. */
async function run(
  lab: Lab,
  stackName: string,
  program: string,
  command: "up" | "preview" | "destroy",
  config: Config,
): Promise<RunResult> {
  const title = `pulumi ${command} of ${path.basename(program)}`;
  const result = await during(title, (progress) => {
    const onOutput = (text: string): void => progress(text.trim().split("\n").pop() ?? "");
    return lab.run({ program, stackName, command, config, onOutput });
  });
  const counts = Object.entries(result.summary).filter(([, n]) => n > 0);
  say(dim(`   ${counts.map(([op, n]) => `${n} ${op}`).join(", ")}`));
  return result;
}

/** Tries every flow; says which fail, and which check of the cloud dropped their packets. Returns how many fail. */
async function tryFlows(scene: Scene, agents: Agents): Promise<number> {
  const flows = flowsOf(scene);
  const results = await during("trying every flow with TCP", () => runMatrix(flows, { agents, port: PORT }));
  const counters = await readCounters(LAB);
  const caught = (flow: Flow): string | undefined => named(scene, caughtBy(flow, counters));
  say(flowTable(results.map((r) => (r.ok ? r : { ...r, caught: caught(r.flow) }))));
  return results.filter((r) => !r.ok).length;
}

/** What the example asks of its user: a key pair, and a seed for the host's own key. */
function exampleConfig(): Config {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "multihome-demo-"));
  try {
    const file = path.join(dir, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", file], {
      stdio: "ignore",
    });
    return {
      publicKey: fs.readFileSync(`${file}.pub`, "utf8").trim(),
      privateKey: { secret: fs.readFileSync(file, "utf8") },
      hostKeySeed: { secret: path.basename(dir) },
      user: "root",
    };
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function neighbourConfig({ outputs }: RunResult): Config {
  const of = (name: string): string => String(outputs[name]);
  return {
    frontSubnet: of("frontSubnet"),
    backSubnet: of("backSubnet"),
    securityGroup: of("securityGroup"),
    ami: of("ami"),
  };
}

/** Runs the demo here, or as root of a user namespace where this user may not make network namespaces. */
async function start(): Promise<number> {
  const may = privilege();
  if (may.how === "no") {
    process.stderr.write(`demo: this machine cannot run the lab: ${may.reason}\n`);
    return 1;
  }
  if (may.how === "userns" && !may.inside) {
    const [program, ...args] = inUserNamespace([
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ]);
    try {
      execFileSync(program, args, { stdio: "inherit" });
      return 0;
    } catch (error) {
      return (error as { status?: number }).status ?? 1;
    }
  }
  return main();
}

start().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const said =
      error instanceof RunError ? `${error.message}\n${error.result.stderr}` : String((error as Error).stack);
    process.stderr.write(`demo: ${said}\n`);
    process.exitCode = 1;
  },
);
