import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Where the programs that tests start keep what they have compiled; each of them loads a thousand modules. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { NODE_COMPILE_CACHE },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make the foreign clients wait for each other.
    maxWorkers: 2,
  },
});
