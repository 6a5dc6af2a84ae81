import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bareFrames, decode, encode, H264, picture, tone } from './frame-media.ts'
import { fetchPack, frameUrl, makeFrames, type Pack, postPack, submitFrames } from './frame-packs.ts'
import { pacedFfmpeg } from './media.ts'
import {
  type InnerHub, removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow,
} from './running-hub.ts'

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const clip = (name: string, args: readonly string[]) => encode(join(scratch, name), args)

describe('reading', () => {
  let id: string
  let frames: readonly Buffer[]
  beforeAll(async () => {
    id = await makeFrames(hub.api, clip('reading.mp4', [...picture('64x36', 10, 3), ...H264]), {})
    frames = (await fetchPack(hub.api, `/api/jobs/${id}/framepack`)).frames
  })

  test('one frame by either of its names', async () => {
    for (const name of ['frame_000001.png', '1.png', 'frame_1.png']) {
      const response = await fetch(`${hub.url}/frames/${id}/${name}`)
      expect(response.headers.get('content-type')).toBe('image/png')
      expect(Buffer.from(await response.arrayBuffer())).toEqual(frames[0])
    }
    const head = await fetch(`${hub.url}/frames/${id}/30.png`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(frames[29]!.length))
    for (const name of ['0.png', '31.png']) expect((await hub.api.request(`/frames/${id}/${name}`)).body.code).toBe('frame_not_found')
    expect((await hub.api.request('/frames/unknown/1.png')).body.code).toBe('job_not_found')
  })

  test('a range, with its length told beforehand', async () => {
    const { count, frames: some, response } = await fetchPack(hub.api, `/api/jobs/${id}/framepack?from=28&count=2`)
    expect([count, some]).toEqual([2, frames.slice(27, 29)])
    expect(response.headers.get('content-length')).toBe(String(4 + 8 + frames[27]!.length + frames[28]!.length))
    expect((await fetchPack(hub.api, `/api/jobs/${id}/framepack?from=28`)).count).toBe(3)
    expect((await fetchPack(hub.api, `/api/jobs/${id}/framepack?from=31`)).count).toBe(0)
    for (const query of ['from=0', 'count=x', 'follow=yes']) {
      expect((await hub.api.request(`/api/jobs/${id}/framepack?${query}`)).body.errors[0].path).toBe(query.split('=')[0])
    }
  })

  test('a pack keeps the order asked for, of several jobs, and takes the query for nothing', async () => {
    const other = await makeFrames(hub.api, join(scratch, 'reading.mp4'), { width: 16, height: 9 })
    const urls = [frameUrl(id, 3), frameUrl(other, 1), `/frames/${id}/3.png`, frameUrl(id, 2), `http://elsewhere/frames/${id}/4.png`]
    const { count, frames: pack } = await postPack(hub.api, urls, 3000)
    const small = (await fetchPack(hub.api, `/api/jobs/${other}/framepack?count=1`)).frames[0]
    expect([count, pack]).toEqual([5, [frames[2], small, frames[2], frames[1], frames[3]]])
  })

  test('a list that Lua wrote as {} is an empty pack', async () => {
    const { count, response } = await fetchPack(hub.api, '/api/framepack', { method: 'POST', body: '{"urls":{}}' })
    expect([response.status, count]).toEqual([200, 0])
  })

  test('what is no frame, and what is more than ComputerCraft takes, is refused in the reason phrase', async () => {
    expect((await postPack(hub.api, ['/etc/passwd'], 3000)).response.statusText).toMatch(/is no frame/)
    const large = await makeFrames(hub.api, join(scratch, 'reading.mp4'), { width: 256, format: 'raw' })
    const { response } = await postPack(hub.api, Array(1900).fill(frameUrl(large, 1)), 3000)
    expect([response.status, response.statusText]).toEqual([413, expect.stringMatching(/more than 16777216/)])
  })

  test('a follower of an ended job gets what there is', async () => {
    const whole = await fetchPack(hub.api, `/api/jobs/${id}/framepack?follow=1&from=29`)
    expect(whole).toMatchObject({ count: 0xff_ff_ff_ff, frames: frames.slice(28) })
    expect((await fetchPack(hub.api, `/api/jobs/${id}/framepack?follow=1&from=29&count=1`)).frames).toEqual([frames[28]])
  })
})

describe('while frames are made', () => {
  test('a follower gets them as they come and ends with the last; who asks too early waits and is told', async () => {
    const slow = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'slow'), REELTIME_FFMPEG: pacedFfmpeg(scratch) })
    try {
      const file = clip('slow.mp4', [...picture('64x36', 10, 4), ...H264])
      const id = await submitFrames(slow.api, { source: await slow.api.upload(file), fps: 10 })
      const early = fetchPack(slow.api, `/api/jobs/${id}/framepack?follow=1`)
      await slow.api.reaches(id, ({ result }) => Number(result['current_frames']) > 0)
      const late = fetchPack(slow.api, `/api/jobs/${id}/framepack?follow=1&from=2`)
      const [tooEarly, soon] = await Promise.all([[39], [8, 1]].map((numbers) => (
        postPack(slow.api, numbers.map((number) => frameUrl(id, number)), 3000)
      ))) as [Pack, Pack]
      expect([tooEarly.response.status, tooEarly.response.statusText]).toEqual([503, expect.stringMatching(/^Frame 39 is not there yet/)])
      expect(soon.count).toBe(2)
      expect((await slow.api.job(id)).status).toBe('running')
      const { count, frames } = await early
      expect([count, decode(frames, 'png')]).toEqual([0xff_ff_ff_ff, bareFrames(file, 'fps=10', { width: 64, height: 36 })])
      expect((await late).frames).toEqual(frames.slice(1))
      expect((await postPack(slow.api, [frameUrl(id, 39), frameUrl(id, 99)], 3000)).count).toBe(1)
    } finally {
      await slow.stop()
    }
  })

  test('after kill -9 the frames that exist are served all along, and the whole set is right', async () => {
    const directory = join(scratch, 'crash')
    const settings = { REELTIME_FFMPEG: pacedFfmpeg(scratch) }
    const file = clip('crash.mp4', [...picture('320x180', 30, 4), ...tone(4), ...H264])
    let process = await startHubProcess(directory, settings)
    try {
      const id = await submitFrames(process.api, { source: await process.api.upload(file), fps: 30, width: 160, height: 90, fit: 'pad' })
      await process.api.reaches(id, ({ result }) => Number(result['current_frames']) >= 30)
      const { frames: before } = await fetchPack(process.api, `/api/jobs/${id}/framepack`)
      expect(before.length).toBeGreaterThanOrEqual(30)
      await process.end('SIGKILL')
      await untilNoProgramsBelow(directory)
      process = await startHubProcess(directory, settings)
      let looks = 0
      for (let status = ''; status !== 'completed'; looks++) {
        const { frames } = await fetchPack(process.api, `/api/jobs/${id}/framepack?count=${before.length}`)
        expect(Buffer.concat(frames).equals(Buffer.concat(before))).toBe(true)
        status = (await process.api.job(id)).status
        expect(['queued', 'running', 'completed']).toContain(status)
      }
      expect(looks).toBeGreaterThan(10)
      expect((await process.api.job(id)).attempt).toBe(2)
      const { frames } = await fetchPack(process.api, `/api/jobs/${id}/framepack`)
      expect(decode(frames, 'png')).toEqual(bareFrames(file, 'fps=30,scale=160:90', { width: 160, height: 90 }))
    } finally {
      await process.end('SIGKILL')
      await untilNoProgramsBelow(directory)
    }
  })
})
