import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { heldSource } from './faults/held-source.ts'
import { startKeyedHub } from './keyed-hub.ts'
import { brief, makeTone } from './media.ts'
import { removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from './running-hub.ts'
import { answering, SECRET, startReceiver, verify } from './webhook-receiver.ts'

let scratch: string
let tone: string
let hub: InnerHub | undefined
let logged: string[] = []
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(async () => {
  await hub?.stop()
  hub = undefined
})
afterAll(() => removeDirectory(scratch))

const SETTINGS = { REELTIME_FETCH_ALLOW: '127.0.0.1', REELTIME_WEBHOOK_RETRIES: '0.02,0.02,0.02,0.02,0.02,0.02' }

async function start(settings: Record<string, string> = {}, directory = join(scratch, `data-${count++}`)): Promise<InnerHub> {
  logged = []
  const write = (event: string, fields: unknown) => void logged.push(`${event} ${JSON.stringify(fields)}`)
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, ...SETTINGS, ...settings }, { info: write, error: write })
  return hub
}

/** A job that takes a moment, and its webhook. */
async function submit(webhook: object | undefined, more: object = {}): Promise<string> {
  const input = { ...brief(await hub!.api.upload(tone), 0.1), ...more }
  const { status, body } = await hub!.api.post('/api/jobs', { tool: 'ffmpeg', input, ...(webhook && { webhook }) })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}

function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 20 })
}

async function deliveries(query = ''): Promise<any[]> {
  return (await hub!.api.request(`/api/webhooks/deliveries?${query}`)).body.deliveries
}

async function loseFiles(directory: string, ...names: readonly string[]): Promise<void> {
  await Promise.all(names.flatMap((name) => ['', '-wal', '-shm'].map((suffix) => rm(join(directory, `${name}${suffix}`), { force: true }))))
}

test('a receiver that answers 500 five times and then 200 gets each event, signed anew each time, under one id', async () => {
  const receiver = await startReceiver()
  const { api } = await start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET })
  const tries = new Map<string, number>()
  receiver.answer = (response, { id }) => {
    tries.set(id, (tries.get(id) ?? 0) + 1)
    response.writeHead(tries.get(id)! <= 5 ? 500 : 200).end('an answer that nobody reads'.repeat(1000))
  }
  const id = await submit(undefined)
  const job = await api.ends(id)
  const all = await receiver.gets(12)
  expect([...tries.values()]).toEqual([6, 6])
  for (const one of all) verify(one)
  const told = new Map(all.map(({ id: eventId, message }) => [eventId, message]))
  expect([...told.values()].map(({ type }) => type).sort()).toEqual(['job.completed', 'job.started'])
  const { input: _, ...asTold } = job
  expect([...told.values()].find(({ type }) => type === 'job.completed')!.data).toEqual({ ...asTold, offset: expect.any(String) })
  await eventually(async () => expect((await deliveries()).map(({ state, attempts }) => [state, attempts.length])).toEqual([['delivered', 6], ['delivered', 6]]))
  expect((await (await fetch(`${api.url}/metrics`)).text())).toContain('reeltime_webhook_attempts_total{outcome="refused"} 10\n')
})

test('a hub that is killed between two attempts goes on with the next when it is back, with the same id', async () => {
  const receiver = await startReceiver()
  receiver.answer = answering(500)
  const directory = join(scratch, `data-${count++}`)
  const settings = { ...SETTINGS, REELTIME_WEBHOOK_RETRIES: '2,600' }
  const before = await startHubProcess(directory, settings)
  const webhook = { url: receiver.url, secret: SECRET, events: ['job.completed'] }
  const input = brief(await before.api.upload(tone), 0.1)
  const { body: { id } } = await before.api.post('/api/jobs', { tool: 'ffmpeg', input, webhook })
  await before.api.ends(id)
  const delivery = async (api = before.api) => (await api.request('/api/webhooks/deliveries')).body.deliveries[0]
  await eventually(async () => expect((await delivery()).attempts.length).toBe(1))
  await before.end('SIGKILL')
  await untilNoProgramsBelow(directory)
  receiver.answer = answering(200)
  const after = await startHubProcess(directory, settings)
  onTestFinished(() => void after.end('SIGKILL'))
  const [first, second] = await receiver.gets(2)
  expect([second!.id, second!.message]).toEqual([first!.id, first!.message])
  verify(second!)
  await eventually(async () => expect(await delivery(after.api)).toMatchObject({ state: 'delivered', attempts: [{ status: 500 }, { status: 200 }] }))
})

