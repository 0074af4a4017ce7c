import { defineConfig } from 'vitest/config';

/** The contract of Microsoft Graph against a real tenant: `npm run test:live`. */
export default defineConfig({
  test: {
    include: ['test/live/**/*.live.ts'],
    globalSetup: ['test/live/environment.ts'],
    // Graph may ask to wait for minutes; a case may look at it many times.
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    fileParallelism: false,
  },
});
