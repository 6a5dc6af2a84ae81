import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, createReadStream, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Computer, type ComputerOptions } from './computercraft/computer.ts'
import { framesOf, numbersShown } from './computercraft/frames-shown.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const SECONDS = 12
const FPS = 20
const SIZE = [128, 64] as const

let directory: string
let media: Server
let mediaUrl: string
let hub: InnerHub

beforeAll(async () => {
  directory = await temporaryDirectory()
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=128x64:rate=${FPS}:duration=${SECONDS}`, '-f', 'lavfi', '-i', `aevalsrc=sin(880*PI*t)|sin(440*PI*t):d=${SECONDS}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(directory, 'clip.mp4'),
  ])
  execFileSync('ffmpeg', ['-v', 'error', '-i', join(directory, 'clip.mp4'), '-t', '3', '-an', '-c', 'copy', join(directory, 'silent.mp4')])
  writeFileSync(join(directory, 'text.mp4'), 'This is no video.\n'.repeat(100))
  const paced = join(directory, 'paced-ffmpeg')
  // As fast as the computers' clocks go, so that frames come while the first ones are shown.
  writeFileSync(paced, '#!/bin/sh\nexec ffmpeg -readrate 6 "$@"\n')
  chmodSync(paced, 0o755)
  media = createServer((incoming, outgoing) => createReadStream(join(directory, String(incoming.url).slice(1))).pipe(outgoing))
  media.listen(0, '127.0.0.1')
  await once(media, 'listening')
  const { port } = media.address() as AddressInfo
  mediaUrl = `http://127.0.0.1:${port}`
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}`, REELTIME_FFMPEG: paced })
})

afterAll(async () => {
  await hub.stop()
  media.closeAllConnections()
  media.close()
  await removeDirectory(directory)
})

const player = () => `${hub.url}/cc/player.lua`

/** A computer with all there is, whose clock goes twice as fast as the wall's. */
function attached(more: ComputerOptions = {}): Computer {
  return new Computer({ gpu: SIZE, speakers: ['left', 'right'], speed: 2, ...more })
}

/** The job of a file that is done: made here, or what an earlier test made of it. */
async function ended(name: string): Promise<string> {
  const { body } = await hub.api.post('/api/video_frame/async', { video_url: `${mediaUrl}/${name}`, w: SIZE[0], h: SIZE[1], fps: FPS, pad_to_target: true })
  await hub.api.ends(body.task_id)
  return body.task_id
}

async function newestJob(): Promise<string> {
  return (await hub.api.list('limit=9&status=completed')).jobs[0]!.id
}

async function expectWholeShow(computer: Computer, id: string): Promise<void> {
  const numbers = await numbersShown(computer, { hub: hub.url, id })
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect(numbers[0]).toBe(1)
  expect(numbers.at(-1)).toBe((await hub.api.job(id)).result['total_frames'])
  expect(numbers.length).toBeGreaterThan((numbers.at(-1) ?? 0) / 3)
  expect(computer.shown.every(({ width, height }) => width === SIZE[0] && height === SIZE[1])).toBe(true)
  expect(computer.lostEvents).toBe(0)
  expect(computer.mostImages).toBe(1)
}

async function expectSound(computer: Computer, id: string, artifacts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, artifact] of Object.entries(artifacts)) {
    const speaker = computer.speakers.get(name)!
    const { bytes } = await hub.api.download(id, artifact)
    expect(speaker.dfpwm.equals(bytes)).toBe(true)
    expect(speaker.decoders.size).toBe(1)
  }
}

describe('the ComputerCraft player', () => {
  test('is served with the address that it was asked for at', async () => {
    const response = await fetch(player())
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect((await response.text()).split('\n')[0]).toBe(`local DEFAULT_HUB = "${hub.url}"`)
  })

  test('plays a clip that is still being made to its end: frames in order, each byte of the sound, progress meanwhile', async () => {
    const computer = attached()
    expect(await computer.wgetRun(player(), `${mediaUrl}/clip.mp4`)).toEqual({ ok: true, problem: '' })
    const id = await newestJob()
    await expectWholeShow(computer, id)
    await expectSound(computer, id, { left: 'audio_left.dfpwm', right: 'audio_right.dfpwm' })
    const percents = computer.written.filter(({ row }) => row === 3).flatMap(({ text }) => (/^\[=* *\] +([\d.]+)%$/.exec(text) ?? []).slice(1).map(Number))
    expect(percents).toEqual([...percents].sort((a, b) => a - b))
    expect(percents.some((percent) => percent > 0 && percent < 100)).toBe(true)
    expect(percents.at(-1)).toBe(100)
    expect(computer.network.paths.filter((path) => /^\/api\/jobs\/[^/]+\?poll=/.test(path)).length).toBeLessThan(6)
    expect(computer.network.paths.filter((path) => /\/frames\?from=1&/.test(path)).length).toBe(1)
    expect(computer.network.paths.filter((path) => path.startsWith('/api/framepack'))).toEqual([])
    expect(computer.mostHeapKilobytes).toBeLessThan(24 * 1024)
  })

  test('plays a job that has ended by its id, on one speaker, and the picture keeps to the sound', async () => {
    const id = await ended('clip.mp4')
    const computer = attached({ speakers: ['speaker_7'] })
    const stepsOff: number[] = []
    const frames = await framesOf(hub.url, id)
    computer.onShown = () => {
      const number = frames.findIndex((frame) => frame.equals(computer.shown.at(-1)!.bytes)) + 1
      stepsOff.push(number / FPS - computer.speakers.get('speaker_7')!.heardSeconds)
    }
    expect(await computer.wgetRun(player(), id, '--volume', '2')).toEqual({ ok: true, problem: '' })
    await expectWholeShow(computer, id)
    await expectSound(computer, id, { speaker_7: 'audio.dfpwm' })
    expect([...computer.speakers.get('speaker_7')!.volumes]).toEqual([2])
    stepsOff.sort((a, b) => a - b)
    expect(Math.abs(stepsOff[Math.floor(stepsOff.length / 2)]!)).toBeLessThan(0.25)
  })

  test('polls and asks for packs where websockets are not allowed', async () => {
    const computer = attached({ socketsAllowed: false })
    expect(await computer.wgetRun(player(), `${mediaUrl}/clip.mp4`, '--fps', '10')).toEqual({ ok: true, problem: '' })
    const id = await newestJob()
    await expectWholeShow(computer, id)
    await expectSound(computer, id, { left: 'audio_left.dfpwm', right: 'audio_right.dfpwm' })
    expect(computer.network.paths.filter((path) => path.startsWith('/api/framepack?')).length).toBeGreaterThanOrEqual(12)
    expect(computer.network.paths.filter((path) => /^\/api\/jobs\/[^/]+\?poll=/.test(path)).length).toBeGreaterThan(2)
  })

  test('goes on where it was when its connections are cut', async () => {
    const id = await ended('clip.mp4')
    const computer = attached()
    computer.onShown = (count) => [20, 60].includes(count) && computer.network.cut()
    expect(await computer.wgetRun(player(), id)).toEqual({ ok: true, problem: '' })
    const numbers = await numbersShown(computer, { hub: hub.url, id })
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    expect(numbers.at(-1)).toBe((await hub.api.job(id)).result['total_frames'])
    const froms = computer.network.paths.flatMap((path) => (/\/frames\?from=(\d+)&/.exec(path) ?? []).slice(1).map(Number))
    expect(froms.length).toBeGreaterThanOrEqual(3)
    expect(froms).toEqual([...new Set(froms)].sort((a, b) => a - b))
  })

  test('plays a video without sound by the time of day', async () => {
    const computer = attached()
    expect(await computer.wgetRun(player(), `${mediaUrl}/silent.mp4`)).toEqual({ ok: true, problem: '' })
    await expectWholeShow(computer, await newestJob())
    expect(computer.speakers.get('left')!.played).toEqual([])
  })

  test('starts over at the end with --loop', async () => {
    const id = await ended('silent.mp4')
    const computer = attached({ speakers: [] })
    const [first] = await framesOf(hub.url, id)
    const starts = () => computer.shown.filter(({ bytes }) => bytes.equals(first!)).length
    computer.onShown = () => starts() === 3 && computer.terminate()
    expect(await computer.wgetRun(player(), '--loop', id)).toEqual({ ok: true, problem: '' })
    expect(starts()).toBe(3)
  })

  test('plays the sound alone where there is no GPU, and says what is missing', async () => {
    const id = await ended('clip.mp4')
    const computer = attached({ gpu: undefined })
    expect(await computer.wgetRun(player(), id)).toEqual({ ok: true, problem: '' })
    await expectSound(computer, id, { left: 'audio_left.dfpwm', right: 'audio_right.dfpwm' })
    expect(computer.printed.join(' ')).toMatch(/no GPU of Tom's Peripherals \(tm_gpu\).*the frames of this job are for one/)
    expect(computer.rows.slice(5).join('')).toMatch(/Only the sound plays/)
  })

  test.each([
    ['a source that is no video', () => [`${mediaUrl}/text.mp4`], /^The job failed: .{10}/],
    ['a job that is not there', () => ['never-was'], /no job|not.*job/i],
    ['a hub that is not there', () => ['any', '--hub', 'http://127.0.0.1:9'], /^The hub at http:\/\/127\.0\.0\.1:9 cannot be reached: Could not connect$/],
    ['a word that it does not know', () => ['--loud'], /"--loud" is not known\. Usage: player URL\|JOB_ID/],
    ['no word at all', () => [], /^Usage: player URL\|JOB_ID/],
  ])('ends with a sentence at %s', async (_, words, sentence) => {
    const computer = attached({ speed: 20 })
    const { ok, problem } = await computer.wgetRun(player(), ...words())
    expect(ok).toBe(false)
    expect(problem).toMatch(sentence)
  })

  test('Ctrl-T silences the speakers and closes what is open', async () => {
    const id = await ended('clip.mp4')
    const computer = attached()
    computer.onShown = (count) => count === 5 && computer.terminate()
    expect(await computer.wgetRun(player(), id)).toEqual({ ok: true, problem: '' })
    expect(computer.printed.at(-1)).toBe('Stopped')
    expect([...computer.speakers.values()].every(({ isSilenced }) => isSilenced)).toBe(true)
    expect(computer.shown.length).toBeLessThan(20)
  })
})
