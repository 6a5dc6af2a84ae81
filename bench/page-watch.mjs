/** A frame that comes later than two of a screen's 60 a second. */
const LATE_MS = 34

/** Runs `act` and tells which tasks held the page up for more than 50 ms meanwhile, and how many frames came late. */
export async function watchPage(opened, act) {
  await opened.addInitScript(begin)
  await opened.evaluate(begin)
  await act()
  return opened.evaluate((lateMs) => {
    const { longTasks, frameMs, observer } = globalThis.watched
    longTasks.push(...observer.takeRecords().map(({ duration }) => duration))
    return { longTasks, frames: frameMs.length, lateFrames: frameMs.filter((ms) => ms > lateMs).length }
  }, LATE_MS)
}

/** In the page; begins anew each time. */
function begin() {
  if (globalThis.watched) globalThis.watched.isOver = true
  globalThis.watched?.observer.disconnect()
  const own = { longTasks: [], frameMs: [], isOver: false }
  own.observer = new PerformanceObserver((list) => own.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
  own.observer.observe({ type: 'longtask' })
  globalThis.watched = own
  let before
  const frame = (now) => {
    if (own.isOver) return
    if (before !== undefined) own.frameMs.push(now - before)
    before = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}
