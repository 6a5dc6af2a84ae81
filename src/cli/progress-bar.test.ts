import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EMPTY_JOB, type Job } from '../jobs/job.ts'
import { progressOf, renderBar, renderLine, transferProgress } from './progress-bar.ts'

const RUNNING: Job = {
  ...EMPTY_JOB, status: 'running', attempt: 1, phase: 'running', progress: 41.66,
  fps: 143.2, speed: 5.731, frame: 625, out_time_s: 25, eta_s: 6.1, bytes: 3_145_728,
}
const ASCII = { columns: 100, hasUnicode: false, hasColor: false } as const

test('a running job shows phase, bar, percent, time left, speed and the rest', () => {
  expect(renderBar(progressOf(RUNNING), ASCII)).toBe(
    'running     [#########-------------]   41.7%  0:06 left  5.73x  143 fps  at 0:25  frame 625  3.1 MB')
})

test('blocks have eighths and colour where the terminal can', () => {
  const bar = renderBar({ label: 'running', percent: 56.25, facts: [] }, { columns: 29, hasUnicode: true, hasColor: true })
  expect(bar).toBe('running     \x1b[36m████▌░░░\x1b[0m   56.3%')
})

test('a narrow terminal loses the least important facts first, then the bar', () => {
  expect(renderBar(progressOf(RUNNING), { ...ASCII, columns: 45 })).toBe('running     [####-------]   41.7%  0:06 left')
  expect(renderBar(progressOf(RUNNING), { ...ASCII, columns: 25 })).toBe('running      41.7%')
  expect(renderBar(progressOf(RUNNING), { ...ASCII, columns: 6 })).toBe('runni')
})

test('no bar is longer than its terminal is wide', () => {
  const percent = fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null })
  const facts = fc.array(fc.string({ unit: 'grapheme-ascii' }))
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), percent, facts, fc.boolean(), (columns, done, told, hasUnicode) => {
    const bar = renderBar({ label: 'running', percent: done, facts: told }, { columns, hasUnicode, hasColor: false })
    expect(bar.length).toBeLessThan(Math.max(2, columns))
  }))
})

test('where no total is known there is no bar and no percent', () => {
  const { eta_s: _, ...job } = { ...RUNNING, progress: null }
  expect(renderBar(progressOf(job), ASCII)).toBe('running     5.73x  143 fps  at 0:25  frame 625  3.1 MB')
})

test('a waiting job shows its place, a later attempt its number', () => {
  expect(renderLine(progressOf({ ...EMPTY_JOB, queue_position: 3 }))).toBe('queued  number 3 in the queue')
  expect(renderLine(progressOf({ ...RUNNING, attempt: 2 }))).toMatch(/^running {2}41\.7% .* {2}attempt 2$/)
})

test('a job that waits for its upload shows how far that is', () => {
  const job = { ...EMPTY_JOB, phase: 'uploading', bytes: 3_000_000, total_bytes: 12_000_000 } as const
  expect(renderLine(progressOf(job))).toBe('uploading  25.0%  3.0 MB of 12.0 MB')
  const { total_bytes: _, ...unknown } = job
  expect(renderLine(progressOf(unknown))).toBe('uploading  3.0 MB')
})

test('a transfer shows how much of what, how fast and how long still', () => {
  expect(renderLine(transferProgress('upload', { bytes: 3_000_000, totalBytes: 12_000_000, began: 1000, now: 3000 }))).toBe(
    'upload  25.0%  0:06 left  3.0 MB of 12.0 MB  1.5 MB/s')
  expect(renderLine(transferProgress('upload', { bytes: 999, totalBytes: undefined, began: 0, now: 10 }))).toBe('upload  999 B')
})
