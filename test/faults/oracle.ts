import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { expect, vi } from 'vitest'
import { hasEnded, type Job, type JobEvent } from '../../src/jobs/job.ts'
import { readPages } from '../channel-reader.ts'
import type { HubApi } from '../hub-api.ts'
import { leftovers, programsBelow } from '../running-hub.ts'

const MEBIBYTE = 1024 ** 2
const QUIET_MS = 5000

export interface Measured {
  readonly rssBytes: number
  /** Besides those of jobs' logs and packs, which stay open for half a minute. */
  readonly descriptors: number
}

export async function measure(pid: number): Promise<Measured> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const names = await readdir(`/proc/${pid}/fd`)
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  const descriptors = links.filter((link) => link !== '' && !link.includes('/jobs/')).length
  return { rssBytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024, descriptors }
}

export interface Checked {
  readonly hub: { readonly api: HubApi; readonly child?: { readonly pid?: number | undefined } }
  /** Ids that were answered with 202 and have not been removed since. */
  readonly accepted: Iterable<string>
  readonly dataDirectory: string
  /** Of the process that runs now, before the fault. */
  readonly before?: Measured
}

/**
 * What holds after every fault: each accepted job is known and ends exactly once, with log lines that have no gap and no
 * repeat; what is completed is whole; nothing runs on and nothing is left over; the index is sound; the hub has not
 * grown. Resolves to the jobs.
 */
export async function assertInvariants({ hub, accepted, dataDirectory, before }: Checked): Promise<readonly Job[]> {
  const { api } = hub
  const jobs: Job[] = []
  // One by one: connections that are open at the same time stay for a while, and count as the hub's.
  for (const id of accepted) jobs.push(await api.ends(id))
  for (const job of jobs) {
    assertEndedOnce(job, await readPages(`${api.url}/api/jobs/${job.id}/events`))
    if (job.status === 'completed') await assertWhole(api, job)
    else expect(job.artifacts, job.id).toEqual([])
  }
  await vi.waitFor(async () => expect(await programsBelow(dataDirectory)).toEqual([]), QUIET_MS)
  await vi.waitFor(async () => expect(await leftovers(dataDirectory)).toEqual([]), QUIET_MS)
  await assertNothingUnknown(api, dataDirectory)
  assertSound(join(dataDirectory, 'hub.sqlite'))
  const pid = hub.child?.pid
  if (before && pid !== undefined) await vi.waitFor(() => assertNotGrown(pid, before), { timeout: 2 * QUIET_MS, interval: 200 })
  return jobs
}

/** What a job's readers were told: lines from 1 without a gap or repeat, the attempts in order, and one end. */
export function assertEndedOnce(job: Pick<Job, 'id' | 'status' | 'attempt'>, events: readonly JobEvent[]): void {
  const lines = events.flatMap((event) => (event.type === 'new_logs' ? event.data.lines.map(({ n }) => n) : []))
  expect(lines, job.id).toEqual(lines.map((_, index) => index + 1))
  const statuses = events.flatMap((event) => (event.type === 'status' ? [event.data] : []))
  const attempts = statuses.flatMap(({ status, attempt }) => (status === 'running' ? [attempt] : []))
  expect(attempts, job.id).toEqual(Array.from({ length: job.attempt }, (_, index) => index + 1))
  expect(statuses.flatMap(({ status }) => (hasEnded(status) ? [status] : [])), job.id).toEqual([job.status])
  expect(events.flatMap((event) => (event.type === 'end' ? [event.data.status] : [])), job.id).toEqual([job.status])
  expect(events.at(-1)?.type, job.id).toBe('end')
}

const PLAYED = /\.(?:mp3|mp4|mkv|wav|gif)$/
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/** As it is recorded, and as a player or a reader of packs opens it. */
async function assertWhole(api: HubApi, job: Job): Promise<void> {
  for (const { name, bytes } of await downloadWhole(api, job)) {
    if (PLAYED.test(name)) execFileSync('ffprobe', ['-v', 'error', '-i', 'pipe:0'], { input: bytes, stdio: ['pipe', 'ignore', 'ignore'] })
  }
  if (job.tool !== 'video_frame') return
  const total = job.result['total_frames']
  const pack = Buffer.from(await (await fetch(`${api.url}/api/jobs/${job.id}/framepack?count=${total}`)).arrayBuffer())
  expect(pack.readUInt32BE(0), job.id).toBe(total)
  for (let at = 4; at < pack.length; at += 4 + pack.readUInt32BE(at)) expect(pack.subarray(at + 4, at + 8), job.id).toEqual(PNG)
}

/** All artifacts, which have the size and hash that the job tells. */
export async function downloadWhole(api: HubApi, { id, artifacts }: Job): Promise<readonly { name: string; bytes: Buffer }[]> {
  return Promise.all(artifacts.map(async ({ name, size, sha256 }) => {
    const { bytes } = await api.download(id, name)
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')], `${id}/${name}`).toEqual([size, sha256])
    return { name, bytes }
  }))
}

/** Every directory of a job or an upload belongs to one. */
async function assertNothingUnknown(api: HubApi, dataDirectory: string): Promise<void> {
  for (const id of await readdir(join(dataDirectory, 'jobs'))) expect((await api.request(`/api/jobs/${id}`)).status, id).toBe(200)
  const uploads = await readdir(join(dataDirectory, 'uploads')).catch(() => [])
  for (const id of uploads) expect(await readdir(join(dataDirectory, 'uploads', id)), id).toContain('upload.json')
}

function assertSound(file: string): void {
  const database = new DatabaseSync(file)
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
}

async function assertNotGrown(pid: number, before: Measured): Promise<void> {
  const { rssBytes, descriptors } = await measure(pid)
  expect(descriptors - before.descriptors).toBeLessThanOrEqual(10)
  expect((rssBytes - before.rssBytes) / MEBIBYTE).toBeLessThan(100)
}
