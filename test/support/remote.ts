/**
 * An object in a process of its own: its methods are called over a channel, and it tells what happens to it. What it takes,
 * gives and tells are plain values that can travel between processes.
 *
 *   // the program of the process
 *   answerAsRemote((settings: Settings, tell: (event: Event) => void) => new Host(settings, tell));
 *   // whoever starts it
 *   const host = await startRemote<Host, Event>(new URL('host-process.js', import.meta.url), settings, tell);
 *   await host.call('mine');
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeError } from '../../src/base/index.ts';

/** What may be asked of an object from another process. */
export type MethodOf<Host> = {
  [Name in keyof Host]: Host[Name] extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof Host] &
  string;

export type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;
export type AnswerOf<Method> = Method extends (...args: never[]) => Promise<infer Answer> ? Answer : never;

export interface Remote<Host> {
  /** Rejects where the object fails or its process has ended. */
  call<Name extends MethodOf<Host>>(name: Name, ...args: ArgumentsOf<Host[Name]>): Promise<AnswerOf<Host[Name]>>;
  /** Read from outside, whatever it is doing; null where the system does not tell. */
  residentBytes(): number | null;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}

interface Question {
  readonly number: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Message<Event> =
  | { readonly isReady: true }
  | { readonly event: Event }
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly failure: string };

/** @param settings are told to the program as JSON. */
export async function startRemote<Host, Event>(
  program: URL,
  settings: object,
  tell: (event: Event) => void,
): Promise<Remote<Host>> {
  const path = fileURLToPath(program);
  const child = fork(path, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: ['--expose-gc'] });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code}`)));
    child.on('message', (message: Message<Event>) => {
      if ('isReady' in message) resolve();
      else if ('event' in message) tell(message.event);
      else settle(message);
    });
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${path} has ended`));
  });

  function settle(message: Extract<Message<Event>, { number: number }>): void {
    const question = waiting.get(message.number);
    waiting.delete(message.number);
    if ('failure' in message) question?.reject(new Error(message.failure));
    else question?.resolve(message.answer);
  }

  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve: resolve as (answer: unknown) => void, reject });
        child.send({ number: asked, name, args } satisfies Question);
      }),
    residentBytes: () => residentBytes(child),
    end: () => ended(child),
  };
}

/** Makes the object of this process, and answers whoever started it until that one goes. */
export function answerAsRemote<Settings, Event>(
  make: (settings: Settings, tell: (event: Event) => void) => object,
): void {
  const send = (message: object) => process.send?.(message);
  const host = make(JSON.parse(process.argv[2]!) as Settings, (event) => send({ event }));
  const methods = host as Record<string, (...args: readonly unknown[]) => Promise<unknown>>;
  process.on('message', ({ number, name, args }: Question) => {
    methods[name]!(...args).then(
      (answer) => send({ number, answer }),
      (error: unknown) => send({ number, failure: describeError(error).code }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  send({ isReady: true });
}

function residentBytes(child: ChildProcess): number | null {
  try {
    const pages = readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1];
    return Number(pages) * 4_096;
  } catch {
    // Not every system has /proc, and the process may just have ended.
    return null;
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
