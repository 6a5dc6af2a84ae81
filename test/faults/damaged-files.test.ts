import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../../src/jobs/job.ts'
import type { HubApi } from '../hub-api.ts'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import {
  removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub,
} from '../running-hub.ts'
import { assertInvariants } from './oracle.ts'
import { randomOf, rounds } from './rounds.ts'

let scratch: string
/** As a hub that was killed at work has left it, and as one that was stopped has: the index is in other files. */
let killed: string
let stopped: string
let ended: readonly Told[]
let interrupted: string
let waiting: string
let upload: string
let hub: InnerHub | undefined
let rowsOfStopped: ReadonlyMap<string, Buffer>
let copies = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  killed = join(scratch, 'killed')
  stopped = join(scratch, 'stopped')
  const tone = makeTone(scratch)
  const settings = { REELTIME_CONCURRENCY: '1', REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_DRAIN_SECONDS: '0' }
  const first = await startHubProcess(killed, settings)
  upload = await first.api.upload(tone)
  const ids: string[] = []
  for (const seconds of [0.1, 0.2, 0.3]) ids.push(await first.api.accepted(talk(upload, seconds)))
  ids.push(await first.api.accepted({ ...brief(upload), args: ['-map', '0:v'] }))
  for (const id of ids) await first.api.ends(id)
  ended = await Promise.all(ids.map((id) => tellOf(first.api, id)))
  interrupted = await first.api.accepted(talk(upload, 60))
  waiting = await first.api.accepted(brief(upload, 0.1))
  await first.api.runs(interrupted)
  await first.end('SIGKILL')
  await untilNoProgramsBelow(killed)
  cpSync(killed, stopped, { recursive: true })
  const second = await startHubProcess(stopped, settings)
  await second.api.runs(interrupted)
  await second.end('SIGTERM')
  const database = new DatabaseSync(join(stopped, 'hub.sqlite'))
  const rows = database.prepare('SELECT id, CAST(job AS BLOB) AS job FROM jobs').all() as { id: string; job: Uint8Array }[]
  rowsOfStopped = new Map(rows.map(({ id, job }) => [id, Buffer.from(job)]))
  database.close()
})
afterEach(stop)
afterAll(() => removeDirectory(scratch))

async function stop(): Promise<void> {
  await hub?.stop()
  hub = undefined
}

interface Told {
  readonly id: string
  readonly job: Job
  readonly lines: unknown
}

async function tellOf(api: HubApi, id: string): Promise<Told> {
  const { offset: _, ...job } = await api.job(id)
  return { id, job, lines: await api.lines(id) }
}

function copy(original: string): string {
  const directory = join(scratch, `copy-${copies++}`)
  cpSync(original, directory, { recursive: true })
  return directory
}

function files(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true }) as string[]
  return names.filter((name) => name !== 'lock.sqlite' && statSync(join(directory, name)).isFile() && statSync(join(directory, name)).size > 0).sort()
}

function changeRow(directory: string, id: string, change: (row: Buffer) => Buffer): Buffer {
  const database = new DatabaseSync(join(directory, 'hub.sqlite'))
  const bytes = change(Buffer.from(rowsOfStopped.get(id)!))
  database.prepare('UPDATE jobs SET job = CAST(? AS TEXT) WHERE id = ?').run(bytes, id)
  database.close()
  return bytes
}

/** Each kind of file is as likely as any other, however many there are of it. */
function pick(random: () => number, names: readonly string[]): string {
  const kinds = [...new Set(names.map((name) => basename(name)))]
  const kind = kinds[Math.floor(random() * kinds.length)]
  const alike = names.filter((name) => basename(name) === kind)
  return alike[Math.floor(random() * alike.length)]!
}

async function start(directory: string): Promise<InnerHub> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_CONCURRENCY: '2' })
  return hub
}

