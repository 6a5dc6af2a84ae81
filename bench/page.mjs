import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { startHub } from './hub.mjs'
import { watchPage } from './page-watch.mjs'
import { endProcess } from './processes.mjs'
import { makeStandIn } from './stand-in.mjs'
import { duration, printTable, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const SAYER = fileURLToPath(new URL('said-lines-per-second.mjs', import.meta.url))
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file))
const LINES_PER_SECOND = 2000
const JOBS = { all: 500, running: 20 }

/** What the page in Chromium makes of a job that talks fast, and of a long list: the tasks that hold it up, beside those of a page with nothing to do. */
export async function page({ isQuick }) {
  if (!CHROMIUM) return console.log('skipped: there is no chromium')
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info'] })
  try {
    await logPane(browser, { seconds: isQuick ? 10 : 50 })
    await jobList(browser)
  } finally {
    await browser.close()
  }
}

async function logPane(browser, { seconds }) {
  const { hub, submit } = await startSayingHub({ linesPerSecond: LINES_PER_SECOND, running: 2 })
  const rows = []
  const opened = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  const row = (what, watched, more) => rows.push([what, ...figures(watched), more])

  await opened.goto(`${hub.url}/#/new`)
  row('nothing to do', await watchPage(opened, () => animate(opened)), '')

  const id = await submit(seconds)
  const shown = async () => Number((await opened.getByText(/of [\d,]+ lines/).innerText()).replaceAll(',', '').split(' ')[2])
  const come = watchPage(opened, async () => {
    await opened.evaluate((address) => { location.hash = address }, `#/jobs/${id}`)
    await opened.waitForTimeout(seconds * 1000)
    while ((await shown()) < seconds * LINES_PER_SECOND) await pause(100)
  })
  row(`${whole(LINES_PER_SECOND)} lines a second come`, await come, `${whole(await shown())} lines`)

  const count = () => opened.evaluate(() => document.querySelector('[role=log]').getAttribute('aria-busy'))
  const searched = async (act) => {
    await act()
    await opened.waitForTimeout(50)
    while ((await count()) === 'true') await pause(20)
    await opened.waitForTimeout(300)
  }
  row('a search', await watchPage(opened, () => searched(() => opened.getByRole('searchbox').pressSequentially('q=17 size', { delay: 60 }))), `${whole(await shown())} lines`)
  await opened.getByRole('searchbox').fill('')
  row('a level', await watchPage(opened, () => searched(() => opened.getByRole('button', { name: 'Warnings' }).click())), '')
  row('scrolled', await watchPage(opened, async () => {
    await opened.getByRole('button', { name: 'All', exact: true }).click()
    await opened.getByRole('log').hover()
    for (let step = 0; step < 100; step++) await opened.mouse.wheel(0, step < 60 ? -1500 : 900)
  }), '')
  row('opened anew', await watchPage(opened, async () => {
    await opened.reload()
    while ((await shown().catch(() => 0)) < seconds * LINES_PER_SECOND) await pause(100)
  }), `heap ${await heapMegabytes(opened)} MB`)
  printTable([`the log of a job, ${seconds} s`, ...FIGURES, ''], rows)
  await endProcess(hub.child)
}

/** Five seconds in which a frame is asked for after the other. */
function animate(opened) {
  return opened.evaluate(() => new Promise((resolve) => {
    const end = performance.now() + 5000
    const step = (now) => (now > end ? resolve() : requestAnimationFrame(step))
    requestAnimationFrame(step)
  }))
}

async function jobList(browser) {
  const { hub, submit } = await startSayingHub({ linesPerSecond: 5, running: JOBS.running })
  for (let count = 0; count < JOBS.all; count += 20) await Promise.all(Array.from({ length: 20 }, () => submit(600)))
  const opened = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  await opened.goto(hub.url)
  await opened.getByText(`${JOBS.running} running, ${JOBS.all - JOBS.running} waiting`).waitFor({ timeout: 60_000 })
  const rows = [
    ['looked at', ...figures(await watchPage(opened, () => animate(opened)))],
    ['scrolled', ...figures(await watchPage(opened, async () => {
      for (let step = 0; step < 200; step++) await opened.mouse.wheel(0, step < 150 ? 240 : -700)
    }))],
    ['searched', ...figures(await watchPage(opened, () => opened.getByRole('searchbox').pressSequentially('in', { delay: 100 })))],
  ]
  printTable([`a list of ${JOBS.all} jobs, ${JOBS.running} running`, ...FIGURES], rows)
  await endProcess(hub.child)
}

const FIGURES = ['tasks > 50 ms', 'longest', 'of CPU', 'longest', 'frames', 'late']

function figures({ wall, cpu, frames, lateFrames }) {
  return [...[wall, cpu].flatMap((tasks) => [whole(tasks.length), tasks.length === 0 ? '–' : duration(Math.max(...tasks))]), whole(frames), whole(lateFrames)]
}

async function heapMegabytes(opened) {
  const session = await opened.context().newCDPSession(opened)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return whole(usedSize / 1e6)
}

/** A hub whose jobs say lines instead of working. */
async function startSayingHub({ linesPerSecond, running }) {
  const directory = await temporaryDirectory()
  const ffmpeg = await makeStandIn(directory, SAYER, [String(linesPerSecond)])
  const hub = await startHub({
    dataDirectory: join(directory, 'data'), flags: ['--ffmpeg', ffmpeg, '--sandbox', 'off', '--concurrency', String(running), '--submits-per-minute', '100000'],
  })
  const { source } = await (await fetch(`${hub.url}/api/uploads/film.mp4`, { method: 'PUT', body: await makeSound(directory) })).json()
  return { hub, submit: (seconds) => submitSaying(hub, source, seconds) }
}

async function submitSaying(hub, source, seconds) {
  const input = { inputs: [{ source }], outputs: [{ format: 'mp3', args: ['-t', String(seconds)] }] }
  const response = await fetch(`${hub.url}/api/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ tool: 'ffmpeg', input }) })
  const job = await response.json()
  if (job.id === undefined) throw new Error(`the hub refused the job: ${JSON.stringify(job)}`)
  return job.id
}

async function makeSound(directory) {
  const file = join(directory, 'sound.wav')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=600:r=8000', file])
  return readFile(file)
}
