import * as pulumi from "@pulumi/pulumi";
import { MockOptions, runWithMocks } from "../../lib/testing";

/** Runs a program of examples/ as it is. */
export async function runExample(name: string, config: Record<string, string>, options: MockOptions = {}) {
  let exported: Record<string, pulumi.Output<unknown>> = {};
  const run = await runWithMocks(
    () => {
      jest.isolateModules(() => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- a program runs when it is loaded
        exported = require(`../../examples/${name}`);
      });
    },
    { ...options, config },
  );
  return { run, exported };
}
