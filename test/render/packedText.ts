import { gunzipSync } from "node:zlib";

/** The plain form of a packed program, by other means than the shell's. */
export function unpacked(text: string): string {
  const [, plan, body, rest] =
    /^([^]*?\n)MULTIHOME\nbase64 -d <<'MULTIHOME' \| gunzip -c\n([A-Za-z0-9+/=\n]*)MULTIHOME\n\}\n\{\n[^]*\n\}\neval "\$self"\n([^]*)$/.exec(
      text,
    ) ?? [];
  if (body === undefined) throw new Error("the program is not packed");
  const plain = gunzipSync(Buffer.from(body, "base64")).toString("utf8");
  return `${plan}${plain}\nMULTIHOME\n}\nself=$(program) && eval "$self"\n${rest}`;
}

/** The lines of the plan in a program. */
export function planLines(text: string): string[] {
  return (/^PLAN='([^']*)'$/m.exec(text)?.[1] ?? "").split("\n");
}
