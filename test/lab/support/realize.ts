/**
 * Realizes a cloud in a process of its own, which may be told to die over it.
 *
 * usage: realize.ts CLOUD.json LAB_DIR [DIE_AT]   kills itself when it has started that many commands
 */
import * as fs from "node:fs";
import { CloudState } from "../../../lab/cloud/state";
import { realize } from "../../../lab/fabric";

const [file, labDir, dieAt] = process.argv.slice(2);
let commands = 0;
const onCommand = () => {
  // Whatever the command is, it goes on alone.
  if (++commands === Number(dieAt)) setImmediate(() => process.kill(process.pid, "SIGKILL"));
};

realize(JSON.parse(fs.readFileSync(file, "utf8")) as CloudState, { labDir, onCommand }).then(
  (realized) => process.stdout.write(JSON.stringify(realized)),
  (error: Error) => {
    process.stderr.write(error.message);
    process.exitCode = 1;
  },
);
