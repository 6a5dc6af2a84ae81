import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startKeyedHub } from './keyed-hub.ts'
import { eventually, SETTINGS, WebhookHub } from './webhook-hub.ts'
import { SECRET, startReceiver, verify } from './webhook-receiver.ts'

const on = new WebhookHub()

test('secrets are shown once, to who adds them, and nowhere else; the files that hold them are for the hub’s user alone', async () => {
  const receiver = await startReceiver()
  const { api, directory } = await on.start()
  const { body: added } = await api.post('/api/webhooks', { url: `${receiver.url}?token=hidden` })
  expect(added.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const id = await on.submit({ url: receiver.url, secret: SECRET })
  await api.ends(id)
  const all = await receiver.gets(4)
  const shown = [
    (await api.request('/api/webhooks')).body.webhooks, await on.deliveries(), (await api.request(`/api/webhooks/deliveries/${(await on.deliveries())[0].id}`)).body,
    await api.job(id), (await api.request(`/api/jobs/${id}/events`)).body, all.map(({ message }) => message), on.logged,
  ].map((value) => JSON.stringify(value))
  for (const text of shown) for (const secret of [added.secret, SECRET]) expect(text).not.toContain(secret.slice(6))
  expect(JSON.stringify(await on.deliveries())).not.toContain('hidden')
  expect((await api.job(id)).webhook).toBe(true)
  for (const file of ['webhooks.json', 'deliveries.sqlite', 'deliveries.sqlite-wal', 'hub.sqlite', 'hub.sqlite-wal', `jobs/${id}/request.json`]) expect((await stat(join(directory, file))).mode & 0o077).toBe(0)
})

test('the hub’s webhooks are for who may administer it; anybody who may submit gives a job its own', async () => {
  const keyed = await startKeyedHub(on.freshDirectory(), SETTINGS)
  on.hub = keyed
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

test('a secret is rotated while the old one signs too for as long as was said, and not longer, over a restart', async () => {
  const receiver = await startReceiver()
  const directory = on.freshDirectory()
  const { api } = await on.start({}, directory)
  const { body: added } = await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'], secret: SECRET })
  const rotated = await api.post(`/api/webhooks/${added.id}/rotate`, { keep_seconds: 600 })
  expect([rotated.status, rotated.body]).toEqual([200, { ...added, secret: expect.stringMatching(/^whsec_/), earlier_secrets: [{ until: expect.any(Number) }] }])
  expect(rotated.body.secret).not.toBe(SECRET)
  await on.hub.stop()
  await on.start({}, directory)
  await on.hub.api.ends(await on.submit(undefined))
  const [both] = await receiver.gets(1)
  expect(both!.headers['webhook-signature']!.split(' ').length).toBe(2)
  for (const secret of [SECRET, rotated.body.secret]) verify(both!, secret)
  const { body: { webhooks: [shown] } } = await on.hub.api.request('/api/webhooks')
  expect(shown).toMatchObject({ signed: true, earlier_secrets: [{ until: rotated.body.earlier_secrets[0].until }] })
  expect(JSON.stringify(shown)).not.toContain('whsec')
  const third = `whsec_${Buffer.from('another secret, of thirty-two byt').toString('base64')}`
  const brief = await on.hub.api.post(`/api/webhooks/${added.id}/rotate`, { secret: third, keep_seconds: 0 })
  expect(brief.body).toEqual({ ...added, secret: third })
  await on.hub.api.ends(await on.submit(undefined))
  const [, one] = await receiver.gets(2)
  verify(one!, third)
  for (const secret of [SECRET, rotated.body.secret]) expect(() => verify(one!, secret)).toThrow('No matching signature')
  const { body: { secret: fourth, earlier_secrets: [{ until }] } } = await on.hub.api.post(`/api/webhooks/${added.id}/rotate`, { keep_seconds: 1 })
  await eventually(async () => expect(Date.now()).toBeGreaterThan(until))
  await on.hub.api.ends(await on.submit(undefined))
  const last = (await receiver.gets(3))[2]!
  verify(last, fourth)
  expect(() => verify(last, third)).toThrow('No matching signature')
})

test('a rotation that cannot be is refused with the field and the way out', async () => {
  const { api } = await on.start({ REELTIME_WEBHOOK_URL: 'http://127.0.0.1:9/hook', REELTIME_WEBHOOK_SECRET: SECRET })
  const { body: { id } } = await api.post('/api/webhooks', { url: 'http://127.0.0.1:9/other', secret: SECRET })
  const answers = []
  for (const body of [{ keep_seconds: -1 }, { secret: 'whsec_short' }, { secret: SECRET }, {}, {}, {}, {}]) answers.push(await api.post(`/api/webhooks/${id}/rotate`, body))
  expect(answers.map(({ status, body }) => [status, body.errors?.[0].path])).toEqual([
    [400, 'keep_seconds'], [400, 'secret'], [400, 'secret'], [200, undefined], [200, undefined], [200, undefined], [400, 'keep_seconds'],
  ])
  expect((await api.post('/api/webhooks/settings/rotate', {})).body.hint).toContain('REELTIME_WEBHOOK_SECRET')
  expect((await api.post('/api/webhooks/none/rotate', {})).body.code).toBe('webhook_not_found')
})
