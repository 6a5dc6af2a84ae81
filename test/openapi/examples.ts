import type { z } from 'zod'
import type { Operation } from '../../src/openapi/operation.ts'
import { templateOf } from '../../src/openapi/document.ts'
import type { Job } from '../../src/jobs/job.ts'
import type { HubApi } from '../hub-api.ts'
import type { MediaServer } from './served-media.ts'

export interface ExampleRequest {
  /** For a person. */
  readonly name: string
  request(): Promise<Response>
}

/** Makes requests of the document's examples, with what a real hub has in place of what they name. */
export class Examples {
  readonly #hub: HubApi
  readonly #media: MediaServer
  /** Jobs that ended well, by tool. */
  readonly #jobs: ReadonlyMap<string, Job>
  readonly #batchId: string
  readonly #submitted: string[] = []

  private constructor(hub: HubApi, media: MediaServer, { jobs, batchId }: { readonly jobs: ReadonlyMap<string, Job>; readonly batchId: string }) {
    this.#hub = hub
    this.#media = media
    this.#jobs = jobs
    this.#batchId = batchId
  }

  static async prepare(hub: HubApi, media: MediaServer): Promise<Examples> {
    const source = `${media.url}/clip.mp4`
    await hub.post('/api/webhooks', { url: `${media.url}/hook` })
    const inputs = {
      ffmpeg: { inputs: [{ source }], outputs: [{ format: 'mp3', args: ['-vn'] }] },
      video_frame: { source, width: 32, height: 18, fps: 5 },
      sanjuuni: { source, output_format: '32vid', width: 32, height: 18 },
      compose: { clips: [{ source }], short_side: 64, fps: 10 },
      watermark: { source, method: 'delogo', regions: [{ x: 20, y: 20, width: 24, height: 16 }] },
    }
    const jobs = await Promise.all(Object.entries(inputs).map(async ([tool, input]) => [tool, await hub.ends((await hub.post('/api/jobs', { tool, input })).body.id)] as const))
    const { body } = await hub.post('/api/batches', { tool: 'audio', inputs: [source], shared: { format: 'mp3' } })
    await hub.ends(body.items[0].job)
    return new Examples(hub, media, { jobs: new Map(jobs), batchId: body.id })
  }

  /** One for each example of the operation, or one where it has none. */
  of(operation: Operation): readonly ExampleRequest[] {
    const [type, content] = Object.entries(operation.body?.content ?? {})[0] ?? []
    const bodies = Object.entries(content?.examples ?? { plain: { value: undefined } })
    return bodies.map(([name, { value }]) => ({
      name: `${operation.id} (${name})`,
      request: async () => {
        const response = await fetch(this.#hub.url + (await this.#pathOf(operation)), {
          method: operation.method.toUpperCase(),
          ...(operation.method === 'get' ? {} : await this.#bodyOf(operation, type, value)),
        })
        if (response.ok && /submitJob|^start|^make(?:Video|Audio|Subtitle)$|^submitRemoveTask/.test(operation.id)) await this.#remember(response.clone())
        return response
      },
    }))
  }

  /** What an answer says; of one without end, its beginning. */
  async bodyOf(response: Response): Promise<string> {
    if (/event-stream|x-mixed-replace/.test(response.headers.get('content-type') ?? '')) {
      await response.body?.cancel()
      return ''
    }
    return response.text()
  }

  /** All that the examples submitted, when they have ended. */
  endedJobs(): Promise<readonly Job[]> {
    return Promise.all(this.#submitted.map((id) => this.#hub.ends(id)))
  }

  async #remember(response: Response): Promise<void> {
    const { id, task_id, data } = await response.json() as { id?: string; task_id?: string; data?: { task_id: string } }
    const known = id ?? task_id ?? data?.task_id
    if (known !== undefined) this.#submitted.push(known)
  }

