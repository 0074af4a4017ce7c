import { defineConfig } from 'vitest/config';

/** Every kind of request against every fault of the emulator: `npm run faults`; `FAULTS=2400` takes a sample of that size. */
export default defineConfig({
  test: {
    include: ['test/faults/*.faults.ts'],
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