test('a hub that goes down does not wait for a receiver that never answers, and sends it again when it is back', async () => {
  const receiver = await startReceiver()
  receiver.answer = () => undefined
  const { api, directory } = await start()
  await api.ends(await submit({ url: receiver.url, events: ['job.completed'] }))
  await receiver.gets(1)
  await hub!.stop()
  receiver.answer = answering(204)
  await start({}, directory)
  const [first, second] = await receiver.gets(2)
  expect(second!.id).toBe(first!.id)
  await eventually(async () => expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: [{ status: 204 }] }]))
})

test('what happened in the moment before a kill -9 is told after it', async () => {
  const receiver = await startReceiver()
  const directory = join(scratch, `data-${count++}`)
  const source = await heldSource(tone)
  const before = await startHubProcess(directory, { ...SETTINGS, REELTIME_CONCURRENCY: '1' })
  const webhook = { url: receiver.url, events: ['job.failed', 'job.completed'] }
  const { body: { id } } = await before.api.post('/api/jobs', { tool: 'ffmpeg', input: brief(source.url, 0.1), webhook })
  await before.api.reaches(id, ({ status }) => status === 'running')
  await before.end('SIGKILL')
  await untilNoProgramsBelow(directory)
  // Nothing is known but the logs: neither what was read of them nor what is to be sent.
  await loseFiles(directory, 'hub.sqlite', 'deliveries.sqlite')
  const after = await startHubProcess(directory, SETTINGS)
  onTestFinished(() => void after.end('SIGKILL'))
  source.letGo()
  expect((await receiver.gets(1))[0]!.message).toMatchObject({ type: 'job.completed', data: { id, attempt: 2 } })
})

test('a private address is refused: as a literal when it is submitted, and behind a name when it is connected to', async () => {
  const receiver = await startReceiver()
  const { api } = await start({ REELTIME_FETCH_ALLOW: '', REELTIME_WEBHOOK_RETRIES: '600' })
  const input = brief(await api.upload(tone), 0.1)
  const refused = await api.post('/api/jobs', { tool: 'ffmpeg', input, webhook: { url: 'http://10.0.0.7/hook' } })
  expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([403, 'source_refused', 'webhook.url'])
  expect((await api.post('/api/webhooks', { url: 'http://[::1]/hook' })).body.code).toBe('source_refused')
  await submit({ url: receiver.url.replace('127.0.0.1', 'localhost'), events: ['job.completed'] })
  await eventually(async () => expect(await deliveries()).toMatchObject([{ state: 'pending', attempts: [{ error: 'source address not allowed' }] }]))
  expect(receiver.received).toEqual([])
})

test('a receiver that never answers holds up no other, and none of the jobs', async () => {
  const [slow, fast] = await Promise.all([startReceiver(), startReceiver()])
  slow.answer = () => undefined
  const { api } = await start({ REELTIME_WEBHOOK_URL: fast.url })
  const ids = await Promise.all(Array.from({ length: 6 }, () => submit({ url: slow.url })))
  await Promise.all(ids.map((id) => api.ends(id)))
  const all = await fast.gets(12)
  expect(new Set(all.map(({ message }) => message.data['id']))).toEqual(new Set(ids))
  // As many as one receiver is sent at once.
  expect(slow.received.length).toBe(4)
})

test('410 disables a webhook of the hub until it is enabled again, and ends one of a job', async () => {
  const receiver = await startReceiver()
  const { api } = await start({ REELTIME_CONCURRENCY: '1' })
  receiver.answer = answering(410)
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'] })
  await api.ends(await submit(undefined))
  await eventually(async () => expect((await api.request('/api/webhooks')).body.webhooks).toMatchObject([{ id: added.id, disabled: 'It answered 410 Gone' }]))
  expect(await deliveries()).toMatchObject([{ state: 'failed', attempts: [{ status: 410 }] }])
  await api.ends(await submit(undefined))
  receiver.answer = answering(204)
  expect((await api.post(`/api/webhooks/deliveries/${(await deliveries())[0].id}/replay`)).body.code).toBe('webhook_disabled')
  await api.post(`/api/webhooks/${added.id}/enable`)
  const third = await submit(undefined)
  await api.ends(third)
  const all = await receiver.gets(2)
  expect(all.map(({ message }) => message.data['id'])[1]).toBe(third)
  receiver.answer = answering(410)
  const own = await submit({ url: receiver.url })
  await api.ends(own)
  await eventually(async () => expect((await deliveries(`job=${own}&state=pending`)).length).toBe(0))
})

