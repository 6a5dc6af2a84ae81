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
  readonly #submitted: string[] = []

  private constructor(hub: HubApi, media: MediaServer, jobs: ReadonlyMap<string, Job>) {
    this.#hub = hub
    this.#media = media
    this.#jobs = jobs
  }

  static async prepare(hub: HubApi, media: MediaServer): Promise<Examples> {
    const source = `${media.url}/clip.mp4`
    const inputs = {
      ffmpeg: { inputs: [{ source }], outputs: [{ format: 'mp3', args: ['-vn'] }] },
      video_frame: { source, width: 32, height: 18, fps: 5 },
      sanjuuni: { source, output_format: '32vid', width: 32, height: 18 },
    }
    const jobs = await Promise.all(Object.entries(inputs).map(async ([tool, input]) => [tool, await hub.ends((await hub.post('/api/jobs', { tool, input })).body.id)] as const))
    return new Examples(hub, media, new Map(jobs))
  }

  /** One for each example of the operation, or one where it has none. */
  async of(operation: Operation): Promise<readonly ExampleRequest[]> {
    const [type, content] = Object.entries(operation.body?.content ?? {})[0] ?? []
    const bodies = Object.entries(content?.examples ?? { plain: { value: undefined } })
    return bodies.map(([name, { value }]) => ({
      name: `${operation.id} (${name})`,
      request: async () => {
        const response = await fetch(this.#hub.url + (await this.#pathOf(operation)), {
          method: operation.method.toUpperCase(),
          ...(operation.method === 'get' ? {} : await this.#bodyOf(operation, type, value)),
        })
        if (response.status === 202 || /async$/.test(operation.path)) await this.#remember(response.clone())
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
    const { id, task_id } = await response.json() as { id?: string; task_id?: string }
    const known = id ?? task_id
    if (known !== undefined) this.#submitted.push(known)
  }

  async #pathOf({ id, path, params = {} }: Operation): Promise<string> {
    const { query = '', ...own } = await this.#places(id, path)
    const filled = Object.fromEntries(Object.entries(params).map(([name, { example }]) => [name, own[name] ?? example]))
    return templateOf(path).replace(/\{(\w+)\}/g, (_, name: string) => filled[name] ?? name) + query
  }

  /** What the parameters of an operation are in this hub. */
  async #places(id: string, path: string): Promise<Readonly<Record<string, string>>> {
    const [ffmpeg, frames, cells] = ['ffmpeg', 'video_frame', 'sanjuuni'].map((tool) => this.#jobs.get(tool)!.id)
    if (id === 'watchJobByQuery') return { query: `?job=${frames}` }
    if (id === 'cancelJob' || id === 'removeJob') return { id: (await this.#submit()).id }
    if (id === 'retryJob') return { id: (await this.#hub.ends((await this.#submit()).id)).id }
    if (path === '/files/:id') return { id: (await this.#startedUpload()).id }
    if (/^(?:get|remove)Upload$/.test(id)) return { id: (await this.#upload()).id }
    if (path.startsWith('/frames') || /framepack|preview|snapshot/.test(path)) return { id: frames!, name: 'frame_000001.png' }
    if (path.includes('/sanjuuni')) return { id: cells! }
    if (path.startsWith('/download')) return { file_id: ffmpeg!, filename: `${ffmpeg}.mp3` }
    if (/^\/api\/(?:jobs|task)\//.test(path)) return { id: ffmpeg!, name: 'output.mp3' }
    return {}
  }

  async #bodyOf({ id, path }: Operation, type: string | undefined, value: unknown): Promise<RequestInit> {
    if (type === 'multipart/form-data') {
      const form = new FormData()
      form.append('file', new Blob(['some bytes']), 'file.bin')
      return { body: form }
    }
    if (path.startsWith('/files')) return { headers: TUS_HEADERS, ...(type && { body: 'some bytes' }) }
    if (type === 'application/octet-stream') return { body: 'some bytes' }
    if (value === undefined) return {}
    const text = JSON.stringify(value).replaceAll('https://example.com', id === 'makeQrCode' ? 'https://example.com' : this.#media.url)
    return { body: text, headers: { 'content-type': 'application/json' } }
  }

  async #submit(): Promise<Job> {
    const { body } = await this.#hub.post('/api/jobs', { tool: 'ffmpeg', input: { inputs: [{ source: `${this.#media.url}/clip.mp4` }], outputs: [{ format: 'wav', args: [] }] } })
    return body
  }

  async #startedUpload(): Promise<{ id: string }> {
    return (await this.#hub.request('/files', { method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '10' } })).body
  }

  async #upload(): Promise<{ id: string }> {
    return (await this.#hub.request('/api/uploads/file.bin', { method: 'PUT', body: 'some bytes' })).body
  }
}

/** Of an upload of ten bytes from its beginning. */
const TUS_HEADERS = {
  'tus-resumable': '1.0.0', 'upload-length': '10', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream', 'x-http-method-override': 'PATCH',
}
