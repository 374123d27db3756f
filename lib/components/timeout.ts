import { Draft, isKnown } from "../deliver/known";
import { Issue, shown } from "../model/issue";

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
