import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findEngine } from '../ffmpeg-engine.ts'
import { readOutput, runCommand, type RunOptions } from '../run-command.ts'
import { findSandbox } from './ladder.ts'
import type { Sandbox } from './sandbox.ts'
import { findGap } from './self-test.ts'

const sandbox = await findSandbox()
const hasWall = sandbox.wall === 'bubblewrap'
let directory: string
let out: string
let secret: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-wall-'))
  out = join(directory, 'out')
  secret = join(directory, 'secret')
  await mkdir(out)
  await writeFile(secret, 'secret')
  await writeFile(join(directory, 'given'), 'given')
})
afterAll(() => rm(directory, { recursive: true }))

/** What a script says that Node runs behind the wall. */
async function says(script: string): Promise<unknown> {
  const args = ['-e', `const fs = require('fs'), of = (action) => { try { return action() } catch (error) { return error.code } }\n${script}`]
  const { stdout, stderr } = await readOutput({ program: process.execPath, args, cwd: out, reads: [join(directory, 'given')], writes: out, sandbox })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

async function run(args: readonly string[], options: Partial<RunOptions> = {}) {
  const lines: string[] = []
  const [outcome] = await Promise.allSettled([runCommand({
    program: process.execPath, args, sandbox, cwd: out, writes: out, signal: new AbortController().signal, ...options,
    onLine(line) {
      lines.push(line.text)
      options.onLine?.(line)
    },
  })])
  return { lines, error: outcome.status === 'rejected' ? outcome.reason : undefined }
}

describe.skipIf(!hasWall)('behind bubblewrap (needs one that works)', () => {
  test('a program sees its input, and no other file of this machine', async () => {
    expect(await says(`console.log(JSON.stringify([
      of(() => fs.readFileSync('/in/0', 'utf8')), ...['${secret}', '/etc/passwd', '/root', '/home', '/bin/sh', '/proc/${process.pid}/environ'].map((path) => of(() => fs.readFileSync(path, 'utf8'))),
    ]))`)).toEqual(['given', ...Array(6).fill('ENOENT')])
  })

  test('it writes into its output, a little into /tmp, and nowhere else', async () => {
    expect(await says(`console.log(JSON.stringify(['made', '/tmp/x', '/x', '/dev/x', '/dev/shm/x', '/usr/lib/x', '/in/x', '/in/0', '${directory}/x'].map((path) => of(() => fs.writeFileSync(path, 'x') ?? 'written'))))`))
      .toEqual(['written', 'written', ...Array(6).fill('EROFS'), 'ENOENT'])
    expect(await readdir(out)).toContain('made')
    expect(await readdir(directory)).toEqual(['given', 'out', 'secret'])
  })

  test('its environment tells nothing of the hub', async () => {
    process.env['REELTIME_TEST_SECRET'] = 'secret'
    expect(await says('console.log(JSON.stringify(process.env))')).toEqual({ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/tmp', TMPDIR: '/tmp', PWD: '/out' })
  })

  test('it has no network, and the kernel refuses it sockets, links and namespaces', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    let calls = 0
    server.on('connection', () => calls++)
    const { port } = server.address() as AddressInfo
    expect(await says(`
      const answers = [of(() => fs.symlinkSync('/in/0', 'link') ?? 'made'), of(() => fs.linkSync('made', 'other') ?? 'made')]
      require('net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(1)).on('error', ({ code }) => console.log(JSON.stringify([...answers, code])))
    `)).toEqual(['EPERM', 'EPERM', 'EPERM'])
    server.close()
    expect(calls).toBe(0)
  })

  test('it is given its own descriptors alone', async () => {
    const open = await says("console.log(JSON.stringify(fs.readdirSync('/proc/self/fd').map((fd) => of(() => fs.readlinkSync('/proc/self/fd/' + fd)))))") as string[]
    expect(open.filter((target) => target.startsWith('/') && target !== '/dev/null' && !target.startsWith('/proc/'))).toEqual([])
  })

  test('ffmpeg reads no file outside and writes none', async () => {
    const ffmpeg = (args: readonly string[]) => readOutput({ program: 'ffmpeg', args: ['-v', 'error', '-nostdin', ...args], cwd: out, writes: out, sandbox })
    const read = await ffmpeg(['-f', 'u8', '-ar', '8000', '-ac', '1', '-i', secret, '-c', 'copy', '-f', 'u8', `${out}/stolen`])
    expect(read).toMatchObject({ stderr: expect.stringContaining('No such file') })
    expect(existsSync(join(out, 'stolen'))).toBe(false)
    expect((await ffmpeg(['-f', 'lavfi', '-i', 'sine=d=0.1', '-f', 'u8', `${directory}/planted`])).exitCode).not.toBe(0)
    expect((await ffmpeg(['-f', 'lavfi', '-i', 'sine=d=0.1', '-f', 'u8', `${out}/made.u8`])).exitCode).toBe(0)
    expect((await readFile(join(out, 'made.u8'))).length).toBe(4410)
    expect(existsSync(join(directory, 'planted'))).toBe(false)
  })

  test('the signal that ended it is named', async () => {
    expect((await run(['-e', "process.kill(process.pid, 'SIGSEGV')"])).error).toMatchObject({ exitCode: null, signal: 'SIGSEGV' })
    expect((await run(['-e', 'process.exit(3)'])).error).toMatchObject({ exitCode: 3, signal: null })
    const large = await run(['-e', "require('fs').writeFileSync('large', Buffer.alloc(9e6))"], { limits: { fsize: 1e6 } })
    expect(large.error).toMatchObject({ name: 'CommandFailedError' })
  })

  test('SIGTERM reaches it, so that it may say its last words', async () => {
    const stop = new AbortController()
    const { lines, error } = await run(['-e', "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); setInterval(() => {}, 1000); console.log('ready')"], {
      signal: stop.signal, graceMs: 30_000, onLine: ({ text }) => { if (text === 'ready') stop.abort('cancelled') },
    })
    expect({ lines, error }).toEqual({ lines: ['ready', 'bye'], error: 'cancelled' })
  })

  test('it is killed where it does not heed that', async () => {
    const stop = new AbortController()
    const { lines, error } = await run(['-e', "process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000); console.log('ready')"], {
      signal: stop.signal, graceMs: 100, onLine: ({ text }) => { if (text === 'ready') stop.abort('cancelled') },
    })
    expect({ lines, error }).toEqual({ lines: ['ready', 'no'], error: 'cancelled' })
  })

  test('more memory than it may have ends it, with all that it has started', async () => {
    const greedy = "require('child_process').spawn(process.execPath, ['-e', 'globalThis.held = Buffer.alloc(3e8, 1); setInterval(() => {}, 1000)']); setInterval(() => {}, 1000)"
    const { error } = await run(['-e', greedy], { limits: { memory: 2.5e8 } })
    expect(error).toMatchObject({ name: 'CommandMemoryError', message: 'node was stopped: it took more than 250000000 bytes of memory' })
  })

  test('what is tried at each start finds no way out, and finds one that is there', async () => {
    const { ffmpeg } = await findEngine({ pathVariable: process.env['PATH'] ?? '' })
    expect(await findGap(sandbox, ffmpeg)).toBeUndefined()
    const withHole: Sandbox = {
      ...sandbox,
      prepare: async (call) => {
        const { args, ...launch } = await sandbox.prepare(call)
        const last = args.indexOf('--remount-ro')
        return { ...launch, args: [...args.slice(0, last), '--bind', tmpdir(), tmpdir(), ...args.slice(last)] }
      },
    }
    expect(await findGap(withHole, ffmpeg)).toMatch(/a file outside is read/)
  })
})
