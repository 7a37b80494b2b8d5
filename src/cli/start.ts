/** `carechain doctor|lab|pharmacy`: opens the node, serves whoever is at it, and closes it again. */
import { type ActionContext, type NodeRole, newSession } from '../actions/index.ts';
import { type Clock, describeError } from '../base/index.ts';
import { type EdgeEvent, watchEvents } from './events.ts';
import { loadGenesis } from './genesis-file.ts';
import { type OpenNode, openNode } from './open-node.ts';
import { Piped } from './piped.ts';
import { Printer } from './printer.ts';
import { readyEvent, startLines } from './start-lines.ts';
import { readSettings, refuseBeforeFolder, type StartOptions, type StartSettings } from './start-settings.ts';
import { type Stopping, watchForStop } from './stopping.ts';
import { hasColours, type Surroundings } from './surroundings.ts';
import { Terminal } from './terminal/terminal.ts';

/** A node closes within this, or is left: what it stored is safe at every moment. */
const closingMs = 4_500;

/** @returns the exit code. @throws UsageError, CarechainError where it could not start. */
export async function startNode(role: NodeRole, options: StartOptions, surroundings: Surroundings): Promise<number> {
  const settings = readSettings(role, options);
  const genesis = await loadGenesis(options.network);
  await refuseBeforeFolder(genesis, settings);
  const stopping = watchForStop(surroundings);
  const open = await openNode(settings, genesis, surroundings);
  tellUncaught(open, surroundings);
  try {
    await serve(open, settings, surroundings, stopping);
    return 0;
  } finally {
    await within(surroundings.clock, closingMs, open.carechain.stop());
    open.log.close();
    stopping.release();
  }
}

type Edge = { tell(event: EdgeEvent): void; serve(): Promise<void>; flushed(): Promise<void> };

async function serve(
  open: OpenNode,
  settings: StartSettings,
  surroundings: Surroundings,
  stopping: Stopping,
): Promise<void> {
  const { carechain, created } = open;
  const { input, output, environment } = surroundings;
  const interactive = input.isTTY === true && !settings.json;
  const printer = new Printer(output, interactive && hasColours(output, environment));
  const context: ActionContext = { carechain, session: newSession() };
  const ports = { input, output, printer, context, json: settings.json, stopped: stopping.stopped };
  const edge: Edge = interactive && !settings.serve ? new Terminal(ports) : new Piped(ports);

  // What happens while the node starts is told after `ready`, which comes first.
  const early: EdgeEvent[] = [];
  let tell = (event: EdgeEvent): void => void early.push(event);
  const unwatch = watchEvents(carechain, (event) => tell(event));
  await open.freePort();
  await carechain.start();
  const ready = readyEvent(carechain, settings);
  if (settings.json) edge.tell(ready);
  else await printer.print(startLines(carechain, settings, created));
  for (const event of early) edge.tell(event);
  tell = (event) => edge.tell(event);

  await (settings.serve ? stopping.stopped : edge.serve());
  unwatch();
  await within(surroundings.clock, 1_000, edge.flushed());
}

/** A bug: its stack goes to the log, a sentence to the user, and the node ends. */
function tellUncaught({ log }: OpenNode, { errors, onUncaught, exit }: Surroundings): void {
  onUncaught((error) => {
    log.fatal(error);
    const { code } = describeError(error);
    const sentence = `✗ Something went wrong inside carechain (${code}). The log in the data folder says more; what was signed is safe.\n`;
    errors.write(sentence, () => exit(1));
  });
}

async function within(clock: Clock, delayMs: number, work: Promise<void>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = clock.after(delayMs, resolve);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