test('a delivery is replayed with the same id and body, whatever became of it', async () => {
  const receiver = await startReceiver()
  const { api } = await start()
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url })
  const id = await submit(undefined)
  await api.ends(id)
  await receiver.gets(2)
  await eventually(async () => expect((await deliveries('state=delivered')).length).toBe(2))
  const [last] = await deliveries(`job=${id}&limit=1`)
  expect(await api.post(`/api/webhooks/deliveries/${last.id}/replay`)).toMatchObject({ status: 202, body: { state: 'pending' } })
  const again = (await receiver.gets(3))[2]!
  const before = receiver.received.find(({ id: eventId }) => eventId === last.webhook_id)!
  expect([again.id, again.body]).toEqual([before.id, before.body])
  verify(again, added.secret)
  await eventually(async () => expect((await deliveries(`webhook=${added.id}`))[0]).toMatchObject({ state: 'delivered', attempts: [{ status: 204 }, { status: 204 }] }))
  expect((await api.post('/api/webhooks/deliveries/nothing/replay')).body.code).toBe('delivery_not_found')
})

test('a redirect is a failure and not followed, and Retry-After puts the next attempt off', async () => {
  const [receiver, other] = await Promise.all([startReceiver(), startReceiver()])
  const { api } = await start()
  receiver.answer = (response, one) => {
    receiver.answer = answering(503, { 'retry-after': '3600' })
    answering(302, { location: other.url })(response, one)
  }
  const id = await submit({ url: receiver.url, events: ['job.completed'] })
  const { ended_at: endedAt } = await api.ends(id)
  await receiver.gets(2)
  await eventually(async () => expect(await deliveries()).toMatchObject([{ state: 'pending', attempts: [{ status: 302 }, { status: 503 }] }]))
  const [{ next_at: nextAt }] = await deliveries()
  expect(nextAt - endedAt!).toBeGreaterThanOrEqual(3_600_000)
  expect(other.received).toEqual([])
})

test('what nobody takes is given up after the last attempt, and says so', async () => {
  const { api } = await start({ REELTIME_WEBHOOK_RETRIES: '0.01,0.01' })
  const receiver = await startReceiver()
  receiver.answer = (response) => void response.destroy()
  await api.ends(await submit({ url: receiver.url, events: ['job.completed'] }))
  const told = { error: 'broke the connection before it answered' }
  await eventually(async () => expect(await deliveries()).toMatchObject([{ state: 'failed', attempts: [told, told, told] }]))
})

