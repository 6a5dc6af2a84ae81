import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../../src/jobs/job.ts'
import { leftovers, removeDirectory, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from '../running-hub.ts'
import { FORGED, makeHostileMedia, type HostileFile } from './make-hostile-media.ts'
import { watchPlaces, type WatchedPlaces } from './watched-places.ts'

/** Nothing runs longer than this, and little of it gets so far. */
const JOB_SECONDS = 5

const TOOLS: Readonly<Record<string, object>> = {
  ffmpeg: { inputs: [], outputs: [{ format: 'mp4', args: ['-vf', 'scale=64:48', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'] }] },
  video_frame: { width: 16, height: 16, fps: 5 },
  sanjuuni: { width: 16, height: 12, output_format: '32vid' },
}

describe.each([
  ['auto', Object.keys(TOOLS)],
  // The files meet the same ffmpeg with the same guards whatever the tool; once is enough to see that they hold alone.
  ['off', ['ffmpeg']],
])('with the sandbox %s', (sandbox, tools) => {
  let scratch: string
  let places: WatchedPlaces
  let media: Server
  let origin: string
  let hub: InnerHub
  let files: readonly HostileFile[]
  const told: string[] = []
  const ended: { file: HostileFile; tool: string; job: Job; seconds: number }[] = []

  beforeAll(async () => {
    scratch = await temporaryDirectory()
    places = await watchPlaces(join(scratch, 'places'))
    files = await makeHostileMedia(join(scratch, 'media'), places)
    media = createServer(({ url }, response) => void response.end(files.find(({ name }) => url === `/${name}`)?.bytes)).listen(0, '127.0.0.1')
    await once(media, 'listening')
    const { port } = media.address() as AddressInfo
    origin = `http://127.0.0.1:${port}`
    const tell = (event: string, fields: unknown) => void told.push(`${event} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? String(value.stack) : value))}`)
    hub = await startInnerHub({
      REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}`, REELTIME_SANDBOX: sandbox, REELTIME_CONCURRENCY: '3',
      REELTIME_JOB_TIMEOUT_SECONDS: String(JOB_SECONDS), REELTIME_STALL_SECONDS: '4',
    }, { info: tell, error: tell })
  })
  afterAll(async () => {
    await Promise.all([hub.stop(), places.close()])
    media.close()
    await removeDirectory(scratch)
  })

  test('every hostile file ends its jobs within their limits, and those that are no media say so', async () => {
    await Promise.all(files.map(async (file) => {
      const source = `${origin}/${file.name}`
      for (const tool of tools) {
        const input = TOOLS[tool]!
        const from = tool === 'ffmpeg' ? { ...input, inputs: [{ source }] } : { ...input, source }
        const { status, body } = await hub.api.post('/api/jobs', { tool, input: from })
        expect([file.name, status, body]).toEqual([file.name, 202, expect.anything()])
        const job = await hub.api.ends(body.id)
        ended.push({ file, tool, job, seconds: (job.ended_at! - job.started_at!) / 1000 })
      }
    }))
    expect(ended).toHaveLength(files.length * tools.length)
    for (const { file, tool, job, seconds } of ended) {
      const about = `${file.name} by ${tool}`
      expect([about, seconds < JOB_SECONDS + 5]).toEqual([about, true])
      if (file.isNoMedia) expect([about, job.status, job.error?.code]).toEqual([about, 'failed', 'invalid_input'])
      else if (job.status !== 'completed') expect([about, job.status, job.error?.message]).toEqual([about, 'failed', expect.stringMatching(/\w{3}/)])
    }
  }, 240_000)

  test('most of what is no attack on itself still comes out', () => {
    const completed = ended.filter(({ job, tool }) => tool === 'ffmpeg' && job.status === 'completed').map(({ file }) => file.name)
    expect(completed).toEqual(expect.arrayContaining(['attachment.mkv', 'forged_tags.mkv', 'truncated.ts']))
    expect(completed).not.toContain('magicyuv.avi')
  })

  test('no byte of a file outside is in any answer, log, event or file that was made', async () => {
    const everything = [...told]
    for (const { job } of ended) everything.push(JSON.stringify(job), JSON.stringify(await hub.api.lines(job.id)))
    for (const name of await readdir(hub.directory, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) everything.push((await readFile(join(name.parentPath, name.name))).toString('latin1'))
    }
    for (const text of everything) {
      expect(text.includes(places.flag)).toBe(false)
      expect(text.includes('root:x:0:0')).toBe(false)
    }
  })

  test('what a file says of itself is one line of the log, and no event, no progress and no order to a terminal', async () => {
    const { job } = ended.find(({ file, tool }) => file.name === 'forged_tags.mkv' && tool === 'ffmpeg')!
    const lines = await hub.api.lines(job.id)
    expect(FORGED.split('\n').length).toBeGreaterThan(1)
    for (const { text } of lines) expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/)
    expect(lines.every(({ text }) => text.length <= 8192)).toBe(true)
  })

  test('no path of this machine is told to anybody', async () => {
    for (const { job } of ended) {
      expect(JSON.stringify(job)).not.toContain(hub.directory)
      expect(JSON.stringify(await hub.api.lines(job.id))).not.toContain(hub.directory)
    }
  })

  test('nothing outside was read, written or connected to, and nothing is left running or lying about', async () => {
    expect(places.connections()).toBe(0)
    expect(places.isReadingNoted ? await places.touched() : []).toEqual([])
    await untilNoProgramsBelow(hub.directory)
    expect(await leftovers(hub.directory)).toEqual([])
  }, 5000)
})
