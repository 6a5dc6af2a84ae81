import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { heldSource } from './faults/held-source.ts'
import { brief } from './media.ts'
import { startHubProcess, untilNoProgramsBelow } from './running-hub.ts'
import { eventually, loseFiles, SETTINGS, WebhookHub } from './webhook-hub.ts'
import { answering, SECRET, startReceiver, verify } from './webhook-receiver.ts'

const on = new WebhookHub()

test('a hub that is killed between two attempts goes on with the next when it is back, with the same id', async () => {
  const receiver = await startReceiver()
  receiver.answer = answering(500)
  const directory = on.freshDirectory()
  const settings = { ...SETTINGS, REELTIME_WEBHOOK_RETRIES: '2,600' }
  const before = await startHubProcess(directory, settings)
  const webhook = { url: receiver.url, secret: SECRET, events: ['job.completed'] }
  const input = brief(await before.api.upload(on.tone), 0.1)
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
  const { api, directory } = await on.start()
  await api.ends(await on.submit({ url: receiver.url, events: ['job.completed'] }))
  await receiver.gets(1)
  await on.hub.stop()
  receiver.answer = answering(204)
  await on.start({}, directory)
  const [first, second] = await receiver.gets(2)
  expect(second!.id).toBe(first!.id)
  await eventually(async () => expect(await on.deliveries()).toMatchObject([{ state: 'delivered', attempts: [{ status: 204 }] }]))
})

test('what happened in the moment before a kill -9 is told after it', async () => {
  const receiver = await startReceiver()
  const directory = on.freshDirectory()
  const source = await heldSource(on.tone)
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

test.each(['lost', 'no database any more'])('the log of deliveries outlives an index that is %s: the same ids, what was told is not told again, and what was on its way arrives', async (how) => {
  const receiver = await startReceiver()
  const directory = on.freshDirectory()
  const { api } = await on.start({ REELTIME_WEBHOOK_RETRIES: '3,600' }, directory)
  await api.post('/api/webhooks', { url: receiver.url, events: ['job.completed'] })
  await api.ends(await on.submit(undefined))
  await eventually(async () => expect((await on.deliveries('state=delivered')).length).toBe(1))
  receiver.answer = answering(500)
  await api.ends(await on.submit({ url: receiver.url, events: ['job.completed'], secret: SECRET }))
  await eventually(async () => expect((await on.deliveries('state=pending')).map(({ attempts }) => attempts.length)).toEqual([1, 1]))
  const before = await on.deliveries()
  await on.hub.stop()
  await loseFiles(directory, 'hub.sqlite')
  if (how !== 'lost') await writeFile(join(directory, 'hub.sqlite'), 'garbage '.repeat(4096))
  receiver.answer = answering(204)
  await on.start({ REELTIME_WEBHOOK_RETRIES: '3,600' }, directory)
  await eventually(async () => expect((await on.deliveries('state=delivered')).length).toBe(3))
  const after = await on.deliveries()
  expect(after.map(({ id, webhook_id }) => [id, webhook_id])).toEqual(before.map(({ id, webhook_id }) => [id, webhook_id]))
  expect(after.map(({ attempts }) => attempts.map(({ status }: { status: number }) => status))).toEqual([[500, 204], [500, 204], [204]])
  expect(receiver.received.length).toBe(5)
  const resent = await on.hub.api.post(`/api/webhooks/deliveries/${before[2].id}/replay`)
  expect([resent.status, (await receiver.gets(6))[5]!.id]).toEqual([202, before[2].webhook_id])
})

test('where the log of deliveries is lost too, what the jobs’ logs hold is told again, as the same deliveries under the same ids', async () => {
  const receiver = await startReceiver()
  const directory = on.freshDirectory()
  const { api } = await on.start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET }, directory)
  await api.ends(await on.submit(undefined))
  await eventually(async () => expect((await on.deliveries('state=delivered')).length).toBe(2))
  const before = await on.deliveries()
  await on.hub.stop()
  await loseFiles(directory, 'hub.sqlite', 'deliveries.sqlite')
  await on.start({ REELTIME_WEBHOOK_URL: receiver.url, REELTIME_WEBHOOK_SECRET: SECRET }, directory)
  const all = await receiver.gets(4)
  expect(all.slice(2).map(({ id, body }) => [id, body]).sort()).toEqual(all.slice(0, 2).map(({ id, body }) => [id, body]).sort())
  await eventually(async () => expect((await on.deliveries('state=delivered')).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort()))
})
