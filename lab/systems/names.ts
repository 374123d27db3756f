/**
 * Every name of the lab of real systems. All begin with a prefix and the id of the process that made them, so that runs
 * side by side do not meet, and what a killed run has left is known by its name alone.
 */

const PREFIX = "sys";

/** A namespace, a machine and a control group of this name belong together: "sys-4711-edge". */
export function labName(name: string, pid = process.pid): string {
  if (!/^[a-z][a-z0-9]{0,7}$/.test(name)) {
    throw new Error(`got the name ${JSON.stringify(name)}; allowed are 1 to 8 small letters and digits`);
  }
  return `${PREFIX}-${pid}-${name}`;
}

/** Which process made what has this name; undefined for what is not ours. */
export function makerOf(name: string): number | undefined {
  const pid = new RegExp(`^${PREFIX}-([0-9]+)-[a-z][a-z0-9]{0,7}$`).exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The link-layer address of a network interface, which is what it is known by everywhere. */
export function macOf(guestIndex: number, nicIndex: number): string {
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  return `02:5e:00:00:${hex(guestIndex)}:${hex(nicIndex)}`;
}
