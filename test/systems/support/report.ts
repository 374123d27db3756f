/** A table of what was measured, printed when a file of tests has run. */
export class Report {
  private readonly rows: string[][] = [];

  /** @param columns above the cells */
  constructor(
    private readonly title: string,
    private readonly columns: readonly string[] = ["host", "event", "longest gap", "leaked", "lost flows"],
  ) {}

  add(cells: readonly string[]): void {
    this.rows.push([...cells]);
    process.stderr.write(`${cells.filter((cell) => cell !== "").join(": ")}\n`);
  }

  print(): void {
    const all = [[...this.columns], ...this.rows];
    const widths = this.columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
    const lines = all.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    );
    process.stderr.write(`\n${this.title}\n${lines.join("\n")}\n\n`);
  }
}
