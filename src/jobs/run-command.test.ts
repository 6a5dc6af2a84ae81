import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OutputLine } from '../tools/tool.ts'
import { readOutput as readBehind, runCommand, type ReadOptions, type RunOptions } from './run-command.ts'
import { findSandbox } from './sandbox/ladder.ts'

const FIXTURES = new URL('../../test/fixtures/', import.meta.url).pathname
const sandbox = await findSandbox({ mode: 'off' })
const readOutput = (options: Omit<ReadOptions, 'sandbox'>) => readBehind({ ...options, sandbox })
let cwd: string

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'reeltime-run-'))
})
afterAll(() => rm(cwd, { recursive: true }))

/** Runs to the end and tells what was seen, whatever the outcome. */
async function run(options: Pick<RunOptions, 'program' | 'args'> & Partial<RunOptions>) {
  const lines: OutputLine[] = []
  let pid = 0
  const [outcome] = await Promise.allSettled([runCommand({
    cwd, sandbox, signal: new AbortController().signal,
    ...options,
    onStart(started) {
      pid = started
      options.onStart?.(started)
    },
    onLine(line) {
      lines.push(line)
      options.onLine?.(line)
    },
  })])
  return { lines, pid, error: outcome.status === 'rejected' ? outcome.reason : undefined }
}

const shell = (script: string, options: Partial<RunOptions> = {}) => run({ program: 'sh', args: ['-c', script], ...options })
const node = (fixture: string, args: readonly string[] = [], options: Partial<RunOptions> = {}) =>
  run({ program: process.execPath, args: [join(FIXTURES, fixture), ...args], ...options })

describe('what a program says', () => {
  test('arrives as lines of stdout, stderr and descriptor 3', async () => {
    const { lines, error } = await shell('echo out; echo err >&2; echo frame=1 >&3; printf end')
    expect(error).toBeUndefined()
    expect(lines.filter(({ source }) => source === 'stdout').map(({ text }) => text)).toEqual(['out', 'end'])
    expect(lines).toContainEqual({ source: 'stderr', text: 'err' })
    expect(lines).toContainEqual({ source: 'progress', text: 'frame=1' })
  })

  test('reaches the caller while the line is unfinished, except on descriptor 3', async () => {
    const { lines, error } = await node('half-line.mjs', [], {
      onStart: (pid) => { started = pid },
      onLine: ({ text }) => { if (text === 'half a line') process.kill(started, 'SIGUSR2') },
    })
    expect(error).toBeUndefined()
    expect(lines.filter(({ source }) => source === 'stdout').map(({ text }) => text)).toEqual(['half a line', ' and on'])
    expect(lines.filter(({ source }) => source === 'progress').map(({ text }) => text)).toEqual(['frame=1'])
  })
  let started = 0

  test('costs no memory when it is one line of 100 MB', async () => {
    let length = 0
    let longest = 0
    const before = process.memoryUsage.rss()
    await runCommand({
      program: process.execPath, args: [join(FIXTURES, 'noisy.mjs'), String(100 * 2 ** 20)], cwd, sandbox, signal: new AbortController().signal,
      onLine({ source, text }) {
        if (source !== 'stdout') return
        length += text.length
        longest = Math.max(longest, text.length)
      },
    })
    expect(length).toBe(100 * 2 ** 20)
    expect(longest).toBe(8192)
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 2 ** 20)
  })

  test('is all there when the program has ended at once', async () => {
    const { lines } = await shell('seq 1 20000')
    expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 20_000 }, (_, i) => String(i + 1)))
  })
})

describe('how a program ends', () => {
  test('another exit than 0 is an error that tells the code', async () => {
    const { error } = await shell('exit 3')
    expect(error).toMatchObject({ name: 'CommandFailedError', program: 'sh', exitCode: 3, signal: null })
  })

  test('an end by a signal is an error that tells the signal', async () => {
    const { error } = await shell('kill -SEGV $$')
    expect(error).toMatchObject({ name: 'CommandFailedError', exitCode: null, signal: 'SIGSEGV' })
  })

  test('a program that ignores SIGTERM is killed after the grace', async () => {
    const stop = new AbortController()
    const { lines, pid, error } = await node('forever.mjs', [], {
      signal: stop.signal, graceMs: 100,
      onLine: ({ text }) => { if (text === 'ready') stop.abort('cancelled') },
    })
    expect(error).toBe('cancelled')
    expect(lines.map(({ text }) => text)).toContain('SIGTERM ignored')
    expect(isAlive(pid)).toBe(false)
  })

  test('a program that heeds SIGTERM may say its last words', async () => {
    const stop = new AbortController()
    const { lines, error } = await shell('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.01; done', {
      signal: stop.signal, graceMs: 30_000,
      onLine: ({ text }) => { if (text === 'ready') stop.abort('cancelled') },
    })
    expect(error).toBe('cancelled')
    expect(lines.filter(({ source }) => source === 'stdout').map(({ text }) => text)).toEqual(['ready', 'bye'])
  })

  test('nothing is started for a signal that is aborted already', async () => {
    const { pid, error } = await shell('echo no', { signal: AbortSignal.abort('too late') })
    expect(error).toBe('too late')
    expect(pid).toBe(0)
  })

  test('a grandchild that is left behind is killed, and its pipes hold nothing up', async () => {
    const { lines, error } = await node('leave-behind.mjs')
    expect(error).toBeUndefined()
    await isGone(pidLeft(lines))
  })

  test('a grandchild that has left the group holds nothing up either', async () => {
    const { lines, error } = await node('leave-behind.mjs', ['escape'])
    const pid = pidLeft(lines)
    try {
      expect(error).toBeUndefined()
      expect(isAlive(pid)).toBe(true)
    } finally {
      process.kill(pid, 'SIGKILL')
    }
  })

  test('what is aborted after the program has ended changes nothing', async () => {
    const stop = new AbortController()
    let aborting: Promise<void> | undefined
    const { lines, error } = await node('leave-behind.mjs', ['escape'], {
      signal: stop.signal,
      onStart: (pid) => { aborting = expect.poll(() => isAlive(pid), { interval: 5 }).toBe(false).then(() => stop.abort('too late')) },
    })
    process.kill(pidLeft(lines), 'SIGKILL')
    expect(error).toBeUndefined()
    await aborting
    expect(stop.signal.aborted).toBe(true)
  })

  test('what the caller throws ends the program and is passed on', async () => {
    const broken = new Error('broken parser')
    const { error, pid } = await node('forever.mjs', [], { graceMs: 10, onLine: () => { throw broken } })
    expect(error).toBe(broken)
    expect(isAlive(pid)).toBe(false)
  })

  test('what the caller throws at an unfinished line is passed on too', async () => {
    const broken = new Error('broken parser')
    const { error } = await node('half-line.mjs', [], { onLine: () => { throw broken } })
    expect(error).toBe(broken)
  })

  test('what the caller throws at the last line, or at the start, is passed on too', async () => {
    const broken = new Error('broken parser')
    const fail = () => { throw broken }
    expect((await shell('printf unfinished', { onLine: fail })).error).toBe(broken)
    const { error, pid } = await shell('sleep 1000', { onStart: fail })
    expect(error).toBe(broken)
    expect(isAlive(pid)).toBe(false)
  })
})

