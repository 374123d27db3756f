import { DEFAULT_NUMBERS, Numbers, PRIORITY_WINDOW, TABLE_WINDOW } from "../../model/numbers";
import { Problems, at } from "./problems";
import { readInteger, readObject } from "./shape";

/** First priority of the kernel's own main rule; ours must all come before it. */
const MAIN_PRIORITY = 32766;
/** Those below are of what holds sources back when ours are gone: see lib/render/program/backstop.awk. */
const FIRST_FREE_PRIORITY = 3;
/** Tables below this are the kernel's or traditional (default 253, main 254, local 255). */
const FIRST_FREE_TABLE = 256;
const LAST_TABLE = 2 ** 32 - 1;
/** Protocols that others use: /usr/include/linux/rtnetlink.h, RTPROT_*. */
const KNOWN_PROTOCOLS: Readonly<Record<number, string>> = {
  0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra",
  12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 17: "mrouted", 18: "keepalived", 42: "babel",
  99: "openr", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
}; // prettier-ignore

const RANGES: Readonly<Record<keyof Numbers, readonly [number, number]>> = {
  protocol: [0, 255],
  group: [1, 2 ** 31 - 1],
  tableBase: [FIRST_FREE_TABLE, LAST_TABLE - TABLE_WINDOW + 1],
  priorityBase: [FIRST_FREE_PRIORITY, MAIN_PRIORITY - PRIORITY_WINDOW],
  canaryMark: [1, 2 ** 32 - 1],
};

export function readNumbers(value: unknown, path: string, problems: Problems): Numbers {
  if (value === undefined) return DEFAULT_NUMBERS;
  const keys = Object.keys(DEFAULT_NUMBERS) as (keyof Numbers)[];
  const fields = readObject(value, path, problems, keys);
  if (fields === undefined) return DEFAULT_NUMBERS;
  const numbers = { ...DEFAULT_NUMBERS };
  for (const key of keys) {
    if (fields[key] === undefined) continue;
    const number = readInteger(fields[key], at(path, key), problems, RANGES[key]);
    if (number !== undefined) numbers[key] = number;
  }
  const owner = KNOWN_PROTOCOLS[numbers.protocol];
  if (owner !== undefined) {
    problems.add(
      at(path, "protocol"),
      `protocol ${numbers.protocol} is ${owner}'s`,
      "Choose a number that nobody on the host uses, as 77",
    );
  }
  if (!Number.isInteger(Math.log2(numbers.canaryMark))) {
    problems.add(
      at(path, "canaryMark"),
      `got ${numbers.canaryMark}, which is not a single bit`,
      "Give a power of two that no other program marks packets with",
    );
  }
  return numbers;
}
