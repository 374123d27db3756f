import { realize } from "../fabric";
import { awsProvider } from "../aws/provider";
import { Cloud } from "../aws/cloud";
import { CloudStore } from "../cloud/store";
import { commandProvider } from "../command/provider";
import { Served, serve } from "../rpc/server";
import { runEngine } from "./engine";
import { hasCommandPlugin } from "./environment";
import { labDirectory, labsDirectory } from "./paths";
import type { Answer, Request } from "./program";

/**
 * The process of one run, on the operator machine: it holds the program and the lab's providers, and starts the
 * engine. Providers in this process spare the engine two more, and the machine two more loads of the SDK.
 */
process.once("message", (request: Request) => {
  const say = (answer: Answer) => new Promise((sent) => process.send!(answer, sent));
  run(request, say).then(
    () => process.exit(0),
    (error: Error) => {
      process.stderr.write(`${error.stack ?? error}\n`);
      process.exit(1);
    },
  );
});

async function run(request: Request, say: (answer: Answer) => Promise<unknown>): Promise<void> {
  const served = await serveProviders(request.lab);
  process.env.PULUMI_DEBUG_PROVIDERS = Object.entries(served)
    .map(([name, { port }]) => `${name}:${port}`)
    .join();
  const { result, error } = await runEngine(request, (output) => void say({ output }));
  await say({ result, error });
}

async function serveProviders(lab: string): Promise<Record<string, Served>> {
  const cloud = new Cloud(new CloudStore(lab, labDirectory(lab)), {
    realize: (state) => realize(state, { labDir: labsDirectory() }),
  });
  const aws = await serve(awsProvider(cloud));
  if (hasCommandPlugin()) return { aws };
  return { aws, command: await serve(commandProvider) };
}
