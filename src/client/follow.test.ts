import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Fault, logOf, ScriptedHub, type Visit } from '../../test/scripted-hub.ts'
import type { JobEvent } from '../jobs/job.ts'
import type { FollowOptions } from './follow.ts'
import { HubClient } from './hub-client.ts'
import { HubProblem, HubUnreachableError } from './hub-problem.ts'
import type { JobHandle } from './job-handle.ts'
import type { WebSocketConstructor } from './transport.websocket.ts'

const FAST = { retryMs: 5, silence: { firstByteMs: 150, silenceMs: 150 } } as const
const hubs: ScriptedHub[] = []

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()))
})

for (const transport of ['sse', 'websocket', 'poll'] as const) {
  describe(`by ${transport}`, () => {
    test('every event of the log comes once and in order, and the fold is the job', async () => {
      const { hub, job } = await startHub(logOf(60))
      expect(await logged(job, { transport })).toEqual(offsets(hub))
      const { offset: _, ...whole } = hub.job
      expect(job.job).toEqual(whole)
      expect(hub.visits.every((visit) => visit.transport === transport)).toBe(true)
    })

    test('a connection cut at any place is resumed without gap or repeat', async () => {
      const { hub, job } = await startHub(logOf(90), (_, index) => ({ cutAfter: 1 + index % 4, inside: index % 2 === 0 }))
      // Each poll that is cut tells nothing, so only every second one is.
      if (transport === 'poll') hub.faultOf = (_, index) => index % 2 === 0 ? { cutAfter: 0 } : 'none'
      expect(await logged(job, { transport })).toEqual(offsets(hub))
      expect(hub.visits.length).toBeGreaterThan(5)
    })

    test('a hub that dies and comes back on its port is found again', async () => {
      const { hub, job } = await startHub(logOf(60), (_, index) => index === 0 ? { cutAfter: 5 } : 'none')
      const states: string[] = []
      let restart: Promise<unknown> | undefined
      const events = await logged(job, {
        transport,
        onConnection(state, { cause }) {
          states.push(state)
          if (state === 'lost' && !restart) restart = hub.stop()
          else if (state === 'lost' && cause instanceof HubUnreachableError) restart = restart?.then(() => hub.start())
        },
      })
      expect(events).toEqual(offsets(hub))
      expect(states.filter((state) => state === 'lost').length).toBeGreaterThanOrEqual(2)
      expect(states.at(-1)).toBe('live')
    })

    test('an unknown job is a problem, not something to wait for', async () => {
      const { hub } = await startHub(logOf(1))
      const nobody = client(hub).job('nobody')
      await expect(logged(nobody, { transport })).rejects.toMatchObject({ name: 'HubProblem', status: 404, code: 'job_not_found' })
    })

    test('an abort ends it with the reason of the signal', async () => {
      const { job } = await startHub(logOf(20).slice(0, -1), () => 'stay open')
      const controller = new AbortController()
      const reason = new Error('enough')
      const onEvent = ({ type }: JobEvent) => { if (type === 'new_logs') controller.abort(reason) }
      const reading = logged(job, { transport, signal: controller.signal, onEvent })
      await expect(reading).rejects.toBe(reason)
    })

    test('a reader that begins at the very end is told the end', async () => {
      const { hub, job } = await startHub(logOf(5))
      const events = await collect(job, { transport, after: hub.log.at(-1)?.offset ?? '' })
      expect(events.filter(({ type }) => type !== 'snapshot')).toEqual([{ type: 'end', data: { status: 'completed' } }])
    })

    test('the end of an earlier run of a job is not its end', async () => {
      const earlier = logOf(5, 'failed').map((event) => ({ ...event, offset: `first-${event.offset}` }))
      const { hub, job } = await startHub([...earlier, ...logOf(5)])
      expect(await logged(job, { transport })).toEqual(offsets(hub))
      expect(job.job.status).toBe('completed')
    })
  })
}

test('a connection that a proxy keeps open behind the end does not keep the reader', async () => {
  for (const transport of ['sse', 'websocket'] as const) {
    const { hub, job } = await startHub(logOf(5), () => 'stay open')
    expect(await logged(job, { transport, silence: { firstByteMs: 60_000, silenceMs: 60_000 } })).toEqual(offsets(hub))
    expect(hub.visits.length).toBe(1)
  }
})

test('where a proxy buffers event streams for ever the WebSocket is taken, and remembered for the next reader', async () => {
  const { hub, job, hubClient } = await startHub(logOf(20), ({ transport }) => transport === 'sse' ? 'silent' : 'none')
  expect(await logged(job)).toEqual(offsets(hub))
  expect(transportsOf(hub)).toEqual(['sse', 'websocket'])
  await logged(hubClient.job('job'))
  expect(transportsOf(hub)).toEqual(['sse', 'websocket', 'websocket'])
})

for (const fault of ['hang', 'silent', 'html', 'cut at once'] as const) {
  test(`where neither event streams nor WebSockets get through (${fault}) long poll is taken`, async () => {
    const { hub, job } = await startHub(logOf(20), ({ transport }) => transport === 'poll' ? 'none' : fault)
    expect(await logged(job)).toEqual(offsets(hub))
    const tried = transportsOf(hub).filter((transport, index, all) => transport !== all[index - 1])
    expect(tried).toEqual(['sse', 'websocket', 'poll'])
    // Only a cut may be chance; what is plainly no channel is not asked twice.
    expect(transportsOf(hub).indexOf('websocket')).toBe(fault === 'cut at once' ? 3 : 1)
  })
}

