import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { brief, makeTone, talk } from '../media.ts'

/** What jobs are asked for, each of another kind than the one before: an upload, a URL, frames, cells. */
export class MixedJobs {
  readonly tone: string
  readonly clip: string
  /** For REELTIME_FETCH_ALLOW. */
  readonly host: string
  /** Sends what is asked for at `heldUrl`. */
  letGo: () => void = () => undefined
  readonly #server: Server
  #askedForHeld: () => void = () => undefined

  private constructor(server: Server, { tone, clip }: { tone: string; clip: string }) {
    this.tone = tone
    this.clip = clip
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#server = server
  }

  static async start(directory: string): Promise<MixedJobs> {
    const clip = join(directory, 'clip.mp4')
    const tone = makeTone(directory)
    execFileSync('ffmpeg', [
      '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2',
      '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', clip,
    ])
    const bytes = readFileSync(clip)
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const mixed = new MixedJobs(server, { tone, clip })
    server.on('request', ({ url }, response: ServerResponse) => {
      if (url !== '/held.mp4') return response.end(bytes)
      mixed.letGo = () => response.end(bytes)
      mixed.#askedForHeld()
    })
    return mixed
  }

  get url(): string {
    return `http://${this.host}/clip.mp4`
  }

  /** The same clip, of which nothing is sent before `letGo`. */
  get heldUrl(): string {
    return `http://${this.host}/held.mp4`
  }

  /** Resolves when somebody asks for it. */
  readonly heldIsAskedFor = new Promise<void>((resolve) => (this.#askedForHeld = resolve))

  /** The body that submits the job of this number; `source` is the uploaded tone. */
  request(number: number, source: string): { readonly tool: string; readonly input: object } {
    const { url } = this
    switch (number % 4) {
      case 0: return { tool: 'ffmpeg', input: talk(source, 20) }
      case 1: return { tool: 'ffmpeg', input: { ...brief(url, 2), output_format: 'mkv' } }
      case 2: return { tool: 'video_frame', input: { source: url, width: 32, fps: 5, sound: number % 8 === 2 } }
      default: return { tool: 'sanjuuni', input: { source: url, width: 32, height: 24, output_format: 'bimg' } }
    }
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
