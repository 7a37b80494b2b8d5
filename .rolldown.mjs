/**
 * What `npm run build` makes of `dist/` for those who start the program: few files instead of a thousand, since a start
 * spends most of its time on finding and reading modules. Whoever reads the program reads `src/`.
 */
import { defineConfig } from 'rolldown';

export default defineConfig({
  platform: 'node',
  input: {
    'early-signals': 'dist/cli/early-signals.js',
    'node-20-shim': 'dist/base/node-20-shim.js',
    main: 'dist/cli/main.js',
    'worker-thread': 'dist/node/worker-thread.js',
  },
  // The database brings a native part, and is known by its classes; colours are loaded with `require`.
  external: [/^(level|abstract-level|classic-level|picocolors)$/],
  output: { dir: 'dist/bundle', format: 'esm', chunkFileNames: '[name].js', cleanDir: true },
});
