import * as fs from "node:fs";
import * as path from "node:path";
import { Plan } from "../../model/plan";
import { condense, renderProgram } from "../program";

/** The line by which cloud-init knows a script that it runs at every boot, as early as it can. */
const BOOTHOOK = "#cloud-boothook";

/**
 * User data for cloud-init that puts a plan on a machine when it first starts, before its services do. Later boots
 * put back what is committed then.
 *
 * The short form of the program: about 43 kB of text, 15.5 kB compressed; clouds that limit user data (EC2: 16 kB) take it
 * compressed by gzip, and cloud-init unpacks it.
 *
 * @example renderCloudInit(planHost(spec)) // "#cloud-boothook\n#!/bin/sh\n…"
 */
export function renderCloudInit(plan: Plan): string {
  return bootHook(
    ["deliver() {", `cat <<'${END}'`, renderProgram(plan, { short: true }).trimEnd(), END, "}"].join("\n"),
  );
}

const END = "MULTIHOME_FIRST_BOOT";

/** @param deliver the shell function of that name, which prints the program, and what it needs */
export function bootHook(deliver: string): string {
  const script = condense(fs.readFileSync(path.join(__dirname, "firstBoot.sh"), "utf8"));
  // A text that is cut off defines a function at most.
  return `${BOOTHOOK}\n#!/bin/sh\n${deliver}\n{\n${script}\n}\n`;
}
