import { expect, test } from 'vitest'
import { WakeUps } from './wake-up.ts'

const isSettled = async (promise: Promise<void>) => {
  let settled = false
  void promise.then(() => (settled = true))
  await new Promise(setImmediate)
  return settled
}

test('a change from before the wait ends it at once, and counts once', async () => {
  const wakeUps = new WakeUps()
  const watch = wakeUps.watch()
  const { signal } = new AbortController()
  wakeUps.wake()
  wakeUps.wake()
  expect(await isSettled(watch.changed(signal))).toBe(true)
  const waiting = watch.changed(signal)
  expect(await isSettled(waiting)).toBe(false)
  wakeUps.wake()
  expect(await isSettled(waiting)).toBe(true)
})

test('each watch is woken, those that have stopped are not, and an abort ends one wait alone', async () => {
  const wakeUps = new WakeUps()
  const [stopped, aborted, other] = [wakeUps.watch(), wakeUps.watch(), wakeUps.watch()]
  const controller = new AbortController()
  const { signal } = new AbortController()
  const waits = [stopped.changed(signal), aborted.changed(controller.signal), other.changed(signal)]
  stopped.stop()
  controller.abort()
  expect(await Promise.all(waits.map(isSettled))).toEqual([false, true, false])
  wakeUps.wake()
  expect([await Promise.all(waits.map(isSettled)), wakeUps.count]).toEqual([[false, true, true], 2])
  expect(await isSettled(aborted.changed(controller.signal))).toBe(true)
})
