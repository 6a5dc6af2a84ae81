import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Computer, type ComputerOptions } from './computercraft/computer.ts'
import { framesOf } from './computercraft/frames-shown.ts'
import { NATIVE_PALETTE } from './computercraft/picture.ts'
import { framesOn, picturesOn } from './computercraft/pictures-shown.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const SECONDS = 8
const FPS = 20
const FRAMES = SECONDS * FPS
/** 36 by 10 characters each. */
const BLOCKS = [2, 1] as const
const WALL: ComputerOptions = { monitors: [{ name: 'monitor_0', blocks: BLOCKS }, { name: 'monitor_1', blocks: BLOCKS }] }

let directory: string
let hub: InnerHub
let clip: string
let player: string
let endedJob: string | undefined

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=144x90:rate=${FPS}:duration=${SECONDS}`,
    '-f', 'lavfi', '-i', `aevalsrc=sin(880*PI*t)|sin(440*PI*t):d=${SECONDS}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ])
  const paced = join(directory, 'paced-ffmpeg')
  // As fast as the computers' clocks go, so that frames come while the first ones are shown.
  writeFileSync(paced, '#!/bin/sh\nexec ffmpeg -readrate 6 "$@"\n')
  chmodSync(paced, 0o755)
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FFMPEG: paced })
  clip = await hub.api.upload(file)
  player = `${hub.url}/cc/player.lua`
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

/** A computer with a monitor, whose clock goes four times as fast as the wall's. */
function attached(more: ComputerOptions = {}): Computer {
  return new Computer({ monitors: [{ name: 'monitor_0', blocks: BLOCKS }], speakers: ['left'], speed: 4, ...more })
}

/** The job that has ended, of the clip for one monitor. */
async function ended(): Promise<string> {
  const input = { source: clip, output_format: '32vid', width: 72, height: 30, fps: FPS }
  endedJob ??= (await hub.api.post('/api/jobs', { tool: 'sanjuuni', input })).body.id as string
  expect(await hub.api.ends(endedJob)).toMatchObject({ status: 'completed' })
  return endedJob
}

const newestJob = async () => (await hub.api.list('limit=1')).jobs[0]!
const isAscending = (numbers: readonly number[]) => numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)

async function expectWholeShow(computer: Computer, { id, screen, part = 0 }: { id: string; screen: string; part?: number }): Promise<void> {
  const frames = await framesOf(hub.url, id)
  const numbers = framesOn(picturesOn(computer, screen), frames, part)
  expect(frames.length).toBe(FRAMES)
  expect(numbers).not.toContain(0)
  expect(isAscending(numbers)).toBe(true)
  expect([numbers[0], numbers.at(-1)]).toEqual([1, FRAMES])
  expect(numbers.length).toBeGreaterThan(FRAMES / 3)
  expect(computer.lostEvents).toBe(0)
}

/** How many frames the player says were late, which with those shown are all of them. */
function late({ printed }: Computer): number {
  const [, shown, dropped] = /^The end: (\d+) frames shown, (\d+) late$/.exec(printed.at(-1) ?? '') ?? []
  expect(Number(shown) + Number(dropped)).toBe(FRAMES)
  return Number(dropped)
}

function expectAsBefore(computer: Computer, screen: string): void {
  const last = computer.pictures.findLast((picture) => picture.screen === screen)!
  expect(last.palette).toEqual(NATIVE_PALETTE)
  expect(last.characters.every((character) => character === 0x20)).toBe(true)
  expect(last.textScale).toBe(1)
}

test('a monitor shows the frames of a video that is still being made, cell by cell, with all of its sound', async () => {
  // Slow enough for a machine that does other things too.
  const computer = attached({ speed: 2 })
  expect(await computer.wgetRun(player, clip, '--fps', String(FPS))).toEqual({ ok: true, problem: '' })
  const { id, tool, result } = await newestJob()
  expect({ tool, ...result }).toMatchObject({ tool: 'sanjuuni', format: 'cells', columns: 36, rows: 10, fps: FPS })
  await expectWholeShow(computer, { id, screen: 'monitor_0' })
  expectAsBefore(computer, 'monitor_0')
  expect(computer.speakers.get('left')!.dfpwm.equals((await hub.api.download(id, 'audio.dfpwm')).bytes)).toBe(true)
  expect(computer.network.paths.filter((path) => /\/frames\?from=1&/.test(path)).length).toBe(1)
  expect(computer.mostHeapKilobytes).toBeLessThan(24 * 1024)
  expect(late(computer)).toBeLessThan(FRAMES / 2)
})