describe('a program that cannot be started', () => {
  test.each([
    ['is not there', { program: 'no-such-program', args: [] }, 'ENOENT'],
    ['is a directory', { program: '/', args: [] }, 'ENOENT'],
    ['has a NUL in an argument', { program: 'true', args: ['a\0b'] }, 'EINVAL'],
    ['has no working directory', { program: 'true', args: [], cwd: '/no-such-directory' }, 'ENOENT'],
    ['has too long an argument', { program: 'true', args: ['x'.repeat(2 ** 20)] }, 'E2BIG'],
  ])('%s', async (_, command, code) => {
    const { error } = await run(command)
    expect(error).toMatchObject({ name: 'CommandNotStartedError', code })
  })
})

describe('what a program is given', () => {
  test('next to nothing of the environment', async () => {
    const { lines } = await run({ program: 'env', args: [], env: { EXTRA: 'yes' } })
    expect(lines.map(({ text }) => text.split('=')[0]).sort()).toEqual(['EXTRA', 'HOME', 'LANG', 'PATH', 'TMPDIR'])
    expect(lines).toContainEqual({ source: 'stdout', text: `HOME=${cwd}` })
  })

  test('a wall: no new privileges, no core dump, files of a bounded size', async ({ skip }) => {
    if (sandbox.wall === 'none') skip('no setpriv here')
    const { lines } = await shell('grep NoNewPrivs /proc/self/status; ulimit -c; ulimit -n', { limits: { nofile: 77 } })
    expect(lines.map(({ text }) => text)).toEqual(['NoNewPrivs:\t1', '0', '77'])
    const { error } = await shell('head -c 5000 /dev/zero > big', { limits: { fsize: 4096 } })
    expect(error).toMatchObject({ name: 'CommandFailedError' })
    expect((await readFile(join(cwd, 'big'))).length).toBe(4096)
  })

  test('an end together with its parent, even when that is killed', async ({ skip }) => {
    if (sandbox.wall === 'none') skip('no setpriv here')
    const parent = spawn(process.execPath, [join(FIXTURES, 'run-forever.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
    let pid = 0
    // The child's pipe to its parent is gone with it, but ours to the parent stays with the parent alone.
    for await (const line of createInterface({ input: parent.stdout })) {
      if (line.startsWith('pid ')) pid = Number(line.slice(4))
      if (line === 'ready') parent.kill('SIGKILL')
    }
    expect(pid).toBeGreaterThan(0)
    await isGone(pid)
  })
})

describe('reading all that a short program says', () => {
  test('gives its output and its exit code', async () => {
    expect(await readOutput({ program: 'sh', args: ['-c', 'echo out; echo err >&2; exit 4'], cwd }))
      .toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 4 })
  })

  test('ends one that says too much', async () => {
    const reading = readOutput({ program: 'yes', args: [], cwd, maxBytes: 100_000 })
    await expect(reading).rejects.toMatchObject({ name: 'CommandLimitError', program: 'yes' })
  })

  test('is as strict with one that has said too much and ended at once', async () => {
    const readings = Array.from({ length: 20 }, () => readOutput({ program: 'printf', args: ['12345'], cwd, maxBytes: 4 }))
    for (const reading of await Promise.allSettled(readings)) {
      expect(reading).toMatchObject({ status: 'rejected', reason: { name: 'CommandLimitError' } })
    }
  })

  test('ends one that takes too long', async () => {
    await expect(readOutput({ program: 'sleep', args: ['1000'], cwd, timeoutMs: 50 })).rejects.toMatchObject({ name: 'CommandLimitError' })
  })

  test('can be broken off', async () => {
    const reading = readOutput({ program: 'sleep', args: ['1000'], cwd, signal: AbortSignal.timeout(100) })
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

function pidLeft(lines: readonly OutputLine[]): number {
  return Number(lines.find(({ text }) => text.startsWith('left '))?.text.slice(5))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The kernel ends a killed process in its own time and tells nobody but its parent. */
async function isGone(pid: number): Promise<void> {
  await expect.poll(() => isAliveAndNoZombie(pid), { timeout: 10_000 }).toBe(false)
}

async function isAliveAndNoZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !stat.includes(') Z ')
}
