import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { HubClient, type Job } from '../src/client/index.ts'

export const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The built command, against the hub at `url`. */
export class Cli {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = this.start(words, env)
    child.stdin?.end()
    const closed = closeOf(child)
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
    return { code: await closed, stdout, stderr }
  }

  start(words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(process.execPath, [CLI, ...words], { env: this.environment(env), stdio: 'pipe' })
  }

  environment(more: Readonly<Record<string, string>>): Record<string, string> {
    return { PATH: process.env.PATH ?? '', REELTIME_URL: this.#url, ...more }
  }
}

/** The exit code, or -1 where a signal ended it. */
export async function closeOf(child: ChildProcess): Promise<number> {
  const [code] = await once(child, 'close') as [number | null]
  return code ?? -1
}

/** Resolves as soon as stderr holds it, with what stderr holds from then on. */
export function untilStderr(child: ChildProcess, pattern: RegExp, soFar: () => string = gather(child)): Promise<() => string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!pattern.test(soFar())) return
      child.stderr?.off('data', look)
      resolve(soFar)
    }
    child.stderr?.on('data', look)
    child.once('close', () => reject(new Error(`ended without ${pattern}: ${soFar()}`)))
    look()
  })
}

/** What the tool said, out of what else stands on stderr. */
export function toolLines(stderr: string): string[] {
  return stderr.trimEnd().split('\n').filter((line) => !OURS.test(line))
}

export async function newestJob(client: HubClient): Promise<Job> {
  const { jobs: [job] } = await client.jobs({ limit: 1 })
  return client.job(job?.id ?? '').refresh()
}

export function probe(file: string): { readonly width: number; readonly duration: number } {
  const json = execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { encoding: 'utf8' })
  const { streams, format } = JSON.parse(json) as Probed
  return { width: streams.find(({ codec_type }) => codec_type === 'video')?.width ?? 0, duration: Number(format.duration) }
}

interface Probed {
  readonly streams: readonly { readonly codec_type: string; readonly width: number }[]
  readonly format: { readonly duration: string }
}

const OURS = new RegExp([
  String.raw`^(upload|download|queued|starting|fetching|probing|running|publishing|connection lost|connected again|completed in)\b`,
  String.raw`^/.* {2}[\d.]+ [kM]?B$`,
].join('|'))

function gather(child: ChildProcess): () => string {
  let seen = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => { seen += part })
  return () => seen
}