test('the pictures of a job that has ended keep to the sound', async () => {
  const id = await ended()
  const frames = await framesOf(hub.url, id)
  const computer = attached()
  const stepsOff: number[] = []
  computer.onPicture = (picture) => {
    const [number] = picture.blits > 0 ? framesOn([picture], frames) : []
    if (number) stepsOff.push(number / FPS - computer.speakers.get('left')!.heardSeconds)
  }
  expect(await computer.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  await expectWholeShow(computer, { id, screen: 'monitor_0' })
  stepsOff.sort((a, b) => a - b)
  expect(Math.abs(stepsOff[Math.floor(stepsOff.length / 2)]!)).toBeLessThan(0.25)
})

test('a computer that is too slow skips what is late, and ends with the sound', async () => {
  const id = await ended()
  const computer = attached({ speed: 40 })
  expect(await computer.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  const numbers = framesOn(picturesOn(computer, 'monitor_0'), await framesOf(hub.url, id))
  expect(isAscending(numbers)).toBe(true)
  expect(numbers.at(-1)).toBe(FRAMES)
  expect(late(computer)).toBeGreaterThan(FRAMES / 4)
})

test('each monitor of a wall shows its part of the same frames', async () => {
  const computer = attached({ ...WALL, speakers: ['left', 'right'] })
  expect(await computer.wgetRun(player, clip, '--monitors', '2x1=monitor_1,monitor_0')).toEqual({ ok: true, problem: '' })
  const { id, input } = await newestJob()
  expect(input).toMatchObject({ width: 144, height: 30, monitors: '2x1@0.5' })
  await expectWholeShow(computer, { id, screen: 'monitor_1', part: 0 })
  await expectWholeShow(computer, { id, screen: 'monitor_0', part: 1 })
  for (const screen of ['monitor_0', 'monitor_1']) expectAsBefore(computer, screen)
  expect(computer.speakers.get('right')!.dfpwm.equals((await hub.api.download(id, 'audio_right.dfpwm')).bytes)).toBe(true)
})

test('without a monitor the terminal tells of the job, then shows the pictures alone, and then tells of the end', async () => {
  const computer = attached({ monitors: [] })
  let writtenOver = 0
  computer.onPicture = ({ blits, characters }) => {
    if (blits > 0 && characters.includes('reeltime')) writtenOver++
  }
  expect(await computer.wgetRun(player, clip)).toEqual({ ok: true, problem: '' })
  const { id } = await newestJob()
  const frames = await framesOf(hub.url, id)
  const shown = picturesOn(computer, 'term')
  const drawn = shown.slice(0, shown.findLastIndex(({ blits }) => blits > 0) + 1).slice(shown.findIndex(({ blits }) => blits > 0))
  const numbers = framesOn(drawn, frames)
  expect(numbers).not.toContain(0)
  expect([numbers[0], numbers.at(-1)]).toEqual([1, FRAMES])
  expect(isAscending(numbers)).toBe(true)
  expect(writtenOver).toBe(0)
  expect(computer.written.some(({ text }) => text === `reeltime ${id}`)).toBe(true)
  expect(computer.pictures.at(-1)!.palette).toEqual(NATIVE_PALETTE)
  expect(computer.rows[1]!.trimEnd()).toBe(`reeltime ${id}`)
})

test('a GPU is taken before a monitor, unless the monitor is asked for', async () => {
  const id = await ended()
  const both = { gpu: [128, 64] as const, speakers: [] }
  const byFormat = attached(both)
  expect(await byFormat.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  await expectWholeShow(byFormat, { id, screen: 'monitor_0' })

  const asked = attached(both)
  asked.onPicture = () => asked.terminate()
  await asked.wgetRun(player, clip, '--screen', 'monitor')
  expect((await newestJob()).tool).toBe('sanjuuni')
  const unasked = attached(both)
  unasked.onShown = () => unasked.terminate()
  await unasked.wgetRun(player, clip)
  expect((await newestJob()).tool).toBe('video_frame')

  const refused = await attached(both).wgetRun(player, id, '--screen', 'gpu')
  expect(refused).toEqual({ ok: false, problem: 'The frames of this job are not for --screen gpu' })
})

test('a single picture stays until a key is pressed', async () => {
  const file = join(directory, 'picture.png')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=144x90', '-frames:v', '1', file])
  const computer = attached()
  let whenTold: number[] | undefined
  computer.onPicture = ({ screen, characters }) => {
    if (screen !== 'term' || whenTold || !characters.includes('Press a key')) return
    whenTold = [picturesOn(computer, 'monitor_0').length, computer.pictures.findLast((picture) => picture.screen === 'monitor_0')!.blits]
    computer.pressKey()
  }
  expect(await computer.wgetRun(player, await hub.api.upload(file))).toEqual({ ok: true, problem: '' })
  expect(framesOn(picturesOn(computer, 'monitor_0'), await framesOf(hub.url, (await newestJob()).id))).toEqual([1])
  expect(whenTold).toEqual([1, 10])
  expectAsBefore(computer, 'monitor_0')
})

test('goes on where it was when its connections are cut', async () => {
  const id = await ended()
  const computer = attached()
  computer.onPicture = () => [20, 60].includes(picturesOn(computer, 'monitor_0').length) && computer.network.cut()
  expect(await computer.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  await expectWholeShow(computer, { id, screen: 'monitor_0' })
  expect(computer.network.paths.filter((path) => /\/frames\?from=\d+&/.test(path)).length).toBeGreaterThanOrEqual(3)
})

test('asks for packs of cells where websockets are not allowed', async () => {
  const id = await ended()
  const computer = attached({ socketsAllowed: false })
  expect(await computer.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  await expectWholeShow(computer, { id, screen: 'monitor_0' })
})

test.each([
  ['Ctrl-T', (computer: Computer) => computer.terminate(), { ok: true, problem: '' }],
  ['a monitor that is taken away', (computer: Computer) => computer.remove('monitor_1'),
    { ok: false, problem: 'The monitor monitor_1 is gone' }],
])('%s ends it, with silent speakers and the other screens as before', async (_, happens, end) => {
  const computer = attached(WALL)
  computer.onPicture = () => picturesOn(computer, 'monitor_1').length === 5 && happens(computer)
  expect(await computer.wgetRun(player, clip, '--monitors', '2x1=monitor_0,monitor_1')).toEqual(end)
  expectAsBefore(computer, 'monitor_0')
  expect(computer.speakers.get('left')!.isSilenced).toBe(true)
  expect(picturesOn(computer, 'monitor_0').length).toBeLessThan(20)
  expect(computer.network.openSockets).toBe(0)
})

test('where nothing shows colours the sound plays, and what is needed is said', async () => {
  const id = await ended()
  const computer = attached({ isAdvanced: false, monitors: [{ name: 'monitor_0', blocks: BLOCKS, isAdvanced: false }] })
  expect(await computer.wgetRun(player, id)).toEqual({ ok: true, problem: '' })
  expect(computer.speakers.get('left')!.dfpwm.equals((await hub.api.download(id, 'audio.dfpwm')).bytes)).toBe(true)
  expect(computer.printed.join(' ')).toMatch(/monitor_0 shows no colours; an advanced one does.*Only the sound plays/)
})

test('a wall of the largest monitors is sent no more than a computer can keep', async () => {
  const names = [...'abcdefghi']
  const computer = attached({ monitors: names.map((name) => ({ name, blocks: [8, 6] as const })), speed: 1 })
  computer.onPicture = () => picturesOn(computer, 'i').length === 10 && computer.terminate()
  expect(await computer.wgetRun(player, clip, '--monitors', `3x3=${names.join(',')}`)).toEqual({ ok: true, problem: '' })
  expect(computer.lostEvents).toBe(0)
  const { id } = await newestJob()
  expect((await hub.api.job(id)).result).toMatchObject({ columns: 492, rows: 243 })
  const frames = await framesOf(hub.url, id)
  const numbers = framesOn(picturesOn(computer, 'i'), frames, 8)
  expect(numbers).not.toContain(0)
  expect(isAscending(numbers)).toBe(true)
  const [, credit] = /&credit=(\d+)/.exec(computer.network.paths.find((path) => path.includes('/frames?'))!) ?? []
  expect(Number(credit) * frames[0]!.length).toBeLessThan(8 * 2 ** 20)
})