test('secrets are shown once, to who adds them, and nowhere else; the files that hold them are for the hub’s user alone', async () => {
  const receiver = await startReceiver()
  const { api, directory } = await start()
  const { body: added } = await api.post('/api/webhooks', { url: `${receiver.url}?token=hidden` })
  expect(added.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const id = await submit({ url: receiver.url, secret: SECRET })
  await api.ends(id)
  const all = await receiver.gets(4)
  const shown = [
    (await api.request('/api/webhooks')).body.webhooks, await deliveries(), (await api.request(`/api/webhooks/deliveries/${(await deliveries())[0].id}`)).body,
    await api.job(id), (await api.request(`/api/jobs/${id}/events`)).body, all.map(({ message }) => message), logged,
  ].map((value) => JSON.stringify(value))
  for (const text of shown) for (const secret of [added.secret, SECRET]) expect(text).not.toContain(secret.slice(6))
  expect(JSON.stringify(await deliveries())).not.toContain('hidden')
  expect((await api.job(id)).webhook).toBe(true)
  for (const file of ['webhooks.json', 'deliveries.sqlite', 'deliveries.sqlite-wal', 'hub.sqlite', 'hub.sqlite-wal', `jobs/${id}/request.json`]) expect((await stat(join(directory, file))).mode & 0o077).toBe(0)
})

test('who asks for artifacts is told of them, and one that is removed while it runs is told of as cancelled', async () => {
  const receiver = await startReceiver()
  const { api } = await start()
  const id = await submit({ url: receiver.url, events: ['job.artifact'] })
  await api.ends(id)
  expect((await receiver.gets(1))[0]!.message).toMatchObject({ type: 'job.artifact', data: { id, artifacts: [{ name: 'output.wav' }] } })
  const source = await heldSource(tone)
  const { body: running } = await api.post('/api/jobs', { tool: 'ffmpeg', input: brief(source.url, 0.1), webhook: { url: receiver.url, events: ['job.cancelled'] } })
  await api.reaches(running.id, ({ status }) => status === 'running')
  await api.request(`/api/jobs/${running.id}`, { method: 'DELETE' })
  const [, told] = await receiver.gets(2)
  expect([told!.message.type, told!.message.data['id'], told!.headers['webhook-signature']]).toEqual(['job.cancelled', running.id, undefined])
})

test('the hub’s webhooks are for who may administer it; anybody who may submit gives a job its own', async () => {
  const keyed = await startKeyedHub(join(scratch, `data-${count++}`), SETTINGS)
  hub = keyed
  const receiver = await startReceiver()
  const { api } = await keyed.holder()
  const refused = await Promise.all([
    api.post('/api/webhooks', { url: receiver.url }), api.request('/api/webhooks'), api.request('/api/webhooks/deliveries'),
    api.post('/api/webhooks/deliveries/x/replay'), api.request('/api/webhooks/x', { method: 'DELETE' }),
  ])
  expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => 'forbidden'))
  const { api: admin } = await keyed.holder({ scopes: ['admin'] })
  const { body: added } = await admin.post('/api/webhooks', { url: receiver.url, events: ['batch.failed'] })
  expect((await admin.request('/api/webhooks')).body.webhooks).toMatchObject([{ id: added.id, signed: true, events: ['batch.failed'] }])
  expect((await admin.request(`/api/webhooks/${added.id}`, { method: 'DELETE' })).status).toBe(204)
  expect((await admin.request(`/api/webhooks/${added.id}`, { method: 'DELETE' })).body.code).toBe('webhook_not_found')
  const { body: wrong } = await api.post('/api/jobs', { tool: 'ffmpeg', input: {}, webhook: { url: receiver.url, secret: 'whsec_short', events: ['job.ended'] } })
  expect(wrong.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['webhook.events.0', 'webhook.secret'])
})

test.each(['lost', 'no database any more'])('the log of deliveries outlives an index that is %s: the same ids, what was told is not told again, and what was on its way arrives', async (how) => {
  const receiver = await startReceiver()
  const directory = join(scratch, `data-${count++}`)
  const { api } = await start({ REELTIME_WEBHOOK_RETRIES: '3,600' }, directory)
  await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'] })
  await api.ends(await submit(undefined))
  await eventually(async () => expect((await deliveries('state=delivered')).length).toBe(1))
  receiver.answer = answering(500)
  await api.ends(await submit({ url: receiver.url, events: ['job.completed'], secret: SECRET }))
  await eventually(async () => expect((await deliveries('state=pending')).map(({ attempts }) => attempts.length)).toEqual([1, 1]))
  const before = await deliveries()
  await hub!.stop()
  await loseFiles(directory, 'hub.sqlite')
  if (how !== 'lost') await writeFile(join(directory, 'hub.sqlite'), 'garbage '.repeat(4096))
  receiver.answer = answering(204)
  await start({ REELTIME_WEBHOOK_RETRIES: '3,600' }, directory)
  await eventually(async () => expect((await deliveries('state=delivered')).length).toBe(3))
  const after = await deliveries()
  expect(after.map(({ id, webhook_id }) => [id, webhook_id])).toEqual(before.map(({ id, webhook_id }) => [id, webhook_id]))
  expect(after.map(({ attempts }) => attempts.map(({ status }: { status: number }) => status))).toEqual([[500, 204], [500, 204], [204]])
  expect(receiver.received.length).toBe(5)
  const resent = await hub!.api.post(`/api/webhooks/deliveries/${before[2].id}/replay`)
  expect([resent.status, (await receiver.gets(6))[5]!.id]).toEqual([202, before[2].webhook_id])
})

