import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let directory: string
let hub: InnerHub | undefined

beforeEach(async () => {
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await hub?.stop()
  hub = undefined
  await removeDirectory(directory)
})

async function start(settings: Record<string, string> = {}): Promise<InnerHub> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), ...settings })
  return hub
}

/** Who says so may still be looking for ffmpeg. */
async function untilKnown({ api }: Pick<InnerHub, 'api'>): Promise<{ status: number; body: { ready: boolean; problems: { part: string; detail: string }[] } }> {
  for (;;) {
    const answer = await api.request('/ready')
    if (!JSON.stringify(answer.body).includes('still being looked for')) return answer
  }
}

test('a hub that would take a job and could run it is ready', async () => {
  expect(await untilKnown(await start())).toMatchObject({ status: 200, body: { ready: true, problems: [] } })
})

test('it tells the wall that jobs run behind, once that is known', async () => {
  const { body } = await untilKnown(await start({ REELTIME_SANDBOX: 'off' }))
  expect(body).toMatchObject({ ready: true, sandbox: 'restricted' })
})

test('a full queue is no place for one more, until there is room again', async () => {
  const { api } = await start({ REELTIME_CONCURRENCY: '1', REELTIME_MAX_WAITING: '1', REELTIME_FFMPEG: pacedFfmpeg(directory) })
  await untilKnown({ api })
  const source = await api.upload(makeTone(directory))
  const running = await api.accepted(talk(source, 30))
  await api.runs(running)
  expect((await api.request('/ready')).status).toBe(200)
  const waiting = await api.accepted(brief(source))
  expect(await api.request('/ready')).toMatchObject({ status: 503, body: { ready: false, problems: [{ part: 'queue', detail: '1 jobs wait, which is the limit' }] } })
  expect((await api.submit(brief(source))).status).toBe(429)
  await api.post(`/api/jobs/${waiting}/cancel`)
  expect((await api.request('/ready')).status).toBe(200)
})

test('a disk below its floor and an ffmpeg that is not there are named', async () => {
  const { body, status } = await untilKnown(await start({ REELTIME_DISK_FLOOR: String(2 ** 52), REELTIME_FFMPEG: join(directory, 'missing') }))
  expect(status).toBe(503)
  expect(body.problems.map(({ part }) => part)).toEqual(['disk', 'engine'])
  expect(JSON.stringify(body)).not.toContain(directory)
})

test('a hub that goes down says so for as long as it is there', async () => {
  const process = await startHubProcess(join(directory, 'data'), { REELTIME_FFMPEG: pacedFfmpeg(directory) })
  const id = await process.api.accepted(talk(await process.api.upload(makeTone(directory)), 1.5))
  await process.api.runs(id)
  process.child.kill('SIGTERM')
  for (;;) {
    const { body, status } = await process.api.request('/ready')
    if (body.ready) continue
    expect({ status, body }).toMatchObject({ status: 503, body: { problems: [{ part: 'stopping' }] } })
    break
  }
  await once(process.child, 'exit')
})
