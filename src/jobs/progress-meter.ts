import type { Command, CommandProgress } from '../tools/tool.ts'
import type { Phase, ProgressData } from './job.ts'

const FETCH_SHARE = 10
/** 100 is said only when the job has ended well. */
const ALMOST = 99.9
const FETCH_EACH_MS = 250

/** Puts the parts of an attempt together into one number that never goes back. */
export class ProgressMeter {
  readonly #tell: (data: Omit<ProgressData, 'rev'>) => void
  #progress: number | null = 0
  #fetchShare = 0
  #fetchToldAt = Number.NEGATIVE_INFINITY
  #startedAt = 0
  #weights: readonly number[] = []

  constructor(tell: (data: Omit<ProgressData, 'rev'>) => void) {
    this.#tell = tell
  }

  enter(phase: Phase): void {
    if (phase === 'fetching') this.#fetchShare = FETCH_SHARE
    if (phase === 'publishing' && this.#progress !== null) this.#progress = ALMOST
    this.#tell({ progress: this.#progress, phase })
  }

  /** `totalBytes` is null where the other side does not say. */
  fetched(bytes: number, totalBytes: number | null): void {
    const now = performance.now()
    if (now - this.#fetchToldAt < FETCH_EACH_MS && bytes !== totalBytes) return
    this.#fetchToldAt = now
    if (totalBytes) this.#raise((bytes / totalBytes) * FETCH_SHARE)
    this.#tell({ progress: this.#progress, phase: 'fetching', bytes })
  }

  /** Commands follow each other, and weigh what they are expected to make. */
  begin(commands: readonly Command[]): void {
    const known = commands.map(({ expectedSeconds }) => expectedSeconds ?? 0)
    const total = known.reduce((sum, seconds) => sum + seconds, 0)
    this.#weights = known.map((seconds) => (total > 0 ? seconds / total : 1 / commands.length))
    this.#startedAt = performance.now()
    this.enter('running')
  }

  ran(index: number, { fraction, frame, fps, speed, outTimeSeconds, bytes }: CommandProgress): void {
    const details = { frame, fps, speed, out_time_s: outTimeSeconds, bytes }
    const present = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined))
    if (fraction === null) {
      this.#tell({ progress: null, phase: 'running', ...present })
      return
    }
    const done = this.#weights.slice(0, index).reduce((sum, weight) => sum + weight, 0) + fraction * (this.#weights[index] ?? 0)
    this.#raise(this.#fetchShare + (ALMOST - this.#fetchShare) * done)
    const elapsedSeconds = (performance.now() - this.#startedAt) / 1000
    const eta = done > 0.005 && done < 1 ? { eta_s: round((elapsedSeconds * (1 - done)) / done) } : {}
    this.#tell({ progress: this.#progress, phase: 'running', ...present, ...eta })
  }

  #raise(progress: number): void {
    this.#progress = Math.min(ALMOST, Math.max(this.#progress ?? 0, round(progress)))
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
