import { mediaPlaylist, type Rendition, segmentLines } from './hls-playlists.ts'
import type { ArtifactSpec, OutputLine, OutputParser, ToolUpdate } from './tool.ts'

export interface HlsParserOptions {
  readonly renditions: readonly Rendition[]
  readonly segments: 'fmp4' | 'ts'
  readonly segmentSeconds: number
  readonly framesPerSecond: number
  /** What the source says of its picture; undefined where it says nothing. */
  readonly declaredSeconds: number | undefined
  readonly master: string
}

/** The pieces of a rendition so far. */
interface Made {
  count: number
  seconds: number
  /** Of its playlist: kept, since each piece makes a new version of it, and there may be thousands. */
  lines: string
}

/**
 * Reads the playlists that ffmpeg writes to its stdout, each piece of which is whole, and announces the pieces and the
 * playlists that name them, these always after those. Everything else is for the parser that it is given.
 */
export class HlsParser implements OutputParser {
  readonly #rest: OutputParser
  readonly #options: HlsParserOptions
  readonly #made: ReadonlyMap<string, Made>
  #seconds: number | undefined
  #hasMaster = false

  constructor(rest: OutputParser, options: HlsParserOptions) {
    this.#rest = rest
    this.#options = options
    this.#made = new Map(options.renditions.map(({ name }) => [name, { count: 0, seconds: 0, lines: '' }]))
  }

  push(line: OutputLine): readonly ToolUpdate[] {
    if (line.source !== 'stdout') return this.#rest.push(line)
    const seconds = /^#EXTINF:(\d{1,6}(?:\.\d{1,9})?),/.exec(line.text)?.[1]
    if (seconds !== undefined) {
      this.#seconds = Number(seconds)
      return []
    }
    const [name, of, number] = PIECE.exec(line.text) ?? []
    const made = this.#made.get(of ?? '')
    // Each version of a playlist repeats what those before it have told.
    if (name === undefined || !made || this.#seconds === undefined || Number(number) !== made.count) return []
    made.count++
    made.seconds += this.#seconds
    made.lines += segmentLines({ name, seconds: this.#seconds })
    this.#seconds = undefined
    return this.#announce(of!, name)
  }

  end(): readonly ToolUpdate[] {
    const { renditions, declaredSeconds = 0 } = this.#options
    const whole = renditions.flatMap(({ name }) => {
      const made = this.#made.get(name)!
      // Where there is none, the first one is missed.
      return made.count > 0 ? [artifact(this.#playlist(name, { isWhole: true }))] : [artifact({ file: `${name}_00000.${this.#extension}`, contentType: this.#contentType })]
    })
    const seconds = Math.min(...[...this.#made.values()].map(({ seconds }) => seconds))
    const warning = `The film has ${seconds.toFixed(1)} s and its source claims to hold ${declaredSeconds.toFixed(1)} s: the source may be cut short or damaged`
    // Containers round, and streams end one before the other.
    return [...(seconds < declaredSeconds * 0.95 - 1 ? [{ type: 'log', level: 'warning', text: warning } as const] : []), ...whole]
  }

  #announce(rendition: string, newest: string): readonly ToolUpdate[] {
    const init = this.#initOf(rendition)
    const pieces = [...(this.#made.get(rendition)!.count === 1 && init !== undefined ? [init] : []), newest].map((file) => artifact({ file, contentType: this.#contentType }))
    const isPlayable = !this.#hasMaster && [...this.#made.values()].every(({ count }) => count > 0)
    this.#hasMaster ||= isPlayable
    const master = isPlayable ? [artifact({ file: 'master.m3u8', contentType: PLAYLIST_TYPE, text: this.#options.master })] : []
    return [...pieces, artifact({ ...this.#playlist(rendition, { isWhole: false }), grows: true }), ...master]
  }

  #playlist(rendition: string, { isWhole }: { readonly isWhole: boolean }): ArtifactSpec {
    const { segments, segmentSeconds, framesPerSecond } = this.#options
    const text = mediaPlaylist({
      // A piece ends with the last frame that begins in it.
      segments, made: this.#made.get(rendition)!.lines, targetSeconds: segmentSeconds + Math.ceil(1 / framesPerSecond), init: this.#initOf(rendition), isWhole,
    })
    return { file: `${rendition}.m3u8`, contentType: PLAYLIST_TYPE, text }
  }

  #initOf(rendition: string): string | undefined {
    return this.#options.segments === 'ts' ? undefined : `${rendition}_init.mp4`
  }

  get #extension(): string {
    return this.#options.segments === 'ts' ? 'ts' : 'm4s'
  }

  get #contentType(): string {
    return this.#options.segments === 'ts' ? 'video/mp2t' : 'video/mp4'
  }
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl'
const PIECE = /^(\d{2,4}p)_(\d{5,6})\.(?:m4s|ts)$/

function artifact(spec: ArtifactSpec): ToolUpdate {
  return { type: 'artifact', artifact: spec }
}
