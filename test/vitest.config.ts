import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    setupFiles: ['test/property-seed.ts', 'test/documented-answers.ts'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', new URL('./closing-line.ts', import.meta.url).pathname],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // One second is not enough on a machine that does other things.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
})
