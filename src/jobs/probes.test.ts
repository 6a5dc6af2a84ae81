import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ANYBODY } from './caller.ts'
import { Probes, type ProbesOptions } from './probes.ts'
import type { Staging } from './stage.ts'

let directory: string
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'reeltime-probes-'))))
afterEach(() => rm(directory, { recursive: true }))

const caller = { caller: ANYBODY, signal: new AbortController().signal }

/** Fetches what is never whole: so many bytes have come, and it waits for more. */
function probesOf(bytes: number, options: Partial<ProbesOptions> = {}): Probes {
  const staging = {
    check: async () => 'film.mp4',
    stage(_, { directory: workspace, signal, onProgress }) {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        void writeFile(join(workspace, '0.part'), 'a').then(() => onProgress({ bytes, totalBytes: null }))
      })
    },
  } satisfies Pick<Staging, 'check' | 'stage'> as unknown as Staging
  return new Probes({
    staging, runner: { describe: () => Promise.reject(new Error('never asked')) }, disk: { assertRoomFor: async () => undefined }, directory, goingDown: new AbortController().signal, ...options,
  })
}

test('a source that does not come in time is given up, with the way out', async () => {
  const answer = probesOf(10, { deadlineMs: 50 }).probe({ source: 'http://a/b' }, caller)
  await expect(answer).rejects.toMatchObject({ code: 'source_unavailable', hint: expect.stringContaining('job of the tool probe') })
  expect(await readdir(directory)).toEqual([])
})

test('a source that is too large is not fetched to its end', async () => {
  const answer = probesOf(1001, { maxBytes: 1000 }).probe({ source: 'http://a/b' }, caller)
  await expect(answer).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(await readdir(directory)).toEqual([])
})

test('a hub that goes down lets nobody wait', async () => {
  const goingDown = new AbortController()
  const answer = probesOf(10, { goingDown: goingDown.signal }).probe({ source: 'http://a/b' }, caller)
  goingDown.abort()
  await expect(answer).rejects.toMatchObject({ code: 'shutting_down' })
})
