import { afterEach, expect, test, vi } from 'vitest'
import { EventLog } from '../streams/event-log.ts'
import { MemoryLogStorage } from '../streams/log-storage.memory.ts'
import { JobFeed } from './job-feed.ts'
import { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'
import { JobLog } from './job-log.ts'
import type { Job } from './job.ts'

const PIECES = 200
const ended: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ended.splice(0)) await end()
})

/** A job, and an index whose rows take 5 ms each. */
async function running() {
  const events = new EventLog({ storage: new MemoryLogStorage(), fold: (id) => new JobFold(id) })
  const feed = new JobFeed({ newestJobs: () => [] })
  const rows: Job[] = []
  const update = (job: Job) => {
    const until = performance.now() + 5
    while (performance.now() < until);
    rows.push(job)
  }
  const log = new JobLog({ events, index: { update } as unknown as JobIndex, feed, onIndexError: () => undefined })
  ended.push(() => log.close(), () => events.close(), () => feed.close())
  const writer = await log.write('a')
  await writer.append([{ type: 'status', data: { status: 'queued', id: 'a', tool: 'hls', input: {}, created_at: 1 } }] as never)
  const addPieces = async () => {
    for (let n = 1; n <= PIECES; n++) await writer.append([{ type: 'artifact', data: { artifact: { name: `${n}.m4s`, size: n, content_type: 'video/mp4', sha256: 's', url: '/u' } } }])
  }
  return { writer, rows, addPieces }
}

test('a row that takes long to write is not written for each of the many files that a job makes, and is whole soon', async () => {
  const { rows, addPieces } = await running()
  await addPieces()
  expect(rows.length).toBeLessThan(PIECES / 4)
  await vi.waitFor(() => expect(rows.at(-1)?.artifacts).toHaveLength(PIECES))
})

test('a change of status is in the row at once, however long that takes to write', async () => {
  const { writer, rows, addPieces } = await running()
  await addPieces()
  await writer.append([{ type: 'status', data: { status: 'running', attempt: 1, started_at: 2, progress: 0 } }] as never)
  expect(rows.at(-1)).toMatchObject({ status: 'running', artifacts: { length: PIECES } })
})
