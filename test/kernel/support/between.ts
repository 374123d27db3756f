import * as fs from "node:fs";
import * as path from "node:path";
import { ProgramHost, Shell, which } from "./program";

/**
 * What somebody else does between two steps of a program: an `ip`, or another tool, of our own in front of the real one, under
 * any shell. From a method on until {@link end} it is there; its scripts are shell, in which $ip is the real one.
 */
export class Between {
  private readonly dir: string;
  private readonly plain: Shell;

  constructor(
    private readonly host: ProgramHost,
    private readonly tool: "ip" | "nft" = "ip",
  ) {
    this.dir = path.join(host.dir, "between");
    this.plain = host.shell;
  }

  /** Has every line that the program gives to ip done by itself, and `script` run after it, with "-4" or "-6" as $1. */
  eachLine(script: string): void {
    this.begin(`
case "$*" in -[46]' -batch -') ;; *) exec $ip "$@" ;; esac
cat >$dir/batch
while IFS= read -r line; do
  printf '%s\\n' "$line" | $ip "$1" -batch - || exit
  (${script}) >>$dir/log 2>&1 </dev/null
done <$dir/batch
exit 0`);
  }

  /** Has `script` run once, before the program starts the tool for the k-th time. */
  beforeStart(k: number, script: string): void {
    this.once("true", k, script);
  }

  /** The same, of the starts with arguments that match a pattern of the shell. */
  beforeCommand(pattern: string, script: string, k = 1): void {
    this.once(`case "$*" in ${pattern}) ;; *) false ;; esac`, k, script);
  }

  /** Has `script` run once, before the program starts the tool for the k-th time after its commit. */
  afterCommit(k: number, script: string): void {
    this.once(`! cmp -s ${this.host.stateDir}/committed $dir/committed`, k, script);
    const committed = path.join(this.host.stateDir, "committed");
    if (fs.existsSync(committed)) fs.copyFileSync(committed, path.join(this.dir, "committed"));
  }

  /** What the scripts have said, a line each. */
  end(): string[] {
    this.host.shell = this.plain;
    const said = fs.readFileSync(path.join(this.dir, "log"), "utf8");
    return said.split("\n").filter((line) => line.trim() !== "");
  }

  /** Whether the script of {@link beforeStart}, {@link beforeCommand} or {@link afterCommit} has run. */
  get met(): boolean {
    return fs.existsSync(path.join(this.dir, "met"));
  }

  /** The tool itself. */
  get file(): string {
    return path.join(this.dir, "bin", this.tool);
  }

  private once(condition: string, k: number, script: string): void {
    this.begin(`
if [ ! -e $dir/met ] && ${condition}; then
  printf x >>$dir/starts
  read -r starts <$dir/starts
  [ \${#starts} != ${k} ] || (
    : >$dir/met
    ${script}
  ) >>$dir/log 2>&1 </dev/null
fi
exec $tool "$@"`);
  }

  private begin(body: string): void {
    fs.rmSync(this.dir, { recursive: true, force: true });
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.writeFileSync(path.join(this.dir, "log"), "");
    const real = `tool=${which(this.tool)} ip=${which("ip")} dir=${this.dir}`;
    fs.writeFileSync(this.file, `#!/bin/sh\n${real}${body}\n`, { mode: 0o755 });
    const { name, argv } = this.plain;
    const bin = path.dirname(this.file);
    // busybox has a path of its own.
    const own = argv.some((word) => word.startsWith("PATH="));
    this.host.shell = {
      name,
      argv: own
        ? argv.map((word) => word.replace(/^PATH=/, `PATH=${bin}:`))
        : ["env", `PATH=${bin}:${process.env.PATH}`, ...argv],
    };
  }
}