test('where the log of deliveries is lost too, what the jobs’ logs hold is told again, as the same deliveries under the same ids', async () => {
  const receiver = await startReceiver()
  const directory = join(scratch, `data-${count++}`)
  const { api } = await start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET }, directory)
  await api.ends(await submit(undefined))
  await eventually(async () => expect((await deliveries('state=delivered')).length).toBe(2))
  const before = await deliveries()
  await hub!.stop()
  await loseFiles(directory, 'hub.sqlite', 'deliveries.sqlite')
  await start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET }, directory)
  const all = await receiver.gets(4)
  expect(all.slice(2).map(({ id, body }) => [id, body]).sort()).toEqual(all.slice(0, 2).map(({ id, body }) => [id, body]).sort())
  await eventually(async () => expect((await deliveries('state=delivered')).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort()))
})

test('a secret is rotated while the old one signs too for as long as was said, and not longer, over a restart', async () => {
  const receiver = await startReceiver()
  const directory = join(scratch, `data-${count++}`)
  const { api } = await start({}, directory)
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'], secret: SECRET })
  const rotated = await api.post(`/api/webhooks/${added.id}/rotate`, { keep_seconds: 600 })
  expect([rotated.status, rotated.body]).toEqual([200, { ...added, secret: expect.stringMatching(/^whsec_/), earlier_secrets: [{ until: expect.any(Number) }] }])
  expect(rotated.body.secret).not.toBe(SECRET)
  await hub!.stop()
  await start({}, directory)
  await hub!.api.ends(await submit(undefined))
  const [both] = await receiver.gets(1)
  expect(both!.headers['webhook-signature']!.split(' ').length).toBe(2)
  for (const secret of [SECRET, rotated.body.secret]) verify(both!, secret)
  const { body: { webhooks: [shown] } } = await hub!.api.request('/api/webhooks')
  expect(shown).toMatchObject({ signed: true, earlier_secrets: [{ until: rotated.body.earlier_secrets[0].until }] })
  expect(JSON.stringify(shown)).not.toContain('whsec')
  const third = `whsec_${Buffer.from('another secret, of thirty-two byt').toString('base64')}`
  const brief = await hub!.api.post(`/api/webhooks/${added.id}/rotate`, { secret: third, keep_seconds: 0 })
  expect(brief.body).toEqual({ ...added, secret: third })
  await hub!.api.ends(await submit(undefined))
  const [, one] = await receiver.gets(2)
  verify(one!, third)
  for (const secret of [SECRET, rotated.body.secret]) expect(() => verify(one!, secret)).toThrow('No matching signature')
  const { body: { secret: fourth, earlier_secrets: [{ until }] } } = await hub!.api.post(`/api/webhooks/${added.id}/rotate`, { keep_seconds: 1 })
  await eventually(async () => expect(Date.now()).toBeGreaterThan(until))
  await hub!.api.ends(await submit(undefined))
  const last = (await receiver.gets(3))[2]!
  verify(last, fourth)
  expect(() => verify(last, third)).toThrow('No matching signature')
})

test('a rotation that cannot be is refused with the field and the way out', async () => {
  const { api } = await start({ REELTIME_WEBHOOK_URL: 'http://127.0.0.1:9/hook', REELTIME_WEBHOOK_SECRET: SECRET })
  const { body: { id } } = await api.post('/api/webhooks', { url: 'http://127.0.0.1:9/other', secret: SECRET })
  const answers = []
  for (const body of [{ keep_seconds: -1 }, { secret: 'whsec_short' }, { secret: SECRET }, {}, {}, {}, {}]) answers.push(await api.post(`/api/webhooks/${id}/rotate`, body))
  expect(answers.map(({ status, body }) => [status, body.errors?.[0].path])).toEqual([
    [400, 'keep_seconds'], [400, 'secret'], [400, 'secret'], [200, undefined], [200, undefined], [200, undefined], [400, 'keep_seconds'],
  ])
  expect((await api.post('/api/webhooks/settings/rotate', {})).body.hint).toContain('REELTIME_WEBHOOK_SECRET')
  expect((await api.post('/api/webhooks/none/rotate', {})).body.code).toBe('webhook_not_found')
})
