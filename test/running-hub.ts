import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../src/logger.ts'
import { startHub, type Hub } from '../src/server.ts'
import { HubApi } from './hub-api.ts'

type Settings = Readonly<Record<string, string>>

const QUIET: Logger = { info: () => undefined, error: () => undefined }

/** A hub in this process; `directory` is its data directory. */
export interface InnerHub extends Hub {
  readonly api: HubApi
  readonly directory: string
}

export async function startInnerHub(settings: Settings & { REELTIME_DATA_DIR: string }, logger: Logger = QUIET): Promise<InnerHub> {
  const hub = await startHub({ PATH: process.env['PATH'], PORT: '0', REELTIME_DRAIN_SECONDS: '0', ...settings }, logger)
  return { ...hub, api: new HubApi(hub.url), directory: settings.REELTIME_DATA_DIR }
}

/** A hub in a process of its own, which can be killed. */
export interface HubProcess {
  readonly api: HubApi
  readonly child: ChildProcess
  /** What it has written to its own log so far. */
  readonly complaints: readonly string[]
  /** The exit code, null after a signal. */
  readonly exited: Promise<number | null>
  /** Sends the signal and resolves as `exited` does. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

const SERVER = fileURLToPath(new URL('../dist/server.js', import.meta.url))

export async function startHubProcess(directory: string, settings: Settings = {}): Promise<HubProcess> {
  const child = spawn(process.execPath, [SERVER, '--port', settings['PORT'] ?? '0', '--data-dir', directory], {
    env: { PATH: process.env['PATH'], ...settings }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaints: string[] = []
  createInterface({ input: child.stderr! }).on('line', (line) => complaints.push(line))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const found = /http:\/\/\S+/.exec(line)?.[0]
      if (found) resolve(found)
    })
    child.once('close', (code) => reject(new HubNotStartedError(code, complaints)))
  })
  return {
    api: new HubApi(url), child, complaints, exited,
    async end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

export class HubNotStartedError extends Error {
  readonly exitCode: number | null

  constructor(exitCode: number | null, complaints: readonly string[]) {
    super(complaints.join('\n'))
    this.exitCode = exitCode
  }
}

export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'reeltime-hub-'))
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 })
}

/** Pids of the programs that still work somewhere below the directory. */
export function programsBelow(directory: string): Promise<number[]> {
  return programsWith(join(directory, 'jobs'))
}

/** Pids of those that were started for a path, behind a wall or not; the wall itself, which names it, is no program. */
export async function programsWith(path: string): Promise<number[]> {
  return (await processesWith(path)).flatMap(({ pid, name }) => (name === 'bwrap' ? [] : [pid]))
}

/** The same, with their walls: where none is left, their hub knows that they have ended, or is about to. */
export async function processesWith(path: string): Promise<{ readonly pid: number; readonly name: string; readonly command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(Number)
  const found = new Map((await Promise.all(pids.map(readProcess))).flatMap((read) => (read ? [[read.pid, read]] : [])))
  const isFor = (pid: number): boolean => {
    const read = found.get(pid)
    return read !== undefined && (read.command.includes(path) || (read.parent !== 1 && isFor(read.parent)))
  }
  return [...found.values()].filter(({ pid, command }) => command !== '' && isFor(pid))
}

async function readProcess(pid: number) {
  const [command, stat] = await Promise.all(['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')))
  const [, name = '', parent] = /\((.*)\) \w (\d+)/s.exec(stat!) ?? []
  return parent === undefined ? undefined : { pid, name, parent: Number(parent), command: command! }
}

/** Resolves when no program works below the directory; only those who look can tell. */
export async function untilNoProgramsBelow(directory: string): Promise<void> {
  while ((await programsBelow(directory)).length > 0) await new Promise((looked) => setTimeout(looked, 20))
}

/** What is below the data directory and should not be there once all is quiet. */
export async function leftovers(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  return names.filter((name) => /\.part$|^jobs\/[^/]+\/(?:work|child\.json)(?:\/|$)|^trash\//.test(name))
}
