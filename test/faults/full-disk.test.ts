import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { appendFile, readdir, rm, stat, statfs } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { brief } from '../media.ts'
import { leftovers, removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { MixedJobs } from './mixed-jobs.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertInvariants, downloadWhole, measure } from './oracle.ts'
import { randomOf, rounds } from './rounds.ts'

const MEBIBYTE = 1024 ** 2
const ROUNDS = rounds({ fast: 3, all: 60 })
const MOST_MS = 400
const TRAILER_BYTES = 20_000
const MOST_LEFT_BYTES = 256 * 1024

let scratch: string
let mixed: MixedJobs
let disk: string
let mortal: MortalHub

const mayMount = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'reeltime-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(probe)
  }
})()

beforeAll(async () => {
  scratch = await temporaryDirectory()
  mixed = await MixedJobs.start(scratch)
})
afterAll(async () => {
  mixed.stop()
  await removeDirectory(scratch)
})

/** Leaves so many bytes free, or none where there are fewer. */
async function leaveFree(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  await appendFile(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - bytes))).catch(() => undefined)
}

const makeRoom = () => rm(join(disk, 'ballast'), { force: true })

describe.skipIf(!mayMount)('a disk of 64 MB (needs mount)', () => {
  beforeEach(async () => {
    disk = await faultDirectory()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk])
    onTestFinished(() => void execFileSync('umount', ['-l', disk]))
    mortal = new MortalHub(join(disk, 'data'), { REELTIME_CONCURRENCY: '2', REELTIME_FETCH_ALLOW: '127.0.0.1', REELTIME_DISK_FLOOR: '1' })
    onTestFinished(() => mortal.kill())
    await mortal.start()
  })

  test(`FT-09: filled at ${ROUNDS} random moments it harms no earlier artifact and no hub, and jobs run again when there is room`, async () => {
    const random = randomOf('FT-09')
    const hub = mortal.process
    const { api } = hub
    const source = await api.upload(mixed.tone)
    const early = await api.accepted(brief(source, 1))
    const whole = await api.ends(early)
    const before = await measure(hub.child.pid!)
    const accepted = [early]
    const told = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      const submitting = [0, 1, 2, 3].map(async (kind) => {
        await pause(random() * MOST_MS)
        const { status, body } = await api.post('/api/jobs', mixed.request(kind, source))
        if (status === 202) accepted.push(body.id)
        else expect([status, body.code]).toEqual([507, 'disk_full'])
      })
      // The moment at which it is full is what is at random here; nothing is waited for.
      await pause(random() * MOST_MS)
      await leaveFree(random() * MOST_LEFT_BYTES)
      await pause(random() * MOST_MS)
      expect(await downloadWhole(api, whole)).toHaveLength(1)
      await makeRoom()
      await Promise.all(submitting)
      const ended = await Promise.all(accepted.slice(1).map((id) => api.ends(id)))
      for (const { status, error } of ended) told.set(error?.code ?? status, (told.get(error?.code ?? status) ?? 0) + 1)
      expect((await api.ends(await api.accepted(brief(source, 0.1)))).status).toBe('completed')
    }
    expect([hub.child.exitCode, hub.child.signalCode]).toEqual([null, null])
    const jobs = await assertInvariants({ hub, accepted, dataDirectory: mortal.directory, before })
    const codes = [...new Set(jobs.flatMap(({ error }) => (error ? [error.code] : [])))]
    console.log(`${jobs.length} jobs; failed with ${codes.join(', ') || 'nothing'}`)
    expect(['disk_full', 'command_failed', 'output_missing', 'output_incomplete']).toEqual(expect.arrayContaining(codes))
  })

  test('FT-10: a copy that finds the disk full at its trailer fails, although ffmpeg ends well', async () => {
    const { api } = mortal
    const job = { input_url: mixed.heldUrl, args: ['-c', 'copy'], output_format: 'mp4' }
    const id = await api.accepted(job)
    await mixed.heldIsAskedFor
    await leaveFree((await stat(mixed.clip)).size + TRAILER_BYTES)
    mixed.letGo()
    expect(await api.ends(id)).toMatchObject({ status: 'failed', artifacts: [], error: { code: 'disk_full' } })
    await makeRoom()
    const next = await api.accepted({ ...job, input_url: mixed.url })
    await assertInvariants({ hub: mortal.process, accepted: [id, next], dataDirectory: mortal.directory })
  })

  test('FT-12: an upload and a download that fill the disk are refused, and leave nothing', async () => {
    const { api } = mortal
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; sent < 128; sent++) yield Buffer.alloc(MEBIBYTE, sent)
    }
    const server = createServer((_, response) => void Readable.from(endless()).pipe(response).on('error', () => undefined)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    onTestFinished(() => server.closeAllConnections())
    const init = { method: 'PUT', body: Readable.toWeb(Readable.from(endless())) as ReadableStream, duplex: 'half' } as RequestInit
    expect((await api.request('/api/uploads/large', init)).body).toMatchObject({ status: 507, code: 'disk_full' })
    expect(await readdir(join(mortal.directory, 'uploads'))).toEqual([])
    const id = await api.accepted({ input_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/large.wav`, args: [], output_format: 'wav' })
    expect(await api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'disk_full' } })
    expect(await leftovers(mortal.directory)).toEqual([])
    const next = await api.accepted(brief(await api.upload(mixed.tone), 0.1))
    const jobs = await assertInvariants({ hub: mortal.process, accepted: [id, next], dataDirectory: mortal.directory })
    expect(jobs.at(-1)?.status).toBe('completed')
  })
})
