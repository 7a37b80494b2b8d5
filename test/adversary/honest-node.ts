/** An honest node as the program sees it: in this process, or in one of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HonestHost, type HostEvent, type HostMethod, type HostSettings } from './honest-host.ts';

type Answer<Method extends HostMethod> = Awaited<ReturnType<HonestHost[Method]>>;

export interface HonestNode {
  readonly name: string;
  readonly address: string;
  call<Method extends HostMethod>(method: Method, ...args: Parameters<HonestHost[Method]>): Promise<Answer<Method>>;
  /** Resident bytes now, read from outside; null where it shares this process. */
  rssNow(): number | null;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}

type Tell = (event: HostEvent) => void;

export function nodeInThisProcess(settings: HostSettings, tell: Tell): HonestNode {
  const host = new HonestHost(settings, tell);
  return {
    name: settings.name,
    address: `127.0.0.1:${settings.port}`,
    call: (method, ...args) => {
      const call = host[method].bind(host) as (...args: unknown[]) => Promise<unknown>;
      return call(...args) as Promise<Answer<typeof method>>;
    },
    rssNow: () => null,
    end: () => host.stop(),
  };
}

export async function nodeInItsOwnProcess(settings: HostSettings, tell: Tell): Promise<HonestNode> {
  const program = fileURLToPath(new URL('honest-process.js', import.meta.url));
  const child = fork(program, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: ['--expose-gc'] });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the process of ${settings.name} ended with ${code}`)));
    child.on('message', (message: Message) => {
      if ('isReady' in message) resolve();
      else if ('event' in message) tell(message.event);
      else settle(message);
    });
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the process of ${settings.name} has ended`));
  });

  function settle(message: Extract<Message, { number: number }>): void {
    const question = waiting.get(message.number);
    waiting.delete(message.number);
    if ('failure' in message) question?.reject(new Error(message.failure));
    else question?.resolve(message.answer);
  }

  return {
    name: settings.name,
    address: `127.0.0.1:${settings.port}`,
    call: (method, ...args) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve: resolve as (answer: unknown) => void, reject });
        child.send({ number: asked, method, args });
      }),
    rssNow: () => residentBytes(child),
    end: () => ended(child),
  };
}

type Message =
  | { readonly isReady: true }
  | { readonly event: HostEvent }
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly failure: string };

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