/** Ids whose rows tell something else than before; none where the index is beyond reading, and will be made anew. */
function changedRows(directory: string): string[] {
  const file = join(directory, 'hub.sqlite')
  const aside = join(scratch, 'rows.sqlite')
  cpSync(file, aside)
  const database = new DatabaseSync(aside)
  try {
    const rows = database.prepare('SELECT id, CAST(job AS BLOB) AS job FROM jobs').all() as { id: string; job: Uint8Array }[]
    return rows.filter(({ id, job }) => !Buffer.from(job).equals(rowsOfStopped.get(id) ?? Buffer.alloc(0))).map(({ id }) => id)
  } catch {
    return []
  } finally {
    database.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${aside}${suffix}`, { force: true })
  }
}

/** What is in none of the damaged places is as it was, and what is in them is told of clearly, item by item. */
async function assertOnlyHarmed(directory: string, damaged: string): Promise<void> {
  const { api } = await start(directory)
  expect((await api.request('/health')).status).toBe(200)
  const isHarmed = (id: string) => damaged.includes(id)
  const { jobs } = await api.list('limit=500')
  for (const told of ended) {
    if (!isHarmed(told.id)) {
      expect(jobs.map(({ id }) => id)).toContain(told.id)
      expect(await tellOf(api, told.id)).toEqual(told)
    }
    await assertClear(api, told.id)
  }
  if (!isHarmed(waiting) && !damaged.startsWith('uploads')) expect(await api.ends(waiting)).toMatchObject({ status: 'completed', attempt: 1 })
  await assertClear(api, waiting)
  if (!isHarmed(interrupted) && !damaged.startsWith('uploads')) await api.reaches(interrupted, ({ attempt }) => attempt > 1)
  await api.post(`/api/jobs/${interrupted}/cancel`)
  const { status, body } = await api.submit(brief(upload, 0.1))
  expect([202, 404]).toContain(status)
  const others = jobs.map(({ id }) => id).filter((id) => !isHarmed(id))
  await assertInvariants({ hub: hub!, accepted: status === 202 && !damaged.startsWith('uploads') ? [...others, body.id] : others, dataDirectory: directory })
}

/** A job is there with all it made, or says what is wrong with it. */
async function assertClear(api: HubApi, id: string): Promise<void> {
  const { status, body } = await api.request(`/api/jobs/${id}`)
  expect([200, 410]).toContain(status)
  for (const { name, size } of status === 200 ? (body as Job).artifacts : []) {
    const response = await fetch(`${api.url}/api/jobs/${id}/artifacts/${name}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    if (response.status === 200) expect(bytes.length).toBe(size)
    else expect(response.headers.get('content-type')).toBe('application/problem+json')
  }
}

describe('damage harms only what it hits (FT-33)', () => {
  test('a bit that flips, or an end that is cut off, anywhere in the data directory', async () => {
    const random = randomOf('damage anywhere')
    for (let round = 0; round < rounds({ fast: 3, all: 400 }); round++) {
      const original = round % 2 ? killed : stopped
      const directory = copy(original)
      const name = pick(random, files(directory))
      const bytes = readFileSync(join(directory, name))
      const [at, bit] = [Math.floor(random() * bytes.length), Math.floor(random() * 10)]
      if (bit > 7) truncateSync(join(directory, name), at)
      else writeFileSync(join(directory, name), bytes.fill(bytes[at]! ^ (1 << bit), at, at + 1))
      await assertOnlyHarmed(directory, name === 'hub.sqlite' && original === stopped ? `${name} ${changedRows(directory)}` : name).catch((error: unknown) => {
        throw new Error(`${bit > 7 ? 'the end from' : `bit ${bit} of`} byte ${at} of ${name}`, { cause: error })
      })
      await stop()
      rmSync(directory, { recursive: true })
    }
  })
  test('a bit that flips in a row of the index', async () => {
    const random = randomOf('a bit that flips in a row')
    for (let round = 0; round < rounds({ fast: 2, all: 200 }); round++) {
      const directory = copy(stopped)
      const { id } = ended[round % ended.length]!
      const bytes = changeRow(directory, id, (row) => {
        row[Math.floor(random() * row.length)]! ^= 1 << Math.floor(random() * 8)
        return row
      })
      await assertOnlyHarmed(directory, `hub.sqlite ${id}`).catch((error: unknown) => {
        throw new Error(`the row ${bytes}`, { cause: error })
      })
      await stop()
      rmSync(directory, { recursive: true })
    }
  })
  test('a row that is torn, of another job, or without what it must have, has the index made anew', async () => {
    const { id } = ended[0]!
    const changes: ((row: string) => string)[] = [
      (row) => row.slice(0, -20), (row) => row.replace(id, ended[1]!.id), (row) => row.replace('"artifacts"', '"artefacts"'),
      (row) => row.replace('"completed"', '"completes"'), (row) => row.replace('"content_type"', '"contend_type"'), (row) => row.replace('"total_logs"', '"total_lags"'),
    ]
    for (const change of changes) {
      const directory = copy(stopped)
      changeRow(directory, id, (row) => Buffer.from(change(row.toString('utf8'))))
      await assertOnlyHarmed(directory, 'hub.sqlite')
      await stop()
      rmSync(directory, { recursive: true })
    }
  })
})