test('without a WebSocket on the platform long poll comes after event streams', async () => {
  const { hub } = await startHub(logOf(20), ({ transport }) => transport === 'sse' ? 'html' : 'none')
  const job = new HubClient({ url: hub.url, WebSocket: null }).job('job')
  expect(await logged(job)).toEqual(offsets(hub))
  expect(transportsOf(hub)).not.toContain('websocket')
})

test('a stream that falls silent in the middle is given up and resumed', async () => {
  const unfinished = logOf(40).slice(0, -1)
  const { hub, job } = await startHub(unfinished, (_, index) => index === 0 ? 'stay open' : 'none')
  const whole = new ScriptedHub(logOf(40)).log
  const types: string[] = []
  const reading = collect(job, {
    transport: 'sse',
    onConnection(state) {
      types.push(state)
      if (state === 'lost' && types.length === 3) (hub as { log: readonly JobEvent[] }).log = whole
    },
  })
  expect((await reading).flatMap(({ offset }) => offset ?? [])).toEqual(whole.map(({ offset }) => offset))
  expect(hub.visits[1]?.after).toBe(unfinished.at(-1)?.offset)
})

test('whatever breaks in whatever order, nothing is missing and nothing comes twice', async () => {
  const faults: readonly Fault[] = [
    'html', 'cut at once', { cutAfter: 1 }, { cutAfter: 2, inside: true }, { cutAfter: 5 }, { status: 502 },
    { closeWith: 1001, after: 3 }, { closeWith: 4408, after: 2 }, { closeWith: 1011, after: 0 },
    { status: 503, problem: { code: 'shutting_down', detail: 'stopping' } }, 'none',
  ]
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...faults), { minLength: 1, maxLength: 8 }), async (script) => {
    const { hub, job } = await startHub(logOf(40), (_, index) => script[index] ?? 'none')
    expect(await logged(job, { retryMs: 1 })).toEqual(offsets(hub))
    await hub.stop()
  }), { numRuns: 40 })
})

test('a busy hub is left alone for as long as it asks', async () => {
  const { hub, job } = await startHub(logOf(3), (_, index) => index === 0
    ? { status: 429, headers: { 'retry-after': '0.2' }, problem: { code: 'too_many_connections', detail: 'full' } } : 'none')
  const pauses: (number | undefined)[] = []
  expect(await logged(job, { onConnection: (_, { pauseMs }) => pauses.push(pauseMs) })).toEqual(offsets(hub))
  expect(pauses.find((pauseMs) => pauseMs !== undefined)).toBeGreaterThanOrEqual(200)
})

test('410 tells that the job has expired', async () => {
  const problem = { code: 'job_expired', detail: 'expired', hint: 'run it again' }
  const { job } = await startHub(logOf(3), () => ({ status: 410, problem }))
  const error = await logged(job).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(HubProblem)
  expect(error).toMatchObject({ status: 410, code: 'job_expired', detail: 'expired', hint: 'run it again' })
})

test('patience with a hub that stays away ends', async () => {
  const { hub, job } = await startHub(logOf(3))
  await hub.stop()
  await expect(logged(job, { patienceMs: 60 })).rejects.toBeInstanceOf(HubUnreachableError)
})

test('a snapshot begins each connection and holds the job as of the offset', async () => {
  const { job } = await startHub(logOf(30), (_, index) => index === 0 ? { cutAfter: 6 } : 'none')
  const events = await collect(job, { transport: 'sse' })
  const snapshots = events.filter(({ type }) => type === 'snapshot')
  expect(snapshots.map(({ data }) => (data as { status: string }).status)).toEqual(['queued', 'running'])
  expect(snapshots.every(({ data }) => !('offset' in data))).toBe(true)
})

test('events of a type that this client does not know are left out', async () => {
  const { hub, job } = await startHub(logOf(5))
  const [first] = hub.log
  ;(hub as { log: readonly unknown[] }).log = [{ ...first, type: 'telemetry', offset: 'odd' }, ...hub.log]
  expect(await logged(job)).toEqual(offsets(hub).slice(1))
})

interface Options extends FollowOptions {
  readonly onEvent?: (event: JobEvent) => void
}

async function startHub(log: readonly JobEvent[], faultOf: (visit: Visit, index: number) => Fault = () => 'none') {
  const hub = await new ScriptedHub(log).start()
  hub.faultOf = faultOf
  hubs.push(hub)
  const hubClient = client(hub)
  return { hub, hubClient, job: hubClient.job('job') }
}

function client(hub: ScriptedHub): HubClient {
  return new HubClient({ url: hub.url, WebSocket: WebSocket as unknown as WebSocketConstructor, patienceMs: 2000 })
}

async function collect(job: JobHandle, { onEvent, ...options }: Options = {}): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of job.events({ ...FAST, ...options })) {
    events.push(event)
    onEvent?.(event)
  }
  return events
}

/** The offsets of what came from the log. */
async function logged(job: JobHandle, options: Options = {}): Promise<string[]> {
  return (await collect(job, options)).flatMap(({ offset }) => offset ?? [])
}

function offsets(hub: ScriptedHub): (string | undefined)[] {
  return hub.log.map(({ offset }) => offset)
}

function transportsOf(hub: ScriptedHub): string[] {
  return hub.visits.map(({ transport }) => transport)
}
