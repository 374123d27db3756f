import * as pulumi from "@pulumi/pulumi";
import { Draft, isKnown } from "../deliver/known";
import { Issue, shown } from "../model/issue";

/** Seconds that the program may take on a host, unless an argument says otherwise. */
export const DEFAULT_TIMEOUT = 300;

/** Seconds that the program may take on a host. */
export function timeoutIssues(seconds: Draft<number | undefined>): Issue[] {
  if (!isKnown(seconds) || (Number.isSafeInteger(seconds) && seconds >= 10 && seconds <= 3600)) return [];
  return [
    {
      path: "timeoutSeconds",
      problem: `got ${shown(seconds)}`,
      fix: "Give a whole number of seconds from 10 to 3600",
    },
  ];
}

/** Seconds in which a change must be confirmed, unless an argument says otherwise. */
export const DEFAULT_CONFIRM_WITHIN = 60;

/** Seconds in which a change must be confirmed. A plain number: it decides how the host is talked to, at every preview. */
export function confirmIssues(seconds: unknown): Issue[] {
  const fits = (n: unknown): boolean =>
    Number.isSafeInteger(n) && (n === 0 || (Number(n) >= 5 && Number(n) <= 3600));
  if (seconds === undefined || fits(seconds)) return [];
  const problem = pulumi.Output.isInstance(seconds) ? "is an output" : `got ${shown(seconds)}`;
  return [{ path: "confirmWithin", problem, fix: "Give a whole number of seconds from 5 to 3600, or 0" }];
}
