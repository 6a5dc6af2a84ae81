import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { JobEvent } from '../src/jobs/job.ts'
import { ChannelHub } from './channel-hub.ts'
import { logged, readPages, readWebSocket } from './channel-reader.ts'

let hub: ChannelHub

beforeEach(async () => {
  hub = await ChannelHub.start()
})

afterEach(() => hub.stop())

type Message = JobEvent & { readonly job?: string; readonly close_code?: number }

/** One socket of many jobs, and what has come over it. */
class ManyJobs {
  readonly messages: Message[] = []
  readonly socket: WebSocket
  #onMessage: () => void = () => undefined

  constructor() {
    this.socket = new WebSocket(`ws://127.0.0.1:${hub.port}/api/ws`)
    this.socket.on('message', (bytes) => {
      this.messages.push(JSON.parse(String(bytes)) as Message)
      this.#onMessage()
    })
  }

  async opened(): Promise<this> {
    await once(this.socket, 'open')
    return this
  }

  say(...messages: object[]): void {
    for (const message of messages) this.socket.send(JSON.stringify(message))
  }

  of(job: string): Message[] {
    return this.messages.filter((message) => message.job === job)
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#onMessage = resolve))
  }
}

const hasEnd = (messages: readonly { type: string }[]) => messages.some(({ type }) => type === 'end')

test('a message over 64 KiB closes with 1009', async () => {
  await hub.job('a')
  expect(await readWebSocket(hub.url('a'), { onOpen: (socket) => socket.send('x'.repeat(64 * 1024 + 1)) })).toMatchObject({ code: 1009 })
})

test.each(['no JSON', '[]', '7', 'null', '{"a":1}', ''])('a message %j is answered with an error, and the socket stays', async (text) => {
  const job = await hub.job('a')
  const reading = readWebSocket(hub.url('a'), {
    onOpen: (socket) => socket.send(text),
    until: ({ type }) => (type === 'error' && void job.end(), false),
  })
  const { code, events } = await reading
  expect(events.find(({ type }) => type === 'error')).toMatchObject({ data: { code: 'invalid_message' } })
  expect([code, hasEnd(events)]).toEqual([1000, true])
})

test('a page of another origin is refused with 4403; our own, a friend and what sends no Origin are not', async () => {
  const job = await hub.job('a')
  await job.end()
  const origins = ['https://evil.example', 'null', `http://127.0.0.1:${hub.port}`, 'https://friend.example', undefined]
  const codes = await Promise.all(origins.map(async (origin) => {
    const { code } = await readWebSocket(hub.url('a'), { headers: origin === undefined ? {} : { origin } })
    return code
  }))
  expect(codes).toEqual([4403, 4403, 1000, 1000, 1000])
})

test('an upgrade at a place that has no socket is answered 404', async () => {
  await expect(readWebSocket(`http://127.0.0.1:${hub.port}/api/nothing`)).rejects.toThrow('404')
})

test('one socket carries many jobs, each whole and under its own name', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `job${index}`)
  const jobs = await Promise.all(names.map((name) => hub.job(name)))
  const many = await new ManyJobs().opened()
  many.say(...names.map((job) => ({ op: 'sub', job })))
  for (let n = 0; n < 10; n++) await Promise.all(jobs.map((job) => job.log(3)))
  await Promise.all(jobs.map((job) => job.end()))
  await many.until(() => names.every((name) => hasEnd(many.of(name))))
  for (const name of names) {
    expect(many.of(name)[0]?.type).toBe('snapshot')
    expect(logged(many.of(name))).toEqual(logged(await readPages(hub.url(name))))
  }
  expect(many.socket.readyState).toBe(WebSocket.OPEN)
  many.socket.terminate()
})

test('who gives a job up hears no more of it, and who comes back with its offset misses nothing', async () => {
  const job = await hub.job('a')
  await hub.job('b')
  const many = await new ManyJobs().opened()
  many.say({ op: 'sub', job: 'a' })
  await many.until(() => logged(many.of('a')).length === 2)
  many.say({ op: 'unsub', job: 'a' }, { op: 'sub', job: 'b' })
  await many.until(() => many.of('b').length > 0)
  await job.log(5)
  expect(many.of('a').length).toBe(3)
  const after = logged(many.of('a')).at(-1)?.offset
  many.say({ op: 'sub', job: 'a', after, types: 'new_logs' })
  await job.end()
  await many.until(() => hasEnd(many.of('a')))
  expect(many.of('a').slice(3).map(({ type }) => type)).toEqual(['snapshot', 'new_logs', 'end'])
  many.socket.terminate()
})

