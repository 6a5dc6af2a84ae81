import { expect, test } from 'vitest'
import { heldSource } from './faults/held-source.ts'
import { brief } from './media.ts'
import { eventually, WebhookHub } from './webhook-hub.ts'
import { answering, SECRET, startReceiver, verify } from './webhook-receiver.ts'

const on = new WebhookHub()

test('a receiver that answers 500 five times and then 200 gets each event, signed anew each time, under one id', async () => {
  const receiver = await startReceiver()
  const { api } = await on.start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET })
  const tries = new Map<string, number>()
  receiver.answer = (response, { id }) => {
    tries.set(id, (tries.get(id) ?? 0) + 1)
    response.writeHead(tries.get(id)! <= 5 ? 500 : 200).end('an answer that nobody reads'.repeat(1000))
  }
  const id = await on.submit(undefined)
  const job = await api.ends(id)
  const all = await receiver.gets(12)
  expect([...tries.values()]).toEqual([6, 6])
  for (const one of all) verify(one)
  const told = new Map(all.map(({ id: eventId, message }) => [eventId, message]))
  expect([...told.values()].map(({ type }) => type).sort()).toEqual(['job.completed', 'job.started'])
  const { input: _, ...asTold } = job
  expect([...told.values()].find(({ type }) => type === 'job.completed')!.data).toEqual({ ...asTold, offset: expect.any(String) })
  await eventually(async () => expect((await on.deliveries()).map(({ state, attempts }) => [state, attempts.length])).toEqual([['delivered', 6], ['delivered', 6]]))
  expect((await (await fetch(`${api.url}/metrics`)).text())).toContain('reeltime_webhook_attempts_total{outcome="refused"} 10\n')
})

test('a private address is refused: as a literal when it is submitted, and behind a name when it is connected to', async () => {
  const receiver = await startReceiver()
  const { api } = await on.start({ REELTIME_FETCH_ALLOW: '', REELTIME_WEBHOOK_RETRIES: '600' })
  const input = brief(await api.upload(on.tone), 0.1)
  const refused = await api.post('/api/jobs', { tool: 'ffmpeg', input, webhook: { url: 'http://10.0.0.7/hook' } })
  expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([403, 'source_refused', 'webhook.url'])
  expect((await api.post('/api/webhooks', { url: 'http://[::1]/hook' })).body.code).toBe('source_refused')
  await on.submit({ url: receiver.url.replace('127.0.0.1', 'localhost'), events: ['job.completed'] })
  await eventually(async () => expect(await on.deliveries()).toMatchObject([{ state: 'pending', attempts: [{ error: 'source address not allowed' }] }]))
  expect(receiver.received).toEqual([])
})

test('a receiver that never answers holds up no other, and none of the jobs', async () => {
  const [slow, fast] = await Promise.all([startReceiver(), startReceiver()])
  slow.answer = () => undefined
  const { api } = await on.start({ REELTIME_WEBHOOK_URL: fast.url })
  const ids = await Promise.all(Array.from({ length: 6 }, () => on.submit({ url: slow.url })))
  await Promise.all(ids.map((id) => api.ends(id)))
  const all = await fast.gets(12)
  expect(new Set(all.map(({ message }) => message.data['id']))).toEqual(new Set(ids))
  // As many as one receiver is sent at once.
  expect(slow.received.length).toBe(4)
})

test('410 disables a webhook of the hub until it is enabled again, and ends one of a job', async () => {
  const receiver = await startReceiver()
  const { api } = await on.start({ REELTIME_CONCURRENCY: '1' })
  receiver.answer = answering(410)
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'] })
  await api.ends(await on.submit(undefined))
  await eventually(async () => expect((await api.request('/api/webhooks')).body.webhooks).toMatchObject([{ id: added.id, disabled: 'It answered 410 Gone' }]))
  expect(await on.deliveries()).toMatchObject([{ state: 'failed', attempts: [{ status: 410 }] }])
  await api.ends(await on.submit(undefined))
  receiver.answer = answering(204)
  expect((await api.post(`/api/webhooks/deliveries/${(await on.deliveries())[0].id}/replay`)).body.code).toBe('webhook_disabled')
  await api.post(`/api/webhooks/${added.id}/enable`)
  const third = await on.submit(undefined)
  await api.ends(third)
  const all = await receiver.gets(2)
  expect(all.map(({ message }) => message.data['id'])[1]).toBe(third)
  receiver.answer = answering(410)
  const own = await on.submit({ url: receiver.url })
  await api.ends(own)
  await eventually(async () => expect((await on.deliveries(`job=${own}&state=pending`)).length).toBe(0))
})

