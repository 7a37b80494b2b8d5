#!/usr/bin/env node
/**
 * The executable: first what looks after signals, then the runtime shim, then the command line. Plain JavaScript, for a Node
 * too old to know more.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`carechain needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

try {
  await import('../dist/bundle/early-signals.js');
  await import('../dist/bundle/node-20-shim.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('carechain is not built yet. Run `npm run build` first.\n');
  process.exit(1);
}

await import('../dist/bundle/main.js');
