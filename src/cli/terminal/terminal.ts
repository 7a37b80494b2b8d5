/** The prompt: one line at a time, forms for what a line left out, and events above the line that is being typed. */
import {
  type Action,
  type ActionContext,
  failure,
  findAction,
  type Outcome,
  patientName,
  type RawInput,
  runAction,
} from '../../actions/index.ts';
import { answerTo } from '../answer.ts';
import type { EdgeEvent } from '../events.ts';
import { formatAnswer, formatError } from '../format/index.ts';
import type { Line, Printer } from '../printer.ts';
import { promptText } from '../prompt-text.ts';
import { type Request, readLine } from '../request.ts';
import { runRequest } from '../run-request.ts';
import type { Input, Output } from '../surroundings.ts';
import { type UntilStopped, untilStopped } from '../until-stopped.ts';
import { isComment } from '../words.ts';
import { type Asker, createAsker, FormCancelled } from './asker.ts';
import { whyNotNow } from './before-form.ts';
import { complete } from './complete.ts';
import { type Filled, fillForm, needsForm } from './form.ts';
import { LinePrompt } from './line-prompt.ts';
import { saidOnce } from './said-once.ts';

export interface TerminalPorts {
  readonly input: Input;
  readonly output: Output;
  readonly printer: Printer;
  readonly context: ActionContext;
  readonly stopped: Promise<void>;
}

export class Terminal {
  readonly #ports: TerminalPorts;
  readonly #prompt: LinePrompt;
  readonly #leaving = new AbortController();
  readonly #orLeave: UntilStopped;
  /** Typed ahead, while a command ran. */
  #lines: string[] = [];
  #wake: () => void = () => {};
  /** At the prompt, with nothing running: events go above the line. */
  #idle = false;
  readonly #held: EdgeEvent[] = [];
  #asker: Asker | null = null;

  constructor(ports: TerminalPorts) {
    this.#ports = ports;
    const { input, output, context } = ports;
    this.#prompt = new LinePrompt({
      input,
      output,
      complete: (line) => complete(line, context),
      onLine: (line) => {
        this.#lines.push(line);
        this.#wake();
      },
      onEnd: () => this.#leave(),
    });
    void ports.stopped.then(() => this.#leave());
    this.#orLeave = untilStopped(this.#left());
  }

  /** Above the line that is typed; after the answer, where a command runs; after the form, where one is open. */
  tell(event: EdgeEvent): void {
    if (!this.#idle) this.#held.push(event);
    else if (event.line !== null) this.#prompt.above(`${this.#ports.printer.render(event.line)}\n`);
  }

  async serve(): Promise<void> {
    await this.#print(['Type help for the commands, login <username> to begin.']);
    for (;;) {
      const line = await this.#nextLine();
      if (line === null) break;
      if (!isComment(line) && (await this.#perform(line))) break;
    }
    this.#prompt.close();
    await this.#print(['✓ The node stops.']);
  }

  async flushed(): Promise<void> {}

  async #nextLine(): Promise<string | null> {
    if (this.#lines.length === 0 && !this.#leaving.signal.aborted) {
      const text = await this.#promptText();
      await this.#print(this.#takeHeld());
      this.#prompt.show(text);
      this.#idle = true;
      // What came while the last lines were being written.
      const late = this.#takeHeld().map((line) => `${this.#ports.printer.render(line)}\n`);
      if (late.length > 0) this.#prompt.above(late.join(''));
      while (this.#lines.length === 0 && !this.#leaving.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      this.#idle = false;
    }
    return this.#leaving.signal.aborted ? null : this.#lines.shift()!;
  }

  /** @returns whether it was `exit`. */
  async #perform(line: string): Promise<boolean> {
    const { command, request } = readLine(line);
    if (request.ok && request.result.kind === 'exit') return true;
    const work = request.ok ? this.#run(request.result) : Promise.resolve(request);
    // A command that takes long must not keep the node from stopping.
    const outcome = await this.#orLeave(work);
    if (outcome === null) return true;
    if ('cancelled' in outcome) await this.#print([outcome.cancelled]);
    else await this.#print(formatAnswer(answerTo(command, 0, outcome)));
    return false;
  }

  async #run(request: Request): Promise<Outcome<unknown> | { readonly cancelled: string }> {
    const { context } = this.#ports;
    if (request.kind !== 'action') return runRequest(request, context);
    const { action } = request;
    const given = await this.#withoutPassword(action, request.input);
    if (!needsForm(action, given)) return runAction(action, given, context);
    const refused = whyNotNow(action, context);
    if (refused) return refused;
    if (action.name === 'prescribe') await this.#showHistory();
    const filled = await this.#fill(action, given);
    if (filled.kind === 'refused') return filled.outcome;
    if (filled.kind === 'cancelled')
      return filled.sentence === null ? failure('cancelled') : { cancelled: filled.sentence };
    return saidOnce(await runAction(action, filled.input, context), filled.said);
  }

  /** Reads a form with the prompt closed: the input has one reader at a time. */
  async #fill(action: Action, given: RawInput): Promise<Filled> {
    const { input, output, context } = this.#ports;
    this.#prompt.close();
    // Lines pasted after the command were meant for the form, perhaps a password: they are no commands.
    this.#lines = [];
    try {
      this.#asker ??= await createAsker({ input, output, signal: this.#leaving.signal });
      return await fillForm(action, given, { asker: this.#asker, context, show: (lines) => this.#print(lines) });
    } catch (error) {
      if (error instanceof FormCancelled) return { kind: 'cancelled', sentence: null };
      throw error;
    }
  }

  /** A password on the line would stand on the screen: it is refused here, and asked for. */
  async #withoutPassword(action: Action, input: RawInput): Promise<RawInput> {
    const secret = action.questions.find(({ kind, input: name }) => kind === 'password' && input[name] !== undefined);
    if (!secret) return input;
    await this.#print(['✗ A password is not typed on the line, where it stays on the screen.']);
    const { [secret.input]: _refused, ...others } = input;
    return others;
  }

  /** A doctor prescribes with the history before their eyes. */
  async #showHistory(): Promise<void> {
    const outcome = await runAction(findAction('history')!, {}, this.#ports.context);
    await this.#print(outcome.ok ? formatAnswer(answerTo('history', 0, outcome)) : formatError(outcome.error));
  }

  async #promptText(): Promise<string> {
    const { carechain, session } = this.#ports.context;
    const patient = session.activePatient;
    return promptText({
      role: carechain.role,
      nodeId: carechain.node.nodeId,
      username: session.user?.member.username ?? null,
      patient,
      patientName: patient === null ? null : await patientName(patient, this.#ports.context),
    });
  }

  /** What this node itself brought about, the answer has said already. */
  #takeHeld(): Line[] {
    return this.#held.splice(0).flatMap(({ line, own }) => (line === null || own ? [] : [line]));
  }

  #print(lines: readonly Line[]): Promise<void> {
    return this.#ports.printer.print(lines);
  }

  #leave(): void {
    this.#leaving.abort();
    this.#wake();
  }

  #left(): Promise<void> {
    const { signal } = this.#leaving;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
