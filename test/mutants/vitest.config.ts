import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mutantPlugin } from './plugin.ts';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [mutantPlugin()],
  test: { include: ['test/emulator/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000, maxWorkers: 1 },
});
