/** The tables of a Markdown page, so that tests can hold them against the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/source-tree.ts';

export interface Table {
  /** The heading that it stands under, without its number. */
  readonly section: string;
  readonly columns: readonly string[];
  /** Cells as they are read: without the marks of code. */
  readonly rows: readonly (readonly string[])[];
}

export function page(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function tablesOf(markdown: string): Table[] {
  const tables: { section: string; columns: string[]; rows: string[][] }[] = [];
  let section = '';
  let isInTable = false;
  let isInCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isInCode = !isInCode;
    if (isInCode) continue;
    const heading = /^#+ (?:\d+\. )?(.*)$/.exec(line);
    if (heading) section = heading[1]!;
    if (!line.startsWith('|')) {
      isInTable = false;
      continue;
    }
    const cells = cellsOf(line);
    if (!isInTable) tables.push({ section, columns: cells, rows: [] });
    else if (!/^[\s|:-]+$/.test(line)) tables.at(-1)!.rows.push(cells);
    isInTable = true;
  }
  return tables;
}

/** The code blocks of a page that are marked with a language. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1]!,
  );
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
