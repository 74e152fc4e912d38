// The specs of the browser module, in module/. FANFARE_MODULE is the joined file: then those that need no parts of it run
// against that; else all of them against the parts in src/web.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const joined = process.env.FANFARE_MODULE;
const parts = fileURLToPath(new URL('../../src/web/', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  cacheDir: process.env.FANFARE_CACHE ?? 'node_modules/.vite',
  resolve: {
    dedupe: ['react'],  // for the example, which has no packages of its own
    alias: [
      { find: /^fanfare$/, replacement: joined ?? `${parts}fanfare.js` },
      { find: /^parts\//, replacement: parts },
    ],
  },
  test: {
    include: joined ? ['module/*.spec.js'] : ['module/**/*.spec.js'],
    restoreMocks: true,
    unstubGlobals: true,
    testTimeout: 20000,
    pool: 'threads',
    poolOptions: { threads: { maxThreads: 2 } },
  },
});
