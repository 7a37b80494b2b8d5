/**
 * The one place where text leaves for a screen or a pipe. Every line is escaped here, whoever wrote it: nothing that a
 * person or a peer typed can move a cursor, colour a screen or turn a line around. Colour comes after, by tone.
 */
import { createRequire } from 'node:module';
import { escapeControls } from '../base/index.ts';
import type { Output } from './surroundings.ts';

/** How a line is meant. A tone only underlines what the words say already. */
export type Tone = 'plain' | 'heading' | 'faint' | 'good' | 'bad' | 'warning';
export type Line = string | { readonly text: string; readonly tone: Tone };

type Colours = Readonly<Record<'bold' | 'dim' | 'green' | 'red' | 'yellow', (text: string) => string>>;
// A CommonJS package whose types say `export =`; made explicitly, because its own guess looks at the wrong stream.
const picocolors = createRequire(import.meta.url)('picocolors') as { createColors(enabled: boolean): Colours };

export class Printer {
  readonly #output: Output;
  readonly #colours: Colours;

  constructor(output: Output, coloured: boolean) {
    this.#output = output;
    this.#colours = picocolors.createColors(coloured);
  }

  /** Writes lines; resolves when the reader is ready for more. Never rejects: a reader that went is no error of ours. */
  print(lines: readonly Line[]): Promise<void> {
    return this.write(lines.map((line) => `${this.render(line)}\n`).join(''));
  }

  /** One line as it goes out, without its line feed. */
  render(line: Line): string {
    const { text, tone } = typeof line === 'string' ? { text: line, tone: 'plain' as const } : line;
    return this.#paint(escapeControls(text), tone);
  }

  /** Writes what is already safe: rendered lines, and JSON. */
  async write(text: string): Promise<void> {
    if (text === '' || this.#output.destroyed || this.#output.writableEnded) return;
    if (this.#output.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const name of ['drain', 'close', 'error'] as const) this.#output.off(name, done);
        resolve();
      };
      for (const name of ['drain', 'close', 'error'] as const) this.#output.on(name, done);
    });
  }

  #paint(text: string, tone: Tone): string {
    const { bold, dim, green, red, yellow } = this.#colours;
    if (tone === 'heading') return bold(text);
    if (tone === 'faint') return dim(text);
    if (tone === 'good') return green(text);
    if (tone === 'bad') return red(text);
    if (tone === 'warning') return yellow(text);
    return text.replace(/✓/g, green('✓')).replace(/✗/g, red('✗'));
  }
}
