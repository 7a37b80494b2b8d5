/** An honest node as the program sees it: in this process, or in one of its own. */
import { type AnswerOf, type ArgumentsOf, type MethodOf, startRemote } from '../support/remote.ts';
import { HonestHost, type HostEvent, type HostSettings } from './honest-host.ts';

type HostMethod = MethodOf<HonestHost>;

export interface HonestNode {
  readonly name: string;
  readonly address: string;
  call<Method extends HostMethod>(
    method: Method,
    ...args: ArgumentsOf<HonestHost[Method]>
  ): Promise<AnswerOf<HonestHost[Method]>>;
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
      return call(...args) as Promise<AnswerOf<HonestHost[typeof method]>>;
    },
    rssNow: () => null,
    end: () => host.stop(),
  };
}

export async function nodeInItsOwnProcess(settings: HostSettings, tell: Tell): Promise<HonestNode> {
  const program = new URL('honest-process.js', import.meta.url);
  const remote = await startRemote<HonestHost, HostEvent>(program, settings, tell);
  return {
    name: settings.name,
    address: `127.0.0.1:${settings.port}`,
    call: remote.call,
    rssNow: remote.residentBytes,
    end: remote.end,
  };
}
