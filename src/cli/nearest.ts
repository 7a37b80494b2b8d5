/** The name that somebody probably meant. */
export function nearest(typed: string, names: readonly string[]): string | null {
  const begun = names.filter((name) => typed.length >= 2 && name.startsWith(typed));
  if (begun.length === 1) return begun[0]!;
  const most = typed.length < 5 ? 1 : 2;
  let best: { name: string; distance: number } | null = null;
  for (const name of names) {
    // A long word is no slip of the finger, and comparing it would cost.
    if (Math.abs(name.length - typed.length) > most) continue;
    const distance = editDistance(typed, name);
    if (distance <= most && (!best || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? null;
}

/** Insertions, deletions, substitutions and swaps of neighbours that make `left` into `right`. */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row++) {
    const cells = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const above = rows[row - 1]!;
      let cost = Math.min(above[column]! + 1, cells[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, rows[row - 2]![column - 2]! + 1);
      cells.push(cost);
    }
    rows.push(cells);
  }
  return rows.at(-1)!.at(-1)!;
}
