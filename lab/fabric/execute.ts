import { Runner, inNamespace } from "./run";
import { STAGES, Step } from "./steps";

/** Runs steps: the stages one after the other, the steps of a stage side by side. */

/** More at once only wait for each other: the kernel makes most such changes one at a time. */
const AT_ONCE = 4;

/** What `ip` says when an object is there already, or there no more. */
const ALREADY = [
  "File exists",
  "No such process",
  "No such file or directory",
  "No such device",
  "Cannot find device",
  "Cannot assign requested address",
];

export async function execute(steps: readonly Step[], runner: Runner): Promise<void> {
  for (const stage of STAGES) {
    const waiting = steps.filter((step) => step.stage === stage);
    const failures: unknown[] = [];
    const worker = async () => {
      for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
        await runStep(step, runner).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (failures.length > 0)
      throw new Error(failures.map((failure) => (failure as Error).message).join("\n"));
  }
}

async function runStep(step: Step, runner: Runner): Promise<void> {
  const argv = command(step);
  const { status, stderr } = await runner.run(argv, step.lines.join("\n") + "\n");
  if (status === 0) return;
  const complaints = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("Command failed"));
  if (step.tolerant && complaints.every((line) => ALREADY.some((text) => line.includes(text)))) return;
  throw new Error(`${argv.join(" ")}: exit status ${status}\n${stderr}${numbered(step.lines)}`);
}

function command({ tool, namespace, tolerant }: Step): string[] {
  switch (tool) {
    case "nft":
      return inNamespace(namespace!, ["nft", "-f", "-"]);
    case "sysctl":
      return inNamespace(namespace!, ["sh", "-c", WRITE_SETTINGS]);
    default: {
      const [ip, ...family] = tool.split(" ");
      const where = namespace === undefined ? [] : ["-n", namespace];
      return [ip, ...where, ...family, ...(tolerant ? ["-force"] : []), "-batch", "-"];
    }
  }
}

/** Reads "PATH VALUE" lines; /proc/sys/net shows the namespace of who opens it. */
const WRITE_SETTINGS = `while read -r path value; do
  printf '%s\\n' "$value" > "/proc/sys/$path" || exit 1
done`;

function numbered(lines: readonly string[]): string {
  const shown = lines.slice(0, 200).map((line, index) => `  ${index + 1}: ${line}`);
  return shown.join("\n");
}
