import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { keyFileIn } from '../src/access/key-file.ts'
import type { Logger } from '../src/logger.ts'
import { startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { programsBelow, removeDirectory, temporaryDirectory } from './running-hub.ts'

let scratch: string
let tone: string
let hub: KeyedHub
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(() => hub.stop())
afterAll(() => removeDirectory(scratch))

async function start(directory = join(scratch, `data-${count++}`), logger?: Logger): Promise<KeyedHub> {
  hub = await startKeyedHub(directory, { REELTIME_CONCURRENCY: '2', REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe' }, logger)
  return hub
}

const CANCELLED = { status: 'cancelled', error: { code: 'key_revoked', message: expect.stringContaining('revoked'), hint: expect.stringContaining('a key that is valid') } }

test('what a key that is revoked has running and waiting is cancelled and says why, and the others’ jobs go on', async () => {
  const { api, directory, holder, revoke } = await start()
  const source = await api.upload(tone)
  const [ann, bob] = [await holder({ concurrency: 1 }), await holder()]
  const before = await ann.api.accepted(brief(source, 0.1))
  await api.ends(before)
  const running = await ann.api.accepted(talk(source, 50))
  const waiting = await ann.api.accepted(talk(source, 50))
  const another = await bob.api.accepted(talk(source, 50))
  await Promise.all([api.runs(running), api.runs(another)])
  await revoke(ann.id)
  expect([await api.ends(running), await api.ends(waiting)]).toMatchObject([{ ...CANCELLED, attempt: 1 }, { ...CANCELLED, attempt: 0 }])
  expect((await api.request(`/api/task/${waiting}`)).body).toMatchObject({ status: 'error', error: CANCELLED.error.message })
  expect(await programsBelow(directory)).toHaveLength(1)
  expect([await api.job(before), await api.job(another)]).toMatchObject([{ status: 'completed' }, { status: 'running' }])
  await bob.api.post(`/api/jobs/${another}/cancel`)
  expect((await api.ends(another)).error).toBeUndefined()
})

test('of a key that was revoked while no hub ran, the jobs are cancelled at the next start and do not run', async () => {
  const { api, directory, holder, revoke, stop } = await start()
  const source = await api.upload(tone)
  const ann = await holder({ concurrency: 1 })
  const ids = [await ann.api.accepted(talk(source, 50)), await ann.api.accepted(talk(source, 50))]
  await api.runs(ids[0]!)
  await stop()
  await revoke(ann.id)
  const { api: later } = await start(directory)
  expect(await Promise.all(ids.map((id) => later.ends(id)))).toMatchObject([{ ...CANCELLED, attempt: 1 }, { ...CANCELLED, attempt: 0 }])
})

test('a file of keys that cannot be read revokes none: what runs ends as usual', async () => {
  let tellUnreadable = (): void => undefined
  const unreadable = new Promise<void>((resolve) => (tellUnreadable = resolve))
  const { api, directory, holder } = await start(undefined, { info: () => undefined, error: (event) => event === 'keys.unreadable' && tellUnreadable() })
  const ann = await holder()
  const id = await ann.api.accepted(talk(await api.upload(tone), 2))
  await api.runs(id)
  const path = keyFileIn(directory)
  const keys = await readFile(path)
  await writeFile(path, '{"keys":')
  await unreadable
  expect((await api.ends(id)).status).toBe('completed')
  await writeFile(path, keys)
  expect((await ann.api.request('/api/jobs')).status).toBe(200)
})
