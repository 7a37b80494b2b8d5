/** The source tree as text, for the house rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const root = rootAbove(import.meta.dirname);

/** The folder of the package: programs in `test` run from a compiled copy, which lies deeper. */
function rootAbove(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(dirname(folder));
}

export interface SourceFile {
  /** From the root of the repository, such as src/ledger/block.ts. */
  readonly path: string;
  /** The folder below src; empty for a file right in it. */
  readonly room: string;
  readonly text: string;
  /** Imports as written, types included. */
  readonly imports: readonly string[];
}

export function sourceFiles(folder = 'src'): SourceFile[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return names.map((name) => {
    const path = join(folder, name);
    const text = readFileSync(join(root, path), 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
    return { path, room: name.includes('/') ? name.split('/')[0]! : '', text, imports };
  });
}

/** The file that a relative import names, from the root of the repository. */
export function resolveImport(file: SourceFile, specifier: string): string {
  return relative(root, resolve(root, dirname(file.path), specifier));
}
