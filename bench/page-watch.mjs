/** A frame that comes later than two of a screen's 60 a second. */
const LATE_MS = 34
const LONG_MS = 50

/**
 * Runs `act` and tells which tasks of the page took more than 50 ms meanwhile, by the browser's trace: `wall` as a
 * person has it, and `cpu` without the time in which the machine did something else. And how many frames came late.
 */
export async function watchPage(opened, act) {
  const browser = opened.context().browser()
  await browser.startTracing(opened, { categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'] })
  await act()
  const { traceEvents } = JSON.parse(String(await browser.stopTracing()))
  const isMain = mainThreads(traceEvents)
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && isMain(event))
  const frames = traceEvents.filter((event) => event.name === 'FireAnimationFrame' && isMain(event)).map(({ ts }) => ts / 1000).sort((a, b) => a - b)
  return {
    wall: long(tasks.map(({ dur = 0 }) => dur / 1000)), cpu: long(tasks.map(({ tdur = 0 }) => tdur / 1000)),
    frames: frames.length, lateFrames: frames.filter((at, index) => index > 0 && at - frames[index - 1] > LATE_MS).length,
  }
}

function long(milliseconds) {
  return milliseconds.filter((ms) => ms > LONG_MS)
}

/** Where scripts run and the page is laid out. */
function mainThreads(traceEvents) {
  const names = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const threads = new Set(names.map(({ pid, tid }) => `${pid} ${tid}`))
  return ({ pid, tid }) => threads.has(`${pid} ${tid}`)
}
