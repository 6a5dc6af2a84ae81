import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { brief, makeTone } from './media.ts'
import { leftovers, removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from './running-hub.ts'

let directory: string
let tone: Buffer
let hub: HubProcess
let media: Server
let answers: ServerResponse[]

beforeEach(async () => {
  directory = await temporaryDirectory()
  tone = readFileSync(makeTone(directory))
  answers = []
  // Of the first answer the end comes when the test says so.
  media = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': tone.length })
    if (answers.push(response) === 1) response.write(tone.subarray(0, 100_000))
    else response.end(tone)
  }).listen(0, '127.0.0.1')
  await once(media, 'listening')
  hub = await startHubProcess(`${directory}/data`, { REELTIME_FETCH_ALLOW: '127.0.0.1', REELTIME_CONCURRENCY: '1' })
})
afterEach(async () => {
  await hub.end('SIGKILL')
  media.closeAllConnections()
  media.close()
  await removeDirectory(directory)
})

function limitFiles(limit: number): void {
  execFileSync('prlimit', ['--pid', String(hub.child.pid), `--nofile=${limit}:4096`])
}

function firstFree(pid: number): number {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  let descriptor = 0
  while (taken.has(descriptor)) descriptor++
  return descriptor
}

test('a job whose program cannot be started for want of files waits, and runs when there are some', async () => {
  await hub.api.request('/health')
  const source = `http://127.0.0.1:${(media.address() as AddressInfo).port}/tone.wav`
  const id = await hub.api.accepted(brief(source, 0.2))
  const waits: unknown[] = []
  for await (const { type, data } of hub.api.events(id)) {
    if (type === 'progress' && data.phase === 'fetching' && answers[0]?.writableEnded === false) {
      limitFiles(firstFree(hub.child.pid!))
      answers[0].end(tone.subarray(100_000))
    }
    if (type !== 'status' || data.reason === undefined) continue
    waits.push([data.status, data.reason])
    limitFiles(4096)
  }
  expect(waits).toEqual([['queued', 'short_of_resources']])
  expect(await hub.api.job(id)).toMatchObject({ status: 'completed', attempt: 2 })
  expect((await hub.api.lines(id)).filter(({ source: from, level }) => from === 'hub' && level !== 'debug').map(({ text }) => text)).toEqual([
    'The machine is short of files, processes or memory: the job is tried again in a moment',
  ])
  expect(hub.complaints.filter((line) => line.includes('job.short_of_resources'))).toHaveLength(1)
  expect(await leftovers(`${directory}/data`)).toEqual([])
})
