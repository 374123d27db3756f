/**
 * A shared object for LD_PRELOAD whose setgroups(3) and initgroups(3) do nothing and succeed.
 *
 * sshd gives up supplementary groups before it trusts itself. In a user namespace that an unprivileged user has made,
 * setgroups(2) is denied for good (user_namespaces(7)), and sshd ends although there is but one group to have. No
 * option of sshd avoids that, and a compiler is not on every machine: so the object is written byte by byte. ELF-64,
 * little-endian, as elf(5) has it.
 */

/** What a function that returns 0 is in machine code, and the ELF number of the machine. */
const MACHINES: Partial<Record<NodeJS.Architecture, { machine: number; returnZero: number[] }>> = {
  // xor eax, eax; ret
  x64: { machine: 62, returnZero: [0x31, 0xc0, 0xc3] },
  // mov w0, #0; ret
  arm64: { machine: 183, returnZero: [0x00, 0x00, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6] },
};

/** Where the loader may write: the dynamic section, in pages of its own for every page size up to 64 KiB. */
const WRITABLE = 0x10000;

const FILE_HEADER = 64;
const PROGRAM_HEADER = 56;
const SYMBOL = 24;

/** @returns undefined for a machine it cannot be written for */
export function noGroupsObject(architecture: NodeJS.Architecture = process.arch): Buffer | undefined {
  const target = MACHINES[architecture];
  if (target === undefined) return undefined;
  const names = ["setgroups", "initgroups"];
  const strings = `\0${names.map((name) => `${name}\0`).join("")}`;

  const text = FILE_HEADER + 4 * PROGRAM_HEADER;
  const symbols = text + 16;
  const hash = symbols + (names.length + 1) * SYMBOL;
  const table = hash + 8 * 4;
  const dynamic = align(table + strings.length, 16);
  const entries: [tag: number, value: number][] = [
    [4, hash], // DT_HASH
    [5, table], // DT_STRTAB
    [6, symbols], // DT_SYMTAB
    [10, strings.length], // DT_STRSZ
    [11, SYMBOL], // DT_SYMENT
    [0, 0],
  ];
  const end = dynamic + entries.length * 16;
  const file = Buffer.alloc(end);

  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  put(file, 16, [2, 3], [2, target.machine], [4, 1], [8, 0], [8, FILE_HEADER], [8, 0]); // ET_DYN
  put(file, 48, [4, 0], [2, FILE_HEADER], [2, PROGRAM_HEADER], [2, 4]);
  const segment = (index: number, type: number, flags: number, start: number, base: number, size: number) =>
    put(
      file,
      FILE_HEADER + index * PROGRAM_HEADER,
      [4, type],
      [4, flags],
      [8, start],
      [8, base + start],
      [8, base + start],
      [8, size],
      [8, size],
      [8, type === 1 ? WRITABLE : 16],
    );
  segment(0, 1, 5, 0, 0, dynamic); // PT_LOAD, read and execute
  segment(1, 1, 6, dynamic, WRITABLE, end - dynamic); // PT_LOAD, read and write
  segment(2, 2, 6, dynamic, WRITABLE, end - dynamic); // PT_DYNAMIC
  segment(3, 0x6474e551, 6, 0, 0, 0); // PT_GNU_STACK: not executable

  file.set(target.returnZero, text);
  names.forEach((name, index) => {
    // A global function, defined here (any section index but 0).
    const at = symbols + (index + 1) * SYMBOL;
    put(
      file,
      at,
      [4, strings.indexOf(name)],
      [1, 0x12],
      [1, 0],
      [2, 1],
      [8, text],
      [8, target.returnZero.length],
    );
  });
  // One bucket that holds the chain 1, 2, end.
  put(file, hash, [4, 1], [4, 3], [4, 1], [4, 0], [4, 2], [4, 0]);
  file.write(strings, table, "latin1");
  entries.forEach(([tag, value], index) => put(file, dynamic + index * 16, [8, tag], [8, value]));
  return file;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Little-endian fields, one after the other. */
function put(file: Buffer, offset: number, ...fields: [width: 1 | 2 | 4 | 8, value: number][]): void {
  for (const [width, value] of fields) {
    if (width === 8) file.writeBigUInt64LE(BigInt(value), offset);
    else file.writeUIntLE(value, offset, width);
    offset += width;
  }
}
