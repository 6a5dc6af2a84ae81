import { readFile } from 'node:fs/promises'
import { SseParser } from '../src/client/sse-parser.ts'
import { applyEvent, EMPTY_JOB, hasEnded, type Job, type JobEvent, type LogLine } from '../src/jobs/job.ts'

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

interface FollowOptions {
  readonly lastEventId?: string | undefined
  readonly query?: string
  readonly signal?: AbortSignal
}

/** What tests ask of a hub, over HTTP alone. */
export class HubApi {
  readonly url: string
  readonly #headers: Readonly<Record<string, string>>

  /** `headers` go with every request. */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url
    this.#headers = headers
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer<any>> {
    const response = await fetch(this.url + path, { ...init, headers: { ...this.#headers, ...(init.headers as Record<string, string> | undefined) } })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<any>> {
    return this.request(path, {
      method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }), headers: { 'content-type': 'application/json', ...headers },
    })
  }

  submit(input: object, headers: Record<string, string> = {}): Promise<Answer<any>> {
    return this.post('/api/jobs', { tool: 'ffmpeg', input }, headers)
  }

  /** The id of a job that has been accepted. */
  async accepted(input: object, headers: Record<string, string> = {}): Promise<string> {
    const { status, body } = await this.submit(input, headers)
    if (status !== 202) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
    return body.id
  }

  /** The source that stands for the file. */
  async upload(file: string): Promise<string> {
    const { body } = await this.request('/api/uploads/input', { method: 'PUT', body: await readFile(file) })
    return body.source
  }

  async job(id: string): Promise<Job> {
    return (await this.request(`/api/jobs/${id}`)).body
  }

  async list(query = ''): Promise<{ jobs: Job[]; next_cursor: string | null }> {
    return (await this.request(`/api/jobs?${query}`)).body
  }

  async download(id: string, name: string): Promise<{ status: number; bytes: Buffer }> {
    const response = await fetch(`${this.url}/api/jobs/${id}/artifacts/${name}`)
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
  }

  /** The job's channel over SSE, until it ends, breaks or nobody wants more of it. */
  events(id: string, { query = '', ...options }: FollowOptions = {}): AsyncGenerator<JobEvent> {
    return this.#follow(`/api/jobs/${id}/events?${query}`, options)
  }

  async *#follow(path: string, { lastEventId, signal }: Omit<FollowOptions, 'query'> = {}): AsyncGenerator<JobEvent> {
    const headers = { ...this.#headers, accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
    const response = await fetch(this.url + path, { headers, ...(signal && { signal }) })
    const parser = new SseParser()
    for await (const chunk of response.body ?? []) {
      for (const item of parser.push(chunk)) {
        if (item.type !== 'event') continue
        yield { type: item.name, data: JSON.parse(item.data), ...(item.id !== undefined && { offset: item.id }) } as JobEvent
      }
    }
  }

  /** The job as soon as `isThere` says so, from now on. */
  async reaches(id: string, isThere: (job: Job) => boolean): Promise<Job> {
    let job = EMPTY_JOB
    for await (const event of this.events(id, { query: 'after=now' })) {
      job = applyEvent(job, event)
      if (isThere(job)) return job
    }
    throw new Error(`ended before that: ${JSON.stringify(job)}`)
  }

  async ends(id: string): Promise<Job> {
    const job = await this.job(id)
    return hasEnded(job.status) ? job : this.reaches(id, ({ status }) => hasEnded(status)).then(() => this.job(id))
  }

  /** Resolves when the batch says that all of its jobs have ended. */
  async batchEnds(id: string): Promise<void> {
    for await (const { type } of this.#follow(`/api/batches/${id}/events`)) if ((type as string) === 'end') return
  }

  /** The job as soon as its program has told how far it is. */
  async runs(id: string): Promise<Job> {
    return this.reaches(id, ({ status, phase, out_time_s }) => status === 'running' && phase === 'running' && out_time_s !== undefined)
  }

  /** All lines of a job's log, from its first event on. */
  async lines(id: string): Promise<LogLine[]> {
    const lines: LogLine[] = []
    for (let after = 'start', more = true; more; ) {
      const { body } = await this.request(`/api/jobs/${id}/events?after=${after}`)
      for (const event of body.events as JobEvent[]) if (event.type === 'new_logs') lines.push(...event.data.lines)
      after = body.offset
      more = body.more
    }
    return lines
  }
}
