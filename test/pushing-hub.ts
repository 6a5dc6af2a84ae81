import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import WebSocket from 'ws'
import { HubError } from '../src/errors.ts'
import { FrameIntake } from '../src/jobs/frame-intake.ts'
import { pushFrames } from '../src/jobs/frame-push.ts'
import { FrameStore } from '../src/jobs/frame-store.ts'
import { JobFold } from '../src/jobs/job-fold.ts'
import { EventLog } from '../src/streams/event-log.ts'
import { FileLogStorage } from '../src/streams/log-storage.file.ts'
import { openWebSocketGate } from '../src/streams/websocket.ts'
import { ScriptedJob } from './channel-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

/** Of a picture of RGB pixels, three bytes each. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** What pushes frames in a hub, over real sockets and files, of jobs that do what the test says. */
export class PushingHub {
  readonly log: EventLog<JobFold>
  readonly frames: FrameStore
  /** The hub's ends of the sockets, in the order in which they came. */
  readonly sockets: WebSocket[] = []
  /** How many pings each of them has had answered. */
  readonly answered: number[] = []
  readonly #directory: string
  readonly #server = createServer()

  private constructor(directory: string, { stalledAfterMs }: { readonly stalledAfterMs?: number }) {
    this.#directory = directory
    const storage = new FileLogStorage({ path: (id) => join(directory, id, 'events.ndjson') })
    this.log = new EventLog({ storage, fold: (id) => new JobFold(id) })
    this.frames = new FrameStore({ jobDirectory: (id) => join(directory, id) })
    const jobs = { openStream: (id: string) => this.#open(id) }
    openWebSocketGate(this.#server, {
      routes: [{
        path: /^\/([^/]+)$/,
        accept: (connection) => {
          const index = this.sockets.push(connection.webSocket) - 1
          this.answered[index] = 0
          connection.webSocket.on('pong', () => this.answered[index]!++)
          return pushFrames(connection, { jobs, frames: this.frames, ...(stalledAfterMs !== undefined && { stalledAfterMs }) })
        },
      }],
      isAllowedOrigin: () => true, maxConnections: 100,
    })
  }

  static async start(options: { readonly stalledAfterMs?: number } = {}): Promise<PushingHub> {
    const hub = new PushingHub(await temporaryDirectory(), options)
    await once(hub.#server.listen(0, '127.0.0.1'), 'listening')
    return hub
  }

  url(job: string, query = ''): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${job}?${query}`
  }

  /** A job that runs. */
  async job(id: string): Promise<ScriptedJob> {
    const job = new ScriptedJob(await this.log.pin(id))
    await job.write('status', { status: 'queued', id, tool: 'video_frame', input: {}, created_at: 1 })
    await beginAttempt(job, 1)
    return job
  }

  /** An attempt's frames, stored as those of an encoder are. */
  async make(id: string, size: PictureSize, pictures: readonly Buffer[]): Promise<void> {
    await this.frames.write(id, async (pack) => {
      const output = { format: 'raw', ...size, framesPerSecond: 20, expectedFrames: null } as const
      const intake = new FrameIntake(pack, output, { onFrames: () => undefined })
      await intake.take(Buffer.concat(pictures))
      await intake.finish()
    })
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate()
    await new Promise((closed) => this.#server.close(closed))
    await Promise.all([this.log.close(), this.frames.close()])
    await removeDirectory(this.#directory)
  }

  async #open(id: string) {
    const open = await this.log.open(id)
    if (!open) throw new HubError('job_not_found', `There is no job "${id}"`)
    return open
  }
}

/** Resolves when it holds; only those who look can tell. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate)
}

export function beginAttempt(job: ScriptedJob, attempt: number): Promise<void> {
  return job.write('status', { status: 'running', attempt, started_at: 2, progress: 0 })
}

/** Pictures of which no two are alike, each of one colour. */
export function pictures(count: number, { width, height }: PictureSize, shade = 1): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const picture = Buffer.alloc(width * height * 3, shade)
    picture.writeUInt32BE(index)
    return picture
  })
}