test('a delivery is replayed with the same id and body, whatever became of it', async () => {
  const receiver = await startReceiver()
  const { api } = await on.start()
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url })
  const id = await on.submit(undefined)
  await api.ends(id)
  await receiver.gets(2)
  await eventually(async () => expect((await on.deliveries('state=delivered')).length).toBe(2))
  const [last] = await on.deliveries(`job=${id}&limit=1`)
  expect(await api.post(`/api/webhooks/deliveries/${last.id}/replay`)).toMatchObject({ status: 202, body: { state: 'pending' } })
  const again = (await receiver.gets(3))[2]!
  const before = receiver.received.find(({ id: eventId }) => eventId === last.webhook_id)!
  expect([again.id, again.body]).toEqual([before.id, before.body])
  verify(again, added.secret)
  await eventually(async () => expect((await on.deliveries(`webhook=${added.id}`))[0]).toMatchObject({ state: 'delivered', attempts: [{ status: 204 }, { status: 204 }] }))
  expect((await api.post('/api/webhooks/deliveries/nothing/replay')).body.code).toBe('delivery_not_found')
})

test('a redirect is a failure and not followed, and Retry-After puts the next attempt off', async () => {
  const [receiver, other] = await Promise.all([startReceiver(), startReceiver()])
  const { api } = await on.start()
  receiver.answer = (response, one) => {
    receiver.answer = answering(503, { 'retry-after': '3600' })
    answering(302, { location: other.url })(response, one)
  }
  const id = await on.submit({ url: receiver.url, events: ['job.completed'] })
  const { ended_at: endedAt } = await api.ends(id)
  await receiver.gets(2)
  await eventually(async () => expect(await on.deliveries()).toMatchObject([{ state: 'pending', attempts: [{ status: 302 }, { status: 503 }] }]))
  const [{ next_at: nextAt }] = await on.deliveries()
  expect(nextAt - endedAt!).toBeGreaterThanOrEqual(3_600_000)
  expect(other.received).toEqual([])
})

test('what nobody takes is given up after the last attempt, and says so', async () => {
  const { api } = await on.start({ REELTIME_WEBHOOK_RETRIES: '0.01,0.01' })
  const receiver = await startReceiver()
  receiver.answer = (response) => void response.destroy()
  await api.ends(await on.submit({ url: receiver.url, events: ['job.completed'] }))
  const told = { error: 'broke the connection before it answered' }
  await eventually(async () => expect(await on.deliveries()).toMatchObject([{ state: 'failed', attempts: [told, told, told] }]))
})

test('who asks for artifacts is told of them, and one that is removed while it runs is told of as cancelled', async () => {
  const receiver = await startReceiver()
  const { api } = await on.start()
  const id = await on.submit({ url: receiver.url, events: ['job.artifact'] })
  await api.ends(id)
  expect((await receiver.gets(1))[0]!.message).toMatchObject({ type: 'job.artifact', data: { id, artifacts: [{ name: 'output.wav' }] } })
  const source = await heldSource(on.tone)
  const { body: running } = await api.post('/api/jobs', { tool: 'ffmpeg', input: brief(source.url, 0.1), webhook: { url: receiver.url, events: ['job.cancelled'] } })
  await api.reaches(running.id, ({ status }) => status === 'running')
  await api.request(`/api/jobs/${running.id}`, { method: 'DELETE' })
  const [, told] = await receiver.gets(2)
  expect([told!.message.type, told!.message.data['id'], told!.headers['webhook-signature']]).toEqual(['job.cancelled', running.id, undefined])
})
