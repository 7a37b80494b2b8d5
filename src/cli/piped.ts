/**
 * Piped mode: lines in, one answer each, in their order, one command at a time. stdout carries answers and events only.
 * Events are held back while a command runs, so that its own event follows its answer. Input is read no faster than it
 * is answered, and ends like `exit`.
 */
import { type ActionContext, failure, type Outcome } from '../actions/index.ts';
import { type Answer, answerJson, answerTo, jsonLine } from './answer.ts';
import { type ByteLine, ByteLines } from './byte-lines.ts';
import type { EdgeEvent } from './events.ts';
import { formatAnswer } from './format/index.ts';
import type { Printer } from './printer.ts';
import { readLine } from './request.ts';
import { runRequest } from './run-request.ts';
import type { Input } from './surroundings.ts';
import { untilStopped } from './until-stopped.ts';
import { isComment } from './words.ts';

export interface PipedPorts {
  readonly input: Input;
  readonly printer: Printer;
  readonly json: boolean;
  readonly context: ActionContext;
  /** Resolves when the node is told to stop: a signal, or a reader that went. */
  readonly stopped: Promise<void>;
}

export class Piped {
  readonly #ports: PipedPorts;
  #busy = false;
  readonly #held: EdgeEvent[] = [];
  #printed: Promise<void> = Promise.resolve();

  constructor(ports: PipedPorts) {
    this.#ports = ports;
  }

  /** Tells an event: at once where no command runs, after its answer where one does. */
  tell(event: EdgeEvent): void {
    if (this.#busy) this.#held.push(event);
    else this.#print(event);
  }

  /** Answers every line until `exit`, the end of input, or a stop. The node must be ready. */
  async serve(): Promise<void> {
    const lines = readLines(this.#ports.input)[Symbol.asyncIterator]();
    const orStop = untilStopped(this.#ports.stopped);
    for (;;) {
      const next = await orStop(nextLine(lines));
      if (next === null || next.done) break;
      if (next.value.problem === null && isComment(next.value.text)) continue;
      this.#busy = true;
      const exits = await orStop(this.#answer(next.value));
      this.#busy = false;
      for (const event of this.#held.splice(0)) this.#print(event);
      // A reader that is slow slows the commands down, instead of filling the memory.
      await orStop(this.#printed);
      if (exits !== false) break;
    }
    this.#ports.input.destroy();
  }

  /** Resolves when all that was told is written. */
  flushed(): Promise<void> {
    return this.#printed;
  }

  /** @returns whether it was `exit`. */
  async #answer(line: ByteLine): Promise<boolean> {
    const { context } = this.#ports;
    if (line.problem !== null) {
      this.#printAnswer(answerTo(null, line.number, whyUnreadable(line.problem)));
      return false;
    }
    const { command, request } = readLine(line.text);
    const outcome = request.ok ? await runRequest(request.result, context) : request;
    this.#printAnswer(answerTo(command, line.number, outcome));
    return request.ok && request.result.kind === 'exit';
  }

  #printAnswer(answer: Answer): void {
    const { printer, json } = this.#ports;
    if (json) this.#printed = printer.write(`${answerJson(answer)}\n`);
    else this.#printed = printer.print(formatAnswer(answer));
  }

  #print({ json, line }: EdgeEvent): void {
    const { printer } = this.#ports;
    if (this.#ports.json) this.#printed = printer.write(`${jsonLine(json)}\n`);
    else if (line !== null) this.#printed = printer.print([line]);
  }
}

function whyUnreadable(problem: 'line-too-long' | 'not-utf-8'): Outcome<never> {
  if (problem === 'line-too-long') return failure('line-too-long');
  return failure('bad-line', { what: 'The line is not UTF-8.' });
}

async function* readLines(input: Input): AsyncGenerator<ByteLine> {
  const lines = new ByteLines();
  for await (const chunk of input)
    yield* lines.push(typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array));
  yield* lines.end();
}

/** An input that fails has ended. */
function nextLine(lines: AsyncIterator<ByteLine>): Promise<IteratorResult<ByteLine>> {
  return lines.next().catch(() => ({ done: true, value: undefined }));
}