test('a job that is given up and asked for again in one breath is told once', async () => {
  const job = await hub.job('a')
  const many = await new ManyJobs().opened()
  for (let n = 0; n < 5; n++) many.say({ op: 'sub', job: 'a' }, { op: 'unsub', job: 'a' })
  many.say({ op: 'sub', job: 'a' })
  await many.until(() => many.of('a').length >= 3)
  await job.end()
  await many.until(() => hasEnd(many.of('a')))
  many.say({ op: 'sub', job: 'none' })
  await many.until(() => many.of('none').length > 0)
  const truth = logged(await readPages(hub.url('a')))
  const { length } = truth
  expect(logged(many.of('a')).slice(-length)).toEqual(truth)
  expect(many.of('a').filter(({ type }) => type === 'end').length).toBe(1)
  many.socket.terminate()
  await once(many.socket, 'close')
  while (job.open.broadcast.size > 0) await new Promise(setImmediate)
})

test('what cannot be followed is said under its name, and the rest goes on', async () => {
  const job = await hub.job('a')
  const many = await new ManyJobs().opened()
  many.say({ op: 'sub', job: 'none' }, { op: 'sub', job: 'a', after: 'nonsense' })
  many.say({ op: 'dance', job: 'a' }, { op: 'sub' }, { op: 'unsub', job: 'x' })
  await many.until(() => many.messages.length === 4)
  expect(many.of('none')).toEqual([expect.objectContaining({ type: 'error', close_code: 4404 })])
  expect(many.of('a')).toEqual([expect.objectContaining({ type: 'error', close_code: 4400 })])
  many.say({ op: 'sub', job: 'a' }, { op: 'sub', job: 'a' })
  await job.end()
  await many.until(() => hasEnd(many.of('a')))
  expect(many.of('a').filter(({ type }) => type === 'error').length).toBe(2)
  many.socket.terminate()
})

test('a job that is removed says so on a socket of many, which stays', async () => {
  await hub.job('a')
  const many = await new ManyJobs().opened()
  many.say({ op: 'sub', job: 'a' })
  await many.until(() => many.of('a').length === 3)
  await hub.log.remove('a')
  await many.until(() => many.of('a').length === 4)
  expect(many.of('a')[3]).toMatchObject({ type: 'error', close_code: 4404 })
  expect(many.socket.readyState).toBe(WebSocket.OPEN)
  many.socket.terminate()
})

test('a client that sends without end and reads nothing is let go', async () => {
  const many = await new ManyJobs().opened()
  many.socket.pause()
  const closed = once(many.socket, 'close')
  many.socket.on('error', () => undefined)
  const flood = () => {
    if (many.socket.readyState !== WebSocket.OPEN) return
    for (let n = 0; n < 500; n++) many.socket.send('{}')
    if (hub.gate.size === 0) many.socket.terminate()
    setImmediate(flood)
  }
  flood()
  await closed
})

test('a ping comes as a message and as a frame of the protocol', async () => {
  const job = await hub.job('a')
  const socket = new WebSocket(hub.url('a').replace('http', 'ws'))
  const types: string[] = []
  socket.on('message', (bytes) => types.push((JSON.parse(String(bytes)) as JobEvent).type))
  while (types.length < 3) await once(socket, 'message')
  const pinged = once(socket, 'ping')
  for (let tick = 0; tick < 15; tick++) for (const follower of job.open.broadcast.followers) follower.tick()
  await pinged
  if (types.at(-1) !== 'ping') await once(socket, 'message')
  expect(types).toEqual(['snapshot', 'status', 'status', 'ping'])
  socket.terminate()
})

test('a hub that stops asks everybody to come back: 1001', async () => {
  await hub.job('a')
  const reading = readWebSocket(hub.url('a'))
  const many = await new ManyJobs().opened()
  const closed = once(many.socket, 'close')
  many.say({ op: 'sub', job: 'a' })
  await many.until(() => many.of('a').length === 3)
  hub.gate.close()
  hub.log.cutFollowers()
  expect((await reading).code).toBe(1001)
  expect((await closed)[0]).toBe(1001)
})

test('a socket that breaks in the middle leaves no reader and no listener behind', async () => {
  const job = await hub.job('a')
  for (let n = 0; n < 20; n++) {
    const reading = readWebSocket(hub.url('a'), { until: (_, count) => count === 1 + (n % 3) })
    await job.log(50)
    await reading
  }
  while (job.open.broadcast.size > 0 || hub.gate.size > 0) await new Promise(setImmediate)
  expect(job.open.stream.watchCount).toBe(0)
})
