import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { Command } from "commander";
import { inUserNamespace, privilege } from "./fabric";
import {
  Command as EngineCommand,
  engineEnvironment,
  hasCommandPlugin,
  isUp,
  labNamed,
  spawnInOperator,
  startLab,
  stopLab,
} from "./run";
import { labsDirectory, onPath } from "./run/paths";
import { summarize } from "./run/summary";

/** `npm run lab -- VERB [NAME]`: labs by hand. */
const program = new Command("lab")
  .enablePositionalOptions()
  .description("a cloud in network namespaces, for real `pulumi up` without an account");

program
  .command("up [name]")
  .description("bring a lab up, or back up as it was")
  .action(async (name = "lab") => {
    await startLab(name);
    say(`lab ${name} is up; npm run lab -- shell ${name}`);
  });

program
  .command("down [name]")
  .description("take a lab down with all it has, also what a crash left")
  .action(async (name = "lab") => {
    await stopLab(name);
    say(`lab ${name} is down`);
  });

program
  .command("status [name]")
  .description("what a lab's cloud has")
  .action((name = "lab") => {
    say(`lab ${name} is ${isUp(name) ? "up" : "down"}`);
    say(summarize(labNamed(name).cloud()));
  });

program
  .command("list")
  .description("the labs there are")
  .action(() => {
    const dir = labsDirectory();
    const names = existsSync(dir) ? readdirSync(dir).sort() : [];
    say(names.map((name) => `${name}\t${isUp(name) ? "up" : "down"}`).join("\n") || "no lab");
  });

program
  .command("shell [name] [command...]")
  .description(
    "a shell (or one command) on a lab's operator machine, where `pulumi` and `ssh` reach its instances",
  )
  .passThroughOptions()
  .action(async (name = "lab", command: string[] = []) => {
    if (!isUp(name)) await startLab(name);
    const env = { ...process.env, ...engineEnvironment(name, true) };
    if (!hasCommandPlugin())
      say("the lab serves the package `command` itself: no pulumi-resource-command on PATH");
    if (!onPath("pulumi-language-nodejs")) {
      say(
        "no pulumi-language-nodejs on PATH: run programs by `npm run lab -- run up PROGRAM` instead of `pulumi up`",
      );
    }
    const words = command[0] === "--" ? command.slice(1) : command;
    const argv = words.length > 0 ? words : [process.env.SHELL ?? "/bin/sh"];
    process.exitCode = await exitOf(spawnInOperator(name, argv, { env, stdio: "inherit" }));
  });

program
  .command("run <command> <program>")
  .description("pulumi up, preview, refresh or destroy of a program, inline (needs no language host)")
  .option("-l, --lab <name>", "the lab", "lab")
  .option("-s, --stack <name>", "the stack", "dev")
  .option("-c, --config <key=value...>", "configuration")
  .action(runVerb);

async function runVerb(
  command: string,
  path: string,
  options: { lab: string; stack: string; config?: string[] },
): Promise<void> {
  if (!["up", "preview", "refresh", "destroy"].includes(command)) {
    program.error(`command: got ${JSON.stringify(command)}; say up, preview, refresh or destroy`, {
      exitCode: 2,
    });
  }
  const pairs = (options.config ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  // By number: it may be a secret.
  const odd = pairs.flatMap(([key, value], i) => (key === "" || value === undefined ? [i + 1] : []));
  if (odd.length > 0) {
    program.error(`--config: of ${pairs.length}, number ${odd.join(", ")} is not key=value`, { exitCode: 2 });
  }
  const lab = isUp(options.lab) ? labNamed(options.lab) : await startLab(options.lab);
  const result = await lab.run({
    program: path,
    stackName: options.stack,
    command: command as EngineCommand,
    config: Object.fromEntries(pairs),
    onStep: ({ op, type, name, paths }) => say([op.padEnd(12), type, name, ...paths].join(" ")),
  });
  if (command === "preview") process.stdout.write(result.stdout);
  const counts = Object.entries(result.summary).map(([op, count]) => `${count} ${op}`);
  say(`${counts.join(", ")}; ${result.seconds.toFixed(1)} s`);
  for (const [name, value] of Object.entries(result.outputs)) {
    process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);
  }
}

async function exitOf(child: ReturnType<typeof spawnInOperator>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status) => resolve(status ?? 1));
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Without privilege everything happens in a user namespace of this process: a lab lives as long as that. */
function main(): void {
  const may = privilege();
  if (may.how === "no") program.error(`the lab cannot run here: ${may.reason}`, { exitCode: 1 });
  if (may.how === "userns" && !may.inside) {
    const [unshare, ...args] = inUserNamespace([
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ]);
    process.exitCode = spawnSync(unshare, args, { stdio: "inherit" }).status ?? 1;
    return;
  }
  program
    .enablePositionalOptions()
    .parseAsync()
    .catch((error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    });
}

main();
