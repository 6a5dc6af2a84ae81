const TICK_MS = 50
/** A speaker sends its next piece to the players' machines when half a second of the last one is left. */
const LEAD_MS = 500
const SAMPLES_PER_MS = 48

export interface SpeakerOptions {
  /** Milliseconds in the game. */
  readonly now: () => number
  readonly onEmpty: () => void
}

/** One piece playing, one waiting, and no more: as ComputerCraft's speaker, which looks at its pieces once a tick. */
export class Speaker {
  readonly #options: SpeakerOptions
  #waiting: Buffer | undefined
  #playsUntil = 0
  readonly played: Buffer[] = []
  readonly decoders = new Set<number>()
  readonly volumes = new Set<number>()
  /** Times at which it ran dry between two pieces. */
  gaps = 0
  isSilenced = false

  constructor(options: SpeakerOptions) {
    this.#options = options
  }

  play(samples: Buffer, { decoder, volume }: { readonly decoder: number; readonly volume: number }): boolean {
    if (this.#waiting) return false
    this.#waiting = samples
    this.decoders.add(decoder)
    this.volumes.add(volume)
    return true
  }

  silence(): void {
    this.#waiting = undefined
    this.isSilenced = true
  }

  tick(): void {
    const now = this.#options.now()
    if (!this.#waiting || now < this.#playsUntil - LEAD_MS) return
    if (this.#playsUntil > 0 && now > this.#playsUntil) this.gaps++
    this.#playsUntil = Math.max(now, this.#playsUntil) + this.#waiting.length / SAMPLES_PER_MS
    this.played.push(this.#waiting)
    this.#waiting = undefined
    this.#options.onEmpty()
  }

  /** Seconds that have been heard, without those that wait. */
  get heardSeconds(): number {
    const sent = this.played.reduce((sum, samples) => sum + samples.length, 0) / SAMPLES_PER_MS
    return (sent - Math.max(0, this.#playsUntil - this.#options.now())) / 1000
  }

  /** The DFPWM that was played: the stand-in of its decoder makes a sample of each bit. */
  get dfpwm(): Buffer {
    const samples = Buffer.concat(this.played)
    const bytes = Buffer.alloc(samples.length / 8)
    for (let at = 0; at < samples.length; at++) if (samples[at]! > 128) bytes[at >> 3]! |= 1 << (at & 7)
    return bytes
  }

  static readonly tickMs = TICK_MS
}
