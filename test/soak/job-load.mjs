const RECENT_JOBS = 20
const DOWNLOADED_SHARE = 0.5

/**
 * Jobs all along: `perMinute` small ones, of which half are downloaded, one that has much to say each minute, and one
 * that is taken apart into frames and read as packs each ten seconds.
 */
export class JobLoad {
  /** The newest ids, for who wants to follow one. */
  recent = []
  /** The newest job that says much. */
  loud
  ended = 0
  submitted = 0
  downloads = 0
  packs = 0
  faults = []
  #hub
  #media
  #random
  #signal
  #open = new Set()

  constructor({ hub, media, random, signal }) {
    this.#hub = hub
    this.#media = media
    this.#random = random
    this.#signal = signal
  }

  start(perMinute) {
    const { tone, clip, long } = this.#media
    const small = () => this.#follow(
      { tool: 'ffmpeg', input: { input_url: tone, args: ['-t', String(this.#random.between(0.1, 1).toFixed(2))], output_format: 'wav' } },
      (job) => this.#random.isBelow(DOWNLOADED_SHARE) && this.#download(job),
    )
    const loud = () => this.#follow({ tool: 'ffmpeg', input: { input_url: long, args: ['-af', 'ebur128', '-t', '1500'], output_format: 'wav' } })
    const frames = () => this.#follow({ tool: 'video_frame', input: { source: clip, format: 'raw' } }, (job) => this.#readPack(job))
    this.#each(60_000 / perMinute, small)
    this.#each(60_000, loud)
    this.#each(10_000, frames)
  }

  /** Resolves when every job that was submitted has ended and what was being read is read. */
  async settled() {
    while (this.#open.size > 0) await Promise.all(this.#open)
  }

  #each(milliseconds, begin) {
    const once = () => {
      const work = begin().catch((error) => this.faults.push(error.cause?.message ?? error.message)).finally(() => this.#open.delete(work))
      this.#open.add(work)
    }
    once()
    const timer = setInterval(once, milliseconds)
    this.#signal.addEventListener('abort', () => clearInterval(timer))
  }

  async #follow(body, afterwards = async () => undefined) {
    const { id } = await this.#request('/api/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    this.submitted++
    if (body.input.args?.includes('ebur128')) this.loud = id
    else this.recent = [...this.recent, id].slice(-RECENT_JOBS)
    for (let after = 'start', closed = false; !closed; ) {
      ({ offset: after, closed } = await this.#request(`/api/jobs/${id}/events?after=${after}&wait=30&types=end`))
    }
    this.ended++
    const job = await this.#request(`/api/jobs/${id}`)
    if (job.status !== 'completed') throw new Error(`a job ${job.status}: ${job.error?.message}`)
    await afterwards(job)
  }

  async #download({ artifacts: [artifact] }) {
    const { byteLength } = await (await fetch(this.#hub.url + artifact.url)).arrayBuffer()
    if (byteLength !== artifact.size) throw new Error(`a download had ${byteLength} bytes of ${artifact.size}`)
    this.downloads++
  }

  async #readPack({ id, result }) {
    const bytes = Buffer.from(await (await fetch(`${this.#hub.url}/api/jobs/${id}/framepack?from=1`)).arrayBuffer())
    if (bytes.readUInt32BE(0) !== result.total_frames) throw new Error(`a pack had ${bytes.readUInt32BE(0)} frames of ${result.total_frames}`)
    this.packs++
  }

  async #request(path, init) {
    const response = await fetch(this.#hub.url + path, init)
    const body = await response.json()
    if (!response.ok) throw new Error(`${path.replace(/[A-Za-z0-9]{22}/, 'ID')} was answered with ${response.status} ${body.code}`)
    return body
  }
}
