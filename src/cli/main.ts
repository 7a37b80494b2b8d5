/** Runs the program on the process that it is in. `bin/carechain.js` loads this after the runtime shim. */
import { systemClock, systemRandom } from '../base/index.ts';
import { onStopSignal } from './early-signals.ts';
import { runProgram } from './program.ts';

const code = await runProgram(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: process.env,
  clock: systemClock,
  random: systemRandom,
  onSignal: onStopSignal,
  onUncaught(run) {
    process.on('uncaughtException', run);
    process.on('unhandledRejection', run);
  },
  exit: (exitCode) => process.exit(exitCode),
});

// Standard input may still be open, and would keep the process alive.
process.exit(code);
