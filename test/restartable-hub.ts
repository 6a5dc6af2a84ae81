import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type HubProcess, startHubProcess } from './hub-process.ts'

/** A hub over a temporary data directory, on a port that it keeps when it is killed and started again. */
export class RestartableHub {
  readonly directory: string
  readonly #settings: Readonly<Record<string, string>>
  #process: HubProcess

  private constructor(directory: string, settings: Readonly<Record<string, string>>, process: HubProcess) {
    this.directory = directory
    this.#settings = settings
    this.#process = process
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<RestartableHub> {
    const directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
    const all = { ...settings, REELTIME_DATA_DIR: join(directory, 'data') }
    return new RestartableHub(directory, all, await startHubProcess(all))
  }

  get url(): string {
    return this.#process.url
  }

  get port(): number {
    return this.#process.port
  }

  get pid(): number {
    return this.#process.child.pid ?? 0
  }

  /** Gone in the middle of everything. */
  async kill(): Promise<void> {
    await this.#process.end('SIGKILL')
  }

  async startAgain(): Promise<void> {
    this.#process = await startHubProcess({ ...this.#settings, PORT: String(this.port) })
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
