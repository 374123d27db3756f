import { Served, serve } from "../rpc/server";
import { Engine } from "./engine";
import { hasCommandPlugin } from "./environment";
import type { Answer, Request } from "./program";
import { providers } from "./providers";

/**
 * The process on the operator machine that holds program and providers and starts the engine. It serves one run after
 * the other, so that the SDK is loaded once; the program and everything of this repository is loaded afresh each time.
 * Providers in this process spare the engine two more.
 *
 *     node --require tsx/cjs host.ts LAB     requests and answers by IPC
 */
async function main(lab: string): Promise<void> {
  const served = await serveProviders(lab);
  process.env.PULUMI_DEBUG_PROVIDERS = Object.entries(served)
    .map(([name, { port }]) => `${name}:${port}`)
    .join();
  const engine = new Engine();
  const say = (answer: Answer) => process.send!(answer);
  process.on("message", (request: Request) => {
    engine.run(request, say).then(say, (error: Error) => say({ broken: error.stack ?? String(error) }));
  });
}

/** The real command provider is used where it is on PATH. */
async function serveProviders(lab: string): Promise<Record<string, Served>> {
  const { aws, command } = providers(lab);
  return hasCommandPlugin()
    ? { aws: await serve(aws) }
    : { aws: await serve(aws), command: await serve(command) };
}

process.on("disconnect", () => process.exit(0));
main(process.argv[2]).catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error}\n`);
  process.exit(1);
});
