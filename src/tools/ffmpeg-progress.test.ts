import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import type { FfmpegExpectation } from './ffmpeg-progress.ts'
import type { OutputLine, ToolUpdate } from './tool.ts'

const recordedProgress = readFileSync(new URL('./ffmpeg-progress.recording.txt', import.meta.url), 'utf8').split('\n')
const recordedLog = readFileSync(new URL('./ffmpeg-log.recording.txt', import.meta.url), 'utf8').split('\n')

test('a recorded run gives one update for each block, rising to the end', () => {
  const updates = progress({ expectedSeconds: 3 }, recordedProgress)
  expect(updates).toHaveLength(recordedProgress.filter((line) => line.startsWith('progress=')).length)
  const fractions = updates.map(({ fraction }) => fraction ?? 0)
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
  expect(fractions.at(0)).toBeLessThan(0.5)
  expect(fractions.at(-1)).toBeGreaterThan(0.95)
  expect(updates.at(-1)).toMatchObject({ frame: 75, bytes: 48_131, outTimeSeconds: 3.018594, speed: 18 })
})

test('a block carries frames, rates, time and bytes', () => {
  const block = ['frame=12', 'fps=24.50', 'total_size=4096', 'out_time_us=1500000', 'speed=1.23x', 'progress=continue']
  expect(progress({ expectedSeconds: 6 }, block))
    .toEqual([{ type: 'progress', fraction: 0.25, frame: 12, fps: 24.5, speed: 1.23, outTimeSeconds: 1.5, bytes: 4096 }])
})

test('what ffmpeg does not know yet is left out', () => {
  const block = ['frame=0', 'fps=0.00', 'total_size=N/A', 'out_time_us=N/A', 'speed=N/A', 'progress=continue']
  expect(progress({ expectedSeconds: 6 }, block)).toEqual([{ type: 'progress', fraction: null, frame: 0 }])
  expect(progress({ expectedSeconds: 6 }, ['out_time_us=-9223372036854775807', 'progress=continue']))
    .toEqual([{ type: 'progress', fraction: null }])
})

test('frames count before seconds where their number is known', () => {
  const block = ['frame=3', 'out_time_us=9000000', 'progress=continue']
  expect(progress({ expectedSeconds: 10, expectedFrames: 12 }, block)[0]?.fraction).toBe(0.25)
})

test('the fraction is null without a total, never over 1, and never goes back', () => {
  const blocks = [5, 30, 10].flatMap((seconds) => [`out_time_us=${seconds * 1e6}`, 'progress=continue'])
  expect(progress({ expectedSeconds: 20 }, blocks).map(({ fraction }) => fraction)).toEqual([0.25, 1, 1])
  expect(progress({ expectedSeconds: null }, blocks).map(({ fraction }) => fraction)).toEqual([null, null, null])
  expect(progress({ expectedSeconds: 0 }, blocks).map(({ fraction }) => fraction)).toEqual([null, null, null])
})

test('a value of one block does not leak into the next', () => {
  const blocks = ['frame=12', 'progress=continue', 'out_time_us=1000000', 'progress=end']
  expect(progress({ expectedSeconds: 2 }, blocks)[1]).toEqual({ type: 'progress', fraction: 0.5, outTimeSeconds: 1 })
})

test('the recorded log keeps every line, with its level and without addresses', () => {
  const updates = log({ expectedSeconds: null }, recordedLog)
  expect(updates).toHaveLength(recordedLog.filter((line) => line.trim() !== '').length)
  expect(updates.every(({ text }) => !/^\[(info|warning|error)\]| @ 0x/.test(text))).toBe(true)
  expect(updates).toContainEqual({ type: 'log', level: 'info', text: '[libx264] profile High, level 1.3, 4:2:0, 8-bit' })
  expect(updates).toContainEqual({ type: 'log', level: 'error', text: 'Error reinitializing filters!' })
  expect(updates.find(({ text }) => text.startsWith('x265'))?.level).toBe('info')
})

test.each([
  ['[panic] so long', 'fatal', 'so long'],
  ['[fatal] no', 'fatal', 'no'],
  ['[warning] hm', 'warning', 'hm'],
  ['[verbose] well', 'debug', 'well'],
  ['[trace] deep', 'debug', 'deep'],
  ['[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55d0] [aac @ 0x7f00aa] [error] bad frame', 'error', '[mov,mp4,m4a,3gp,3g2,mj2] [aac] bad frame'],
  ['[info]   Metadata:', 'info', '  Metadata:'],
  ['Svt[warn]: slow', 'warning', 'Svt[warn]: slow'],
  ['no level at all', 'info', 'no level at all'],
  ['[chapter 1] [surprise]', 'info', '[chapter 1] [surprise]'],
])('%j is of level %s', (line, level, text) => {
  expect(log({ expectedSeconds: null }, [line])).toEqual([{ type: 'log', level, text }])
})

test('paths of the host are shown under another name', () => {
  const hiddenPaths = new Map([['/data/jobs/7/in/0', 'input'], ['/data/jobs/7/out/', '']])
  const [input, output] = log({ expectedSeconds: null, hiddenPaths },
    ["[info] Input #0, wav, from '/data/jobs/7/in/0':", "[info] Output #0, mp3, to '/data/jobs/7/out/output.mp3':"])
  expect(input?.text).toBe("Input #0, wav, from 'input':")
  expect(output?.text).toBe("Output #0, mp3, to 'output.mp3':")
})

test('no line makes it throw, and no fraction leaves 0 to 1', () => {
  const odd = ['out_time_us=1e400', 'frame=NaN', '\r', '=']
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...recordedProgress, ...recordedLog, ...odd))
  const lines = fc.record({ source: fc.constantFrom('progress', 'stdout', 'stderr'), text: texts })
  fc.assert(fc.property(fc.array(lines, { maxLength: 60 }), fc.option(fc.double()), (given, expectedSeconds) => {
    const parser = new FfmpegProgressParser({ expectedSeconds })
    for (const update of given.flatMap((line) => parser.push(line as OutputLine))) {
      if (update.type === 'progress' && update.fraction !== null) expect(update.fraction >= 0 && update.fraction <= 1).toBe(true)
    }
  }))
})

test('a block that never ends is not kept', () => {
  const parser = new FfmpegProgressParser({ expectedSeconds: 1 })
  for (let index = 0; index < 5000; index++) parser.push({ source: 'progress', text: `key${index}=1` })
  expect(parser.push({ source: 'progress', text: 'progress=continue' })).toEqual([])
})

function progress(expectation: FfmpegExpectation, lines: readonly string[]) {
  return parse(expectation, 'progress', lines).filter((update) => update.type === 'progress')
}

function log(expectation: FfmpegExpectation, lines: readonly string[]) {
  return parse(expectation, 'stderr', lines).filter((update) => update.type === 'log')
}

function parse(expectation: FfmpegExpectation, source: OutputLine['source'], lines: readonly string[]): readonly ToolUpdate[] {
  const parser = new FfmpegProgressParser(expectation)
  return lines.flatMap((text) => parser.push({ source, text }))
}
