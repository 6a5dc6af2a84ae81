import type { Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import type { HubContext } from '../src/context.ts'
import { HubError } from '../src/errors.ts'
import { JobFeed } from '../src/jobs/job-feed.ts'
import { JobFold } from '../src/jobs/job-fold.ts'
import type { EventDataByType, Job } from '../src/jobs/job.ts'
import { problemResponse } from '../src/problem.ts'
import { RequestOrigin } from '../src/request-origin.ts'
import { EventLog, type OpenStream } from '../src/streams/event-log.ts'
import { FileLogStorage } from '../src/streams/log-storage.file.ts'
import { eventRoutes } from '../src/streams/routes.ts'
import { openWebSocketGate, type WebSocketGate } from '../src/streams/websocket.ts'
import { webSocketRoutes } from '../src/websocket-routes.ts'

/** The channel of a hub over real sockets, whose jobs do what the test writes into their logs and nothing else. */
export class ChannelHub {
  readonly log: EventLog<JobFold>
  readonly feed = new JobFeed({ newestJobs: () => [] })
  readonly server: Server
  readonly gate: WebSocketGate
  /** What went wrong inside, which no reader is told. */
  readonly internalErrors: unknown[] = []
  readonly #directory: string
  /** As the hub counts them against its limit of 1000. */
  countReaders: () => number = () => this.log.followerCount

  private constructor(directory: string) {
    this.#directory = directory
    const storage = new FileLogStorage({ path: (id) => join(directory, id, 'events.ndjson') })
    this.log = new EventLog({ storage, fold: (id) => new JobFold(id) })
    const jobs = { openStream: (id: string) => this.open(id), openFeed: () => this.feed.open() }
    const app = new Hono()
    app.onError((error, c) => problemResponse(c, error, (cause) => this.internalErrors.push(cause)))
    const openJob = (c: { req: { param(name: 'id'): string } }) => this.open(c.req.param('id'))
    app.route('/', eventRoutes(
      [
        { path: '/api/jobs/events', open: () => this.feed.open() },
        { path: '/api/jobs/:id/events', open: (c) => openJob(c as never) },
        { path: '/api/task/:id/events', open: (c) => openJob(c as never) },
      ],
      { maxReaders: 1000, readerCount: () => this.countReaders() },
    ))
    app.get('/hello', (c) => c.text('hello'))
    this.server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, autoCleanupIncoming: false }) as Server
    const origin = new RequestOrigin({ publicUrl: undefined, trustedProxies: [] })
    this.gate = openWebSocketGate(this.server, {
      routes: webSocketRoutes({ jobs } as unknown as HubContext), maxConnections: 1000,
      isAllowedOrigin: (request) => origin.isAllowed(request, ['https://friend.example']),
    })
  }

  static async start(): Promise<ChannelHub> {
    const hub = new ChannelHub(await mkdtemp(join(tmpdir(), 'channel-')))
    if (!hub.server.listening) await new Promise((resolve) => hub.server.once('listening', resolve))
    return hub
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  url(job: string, query = ''): string {
    return `http://127.0.0.1:${this.port}/api/jobs/${job}/events${query && `?${query}`}`
  }

  async open(id: string): Promise<OpenStream<JobFold>> {
    const open = await this.log.open(id)
    if (!open) throw new HubError('job_not_found', `There is no job "${id}"`)
    return open
  }

  /** A job that runs, whose log the test goes on writing. */
  async job(id: string): Promise<ScriptedJob> {
    const job = new ScriptedJob(await this.log.pin(id))
    await job.write('status', { status: 'queued', id, tool: 'ffmpeg', input: {}, created_at: 1 })
    await job.write('status', { status: 'running', attempt: 1, started_at: 2, progress: 0 })
    return job
  }

  async stop(): Promise<void> {
    this.gate.close()
    this.log.cutFollowers()
    this.feed.cutFollowers()
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
    await Promise.all([this.log.close(), this.feed.close()])
    await rm(this.#directory, { recursive: true })
  }
}

export class ScriptedJob {
  readonly open: OpenStream<JobFold>
  #lines = 0

  constructor(open: OpenStream<JobFold>) {
    this.open = open
  }

  get job(): Job {
    return this.open.stream.fold.job
  }

  get lineCount(): number {
    return this.#lines
  }

  async write<Type extends keyof EventDataByType>(type: Type, data: EventDataByType[Type]): Promise<void> {
    const { stream } = this.open
    const written = stream.append([{ type, data }], { reopen: type === 'status' })
    if (type === 'status') stream.clearLast()
    await written
  }

  /** So many lines as one event. */
  async log(count: number, text = 'frame'): Promise<void> {
    const first = this.#lines + 1
    this.#lines += count
    const numbers = Array.from({ length: count }, (_, index) => first + index)
    const lines = numbers.map((n) => ({ n, source: 'stderr', level: 'info', text: `${text} ${n}` }) as const)
    await this.write('new_logs', { first, last: this.#lines, new_logs: lines.map((line) => line.text), lines })
  }

  progress(progress: number): void {
    this.open.stream.setLast('progress', { progress, phase: 'running' })
  }

  async end(): Promise<void> {
    await this.write('result', { result: { files: ['out.mp4'] } })
    await this.write('status', { status: 'completed', ended_at: 3, expires_at: 4, progress: 100 })
    await this.write('end', { status: 'completed' })
  }
}