  async #pathOf({ id, path, params = {} }: Operation): Promise<string> {
    const { query = '', ...own } = await this.#places(id, path)
    const filled = Object.fromEntries(Object.entries(params).map(([name, { example }]) => [name, own[name] ?? example]))
    return templateOf(path).replace(/\{(\w+)\}/g, (_, name: string) => filled[name] ?? name) + query
  }

  /** What the parameters of an operation are in this hub. */
  async #places(id: string, path: string): Promise<Readonly<Record<string, string>>> {
    const ended = (tool: string) => this.#jobs.get(tool)!.id
    const made = MADE[id]
    if (made) return { id: await made(this) }
    if (path === '/files/:id') return { id: await this.#startedUpload() }
    if (id === 'watchJobByQuery') return { query: `?job=${ended('video_frame')}` }
    if (id.startsWith('getRemoveResult')) return { query: `?remove_task_id=${ended('watermark')}` }
    if (id.startsWith('downloadCleanedZip')) return { query: `?tasks=${ended('watermark')}` }
    if (/Webhook(?:Secret)?$/.test(id) && path.includes(':id')) return { id: (await this.#hub.request('/api/webhooks')).body.webhooks[0].id }
    if (path.startsWith('/api/webhooks/deliveries/')) return { id: (await this.#hub.request('/api/webhooks/deliveries')).body.deliveries[0].id }
    if (path.startsWith('/api/batches/')) return { id: this.#batchId }
    if (/^\/(?:api\/v1\/(?:tasks|stream)|tasks)\//.test(path) || id === 'downloadMoneyPrinterFile') return { id: ended('compose'), file: 'final-1.mp4' }
    if (path.endsWith('/download/:id')) return { id: ended('watermark') }
    if (path.startsWith('/frames') || /framepack|preview|snapshot/.test(path)) return { id: ended('video_frame'), name: 'frame_000001.png' }
    if (path.includes('/sanjuuni')) return { id: ended('sanjuuni') }
    if (path.startsWith('/download')) return { file_id: ended('ffmpeg'), filename: `${ended('ffmpeg')}.mp3` }
    if (/^\/api\/(?:jobs|task)\//.test(path)) return { id: ended('ffmpeg'), name: 'output.mp3' }
    return {}
  }

  async #bodyOf({ id, path, body }: Operation, type: string | undefined, value: unknown): Promise<RequestInit> {
    if (type === 'multipart/form-data') {
      const form = new FormData()
      const [field = 'file'] = Object.keys((body!.content[type]!.schema as z.ZodObject).shape)
      form.append(field, new Blob([await (await fetch(this.#media.url)).arrayBuffer()]), id === 'postMusics' ? 'clip.m4a' : 'clip.mp4')
      return { body: form, headers: { accept: 'application/json' } }
    }
    if (path.startsWith('/files')) return { headers: TUS_HEADERS, ...(type && { body: 'some bytes' }) }
    if (type === 'application/octet-stream') return { body: 'some bytes' }
    if (value === undefined) return {}
    const text = JSON.stringify(value).replaceAll('https://example.com', id === 'makeQrCode' ? 'https://example.com' : this.#media.url)
    return { body: text, headers: { 'content-type': 'application/json' } }
  }

  async submit(tool: 'ffmpeg' | 'compose'): Promise<string> {
    const source = `${this.#media.url}/clip.mp4`
    const input = tool === 'ffmpeg' ? { inputs: [{ source }], outputs: [{ format: 'wav', args: [] }] } : { clips: [{ source }], short_side: 64, fps: 10 }
    return (await this.#hub.post('/api/jobs', { tool, input })).body.id
  }

  async submitAndWait(): Promise<string> {
    return (await this.#hub.ends(await this.submit('ffmpeg'))).id
  }

  /** With one job, which fails where nothing answers at its source. */
  async batch(source = `${this.#media.url}/clip.mp4`): Promise<{ readonly id: string; readonly job: string }> {
    const { body } = await this.#hub.post('/api/batches', { tool: 'audio', inputs: [source], shared: { format: 'mp3' } })
    return { id: body.id, job: body.items[0].job }
  }

  async failedBatch(): Promise<string> {
    const { id, job } = await this.batch(`${this.#media.url}/missing`)
    await this.#hub.ends(job)
    await this.#hub.batchEnds(id)
    return id
  }

  async #startedUpload(): Promise<string> {
    return (await this.#hub.request('/files', { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '10' } })).body.id
  }

  async upload(): Promise<string> {
    return (await this.#hub.request('/api/uploads/file.bin', { method: 'PUT', body: 'some bytes' })).body.id
  }

  async webhook(): Promise<string> {
    return (await this.#hub.post('/api/webhooks', { url: `${this.#media.url}/another` })).body.id
  }
}

/** Of an upload of ten bytes from its beginning. */
const TUS_HEADERS = {
  'tus-resumable': '1.0.0', 'upload-length': '10', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream', 'x-http-method-override': 'PATCH',
}

/** What an operation changes or ends is made for it alone. */
const MADE: Readonly<Record<string, (examples: Examples) => Promise<string>>> = {
  cancelJob: (examples) => examples.submit('ffmpeg'),
  removeJob: (examples) => examples.submit('ffmpeg'),
  retryJob: (examples) => examples.submitAndWait(),
  cancelMoneyPrinterTask: (examples) => examples.submit('compose'),
  removeMoneyPrinterTask: (examples) => examples.submit('compose'),
  cancelBatch: async (examples) => (await examples.batch()).id,
  removeBatch: async (examples) => (await examples.batch()).id,
  retryBatch: (examples) => examples.failedBatch(),
  getUpload: (examples) => examples.upload(),
  removeUpload: (examples) => examples.upload(),
  removeWebhook: (examples) => examples.webhook(),
  rotateWebhookSecret: (examples) => examples.webhook(),
}
