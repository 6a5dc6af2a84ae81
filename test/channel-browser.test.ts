import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyEvent, EMPTY_JOB, type JobEvent } from '../src/jobs/job.ts'
import { ChannelHub } from './channel-hub.ts'
import { logged, readPages } from './channel-reader.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

let hub: ChannelHub

beforeEach(async () => {
  hub = await ChannelHub.start()
})

afterEach(() => hub.stop())

const NAME = "a browser's EventSource comes back by itself, misses nothing, and stops behind the end (needs Chromium)"

test.skipIf(!existsSync(CHROMIUM))(NAME, async () => {
  const job = await hub.job('a')
  const requests: (string | undefined)[] = []
  hub.server.on('request', (request) => {
    if (request.headers.accept === 'text/event-stream') requests.push(request.headers['last-event-id'] as string | undefined)
  })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${hub.port}/hello`)
    const received = page.evaluate(async (url) => {
      const events: { type: string; offset: string | undefined; data: unknown }[] = []
      const source = new EventSource(url)
      await new Promise<void>((resolve) => {
        for (const type of ['snapshot', 'status', 'progress', 'new_logs', 'artifact', 'result', 'error', 'end', 'ping', 'reset']) {
          source.addEventListener(type, (event: MessageEvent<string | undefined>) => {
            // The browser's own trouble comes as an event named error too, without data.
            if (event.data === undefined) return void (source.readyState === EventSource.CLOSED && resolve())
            const isLogged = !['snapshot', 'progress', 'ping', 'reset'].includes(type)
            events.push({ type, offset: isLogged ? event.lastEventId : undefined, data: JSON.parse(event.data) })
          })
        }
      })
      return events
    }, '/api/jobs/a/events')
    while (hub.log.followerCount === 0) await new Promise(setImmediate)
    for (let n = 0; n < 20; n++) await job.log(5)
    job.progress(50)
    hub.server.closeAllConnections()
    await job.log(5)
    while (requests.length < 2) await new Promise(setImmediate)
    await job.log(5)
    await job.end()
    const events = (await received) as unknown as JobEvent[]
    const all = logged(await readPages(hub.url('a')))
    expect(logged(events)).toEqual(all)
    const { offset: _, ...folded } = events.reduce(applyEvent, EMPTY_JOB)
    expect(folded).toEqual(job.job)
    // The third request is answered 204, and no other follows.
    expect([requests.length, requests[0], requests[2]]).toEqual([3, undefined, all.at(-1)?.offset])
  } finally {
    await browser.close()
  }
})
