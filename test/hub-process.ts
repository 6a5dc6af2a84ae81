import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SERVER = fileURLToPath(new URL('../dist/server.js', import.meta.url))

/** The built server as a process of its own, over a temporary data directory, on a port that it keeps when restarted. */
export class HubProcess {
  readonly directory: string
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  #port = 0

  private constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.directory = directory
    this.#env = env
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<HubProcess> {
    const hub = new HubProcess(await mkdtemp(join(tmpdir(), 'reeltime-')), env)
    await hub.start()
    return hub
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [SERVER, '--port', String(this.#port)], {
      env: { PATH: process.env.PATH ?? '', ...this.#env, REELTIME_DATA_DIR: join(this.directory, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^reeltime is listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
      if (port === undefined) continue
      this.#port = Number(port)
      return
    }
    throw new Error('the server ended before it listened')
  }

  /** As a power cut of this one process: nothing is said to anybody. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Ends it and removes what it kept. */
  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** A clip with moving picture and sound. */
export async function makeClip(file: string, seconds: number): Promise<void> {
  await promisify(execFile)('ffmpeg', [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=30:duration=${seconds}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', file,
  ])
}
