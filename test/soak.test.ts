import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const FEW_SECONDS = { SOAK_SECONDS: '6', SOAK_SEED: '1', SOAK_JOBS: '90', SOAK_FOLLOWERS: '60', SOAK_STALLED: '5' }

test('a short soak leaves no child, no descriptor and no broken promise behind', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['test/soak/run.mjs'], { env: { PATH: process.env['PATH'], ...FEW_SECONDS } })
  expect(stdout).toContain('seed 1: 6 s of 90 jobs a minute')
  const verdicts = stdout.split('\n').flatMap((line) => /^(kept|BROKEN|not looked at) +([^:]+)/.exec(line)?.slice(1, 3).join(': ') ?? [])
  expect(verdicts).toEqual([
    'not looked at: memory returns', 'kept: descriptors return', 'kept: no child is left', 'not looked at: expired jobs are swept', 'kept: jobs keep up',
    'kept: every job, download and pack is whole', 'kept: no reader loses anything',
  ])
})
