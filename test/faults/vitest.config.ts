import { defineConfig } from 'vitest/config'

/** `npm run test:faults`: all rounds, unless FAULTS=fast asks for those that `npm test` runs. */
process.env['FAULTS'] ??= 'all'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/faults/**/*.test.ts'],
    reporters: ['default', new URL('../closing-line.ts', import.meta.url).pathname],
    testTimeout: process.env['FAULTS'] === 'all' ? 1_800_000 : 120_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
})
