/**
 * The line being typed: node:readline, which can be closed for a form and opened again with its history. Two readers on
 * one input would hand a password that is typed into a form to the prompt as a command.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { Input, Output } from '../surroundings.ts';
import { mayRemember } from './remembered.ts';

export interface LinePromptPorts {
  readonly input: Input;
  readonly output: Output;
  complete(line: string): Promise<[string[], string]>;
  onLine(line: string): void;
  /** Ctrl+C, or the end of input. */
  onEnd(): void;
}

const mostRemembered = 500;

export class LinePrompt {
  readonly #ports: LinePromptPorts;
  #reader: Interface | null = null;
  #history: string[] = [];
  #text = '> ';

  constructor(ports: LinePromptPorts) {
    this.#ports = ports;
  }

  /** Shows the prompt, with what was typed ahead. `text` is safe to print. */
  show(text: string): void {
    this.#text = text;
    const reader = this.#open();
    reader.setPrompt(text);
    reader.prompt(true);
  }

  /** Prints finished lines above the line that is being typed, and draws that again. */
  above(lines: string): void {
    const reader = this.#reader;
    if (!reader) {
      this.#ports.output.write(lines);
      return;
    }
    const { output } = this.#ports;
    const { rows } = reader.getCursorPos();
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    output.write(lines);
    // Readline would go up as many rows as it drew last, over what was just printed.
    (reader as Interface & { prevRows?: number }).prevRows = 0;
    reader.setPrompt(this.#text);
    reader.prompt(true);
  }

  /** Lets go of the input; the history is kept. */
  close(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.close();
  }

  #open(): Interface {
    if (this.#reader) return this.#reader;
    const { input, output, complete, onLine, onEnd } = this.#ports;
    const reader = createInterface({
      input,
      output,
      terminal: true,
      history: [...this.#history],
      historySize: mostRemembered,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
        complete(line).then(
          (result) => done(null, result),
          () => done(null, [[], line]),
        );
      },
    });
    reader.on('history', (history: string[]) => {
      // The list is readline's own: what is taken out here is forgotten there.
      for (let at = history.length - 1; at >= 0; at--) if (!mayRemember(history[at]!)) history.splice(at, 1);
      this.#history = [...history];
    });
    reader.on('line', onLine);
    reader.on('SIGINT', onEnd);
    reader.on('close', () => {
      // Closed for a form, it is not the current one any more.
      if (this.#reader === reader) onEnd();
    });
    this.#reader = reader;
    return reader;
  }
}
