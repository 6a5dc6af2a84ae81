import { expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { JobCancelledError, JobStalledError, JobTimeoutError, limitAttempt, OutputTooLargeError } from './attempt-limits.ts'

const LONG_MS = 60_000
const room = async () => undefined

/** The reason for which the signal aborts. */
function reasonOf(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    signal.addEventListener('abort', () => resolve(signal.reason))
  })
}

test('an attempt that takes too long is aborted', async () => {
  const limits = limitAttempt(new AbortController().signal, { timeoutMs: 20, stallMs: LONG_MS, maxOutputBytes: 1000, assertRoom: room })
  expect(await reasonOf(limits.signal)).toBeInstanceOf(JobTimeoutError)
  limits.stop()
})

test('an attempt that says nothing and writes nothing is aborted', async () => {
  const limits = limitAttempt(new AbortController().signal, { timeoutMs: LONG_MS, stallMs: 100, maxOutputBytes: 1000, assertRoom: room })
  limits.watchForStall(async () => 5)
  expect(await reasonOf(limits.signal)).toBeInstanceOf(JobStalledError)
  limits.stop()
})

test.each(['growth', 'output'])('%s keeps an attempt from counting as stalled', async (sign) => {
  const limits = limitAttempt(new AbortController().signal, { timeoutMs: LONG_MS, stallMs: 150, maxOutputBytes: 1000, assertRoom: room })
  let looks = 0
  await new Promise<void>((resolve) => limits.watchForStall(async () => {
    if (++looks === 12) resolve()
    if (sign === 'output') limits.sawOutput()
    return sign === 'growth' ? looks : 0
  }))
  expect(limits.signal.aborted).toBe(false)
  limits.stop()
})

test('an attempt that writes more than it may is aborted', async () => {
  const limits = limitAttempt(new AbortController().signal, { timeoutMs: LONG_MS, stallMs: 500, maxOutputBytes: 1000, assertRoom: room })
  let bytes = 0
  limits.watchForStall(async () => (bytes += 500))
  expect(await reasonOf(limits.signal)).toBeInstanceOf(OutputTooLargeError)
  expect(bytes).toBe(1500)
  limits.stop()
})

test('a disk that fills while it runs ends the attempt', async () => {
  const full = new HubError('disk_full', 'full')
  const limits = limitAttempt(new AbortController().signal, { timeoutMs: LONG_MS, stallMs: 500, maxOutputBytes: 1000, assertRoom: () => Promise.reject(full) })
  limits.watchForStall(async () => 0)
  expect(await reasonOf(limits.signal)).toBe(full)
  limits.stop()
})

test('the first cause is the one reported', async () => {
  const parent = new AbortController()
  const limits = limitAttempt(parent.signal, { timeoutMs: 30, stallMs: LONG_MS, maxOutputBytes: 1000, assertRoom: room })
  const cancelled = new JobCancelledError()
  parent.abort(cancelled)
  const late = limitAttempt(new AbortController().signal, { timeoutMs: 60, stallMs: LONG_MS, maxOutputBytes: 1000, assertRoom: room })
  await reasonOf(late.signal)
  expect(limits.signal.reason).toBe(cancelled)
  limits.stop()
  late.stop()
})
