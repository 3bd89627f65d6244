/** What stands in a pasted column: the MACs, and the lines that are none. */
export interface PastedMACs {
  macs: string[];
  /** Numbers of lines, 1 first. */
  wrong: number[];
}

/** Reads what was pasted: one MAC per line, or several parted by commas, semicolons, tabs or blanks; empty lines are passed over. */
export function readMACs(text: string): PastedMACs {
  const macs: string[] = [];
  const wrong: number[] = [];
  text.split(/\r\n|\r|\n/).forEach((line, i) => {
    const parts = line.split(/[,;\s]+/).filter(Boolean);
    const plain = parts.map((p) => p.replace(/[:.-]/g, "").toUpperCase());
    if (plain.every((p) => /^[0-9A-F]{12}$/.test(p) && p !== "000000000000")) macs.push(...plain);
    else wrong.push(i + 1);
  });
  return { macs, wrong };
}
