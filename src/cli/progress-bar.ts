import { formatBytes, formatDuration } from './units.ts'
import type { Job } from '../jobs/job.ts'

/** What a bar says. */
export interface Progress {
  readonly label: string
  /** 0 to 100; null where no total is known. */
  readonly percent: number | null
  /** The most important one first: the last ones go when there is no room. */
  readonly facts: readonly string[]
}

export interface BarStyle {
  readonly columns: number
  readonly hasUnicode: boolean
  readonly hasColor: boolean
}

/** One line, always shorter than the terminal is wide, since one that wraps cannot be painted over. */
export function renderBar({ label, percent, facts }: Progress, { columns, hasUnicode, hasColor }: BarStyle): string {
  const room = columns - 1
  const head = [label.padEnd(LABEL_WIDTH), ...(percent === null ? [] : [`${percent.toFixed(1)}%`.padStart(6)])]
  const words = [...head]
  const barRoom = percent === null ? 0 : SHORTEST_BAR + 2
  for (const fact of facts) {
    if (widthOf([...words, fact]) + barRoom > room) break
    words.push(fact)
  }
  const width = Math.min(LONGEST_BAR, room - widthOf(words) - 2)
  if (percent === null || width < SHORTEST_BAR) return words.join('  ').slice(0, Math.max(0, room))
  const bar = hasUnicode ? blocks(percent / 100, width) : hashes(percent / 100, width)
  return [words[0], hasColor ? `\x1b[36m${bar}\x1b[0m` : bar, ...words.slice(1)].join('  ')
}

/** The same as a line of a log file. */
export function renderLine({ label, percent, facts }: Progress): string {
  return [label, ...(percent === null ? [] : [`${percent.toFixed(1)}%`]), ...facts].join('  ')
}

export function progressOf(job: Job): Progress {
  if (job.status === 'queued' && job.phase === 'uploading') {
    const { bytes = 0, total_bytes: total } = job
    return { label: 'uploading', percent: total ? (100 * bytes) / total : null, facts: [total ? `${formatBytes(bytes)} of ${formatBytes(total)}` : formatBytes(bytes)] }
  }
  if (job.status === 'queued') {
    return { label: 'queued', percent: null, facts: job.queue_position === undefined ? [] : [`number ${job.queue_position} in the queue`] }
  }
  const { eta_s, speed, fps, frame, out_time_s, bytes, phase } = job
  return {
    label: job.status === 'running' ? phase ?? 'starting' : job.status,
    percent: job.progress,
    facts: [
      ...(eta_s === undefined ? [] : [`${formatDuration(eta_s)} left`]),
      ...(speed === undefined ? [] : [`${speed.toFixed(2)}x`]),
      ...(fps === undefined ? [] : [`${fps.toFixed(fps < 10 ? 1 : 0)} fps`]),
      ...(out_time_s === undefined ? [] : [`at ${formatDuration(out_time_s)}`]),
      ...(frame === undefined ? [] : [`frame ${frame}`]),
      ...(bytes === undefined ? [] : [formatBytes(bytes)]),
      ...(job.attempt > 1 ? [`attempt ${job.attempt}`] : []),
    ],
  }
}

/** How far a transfer is; `began` and `now` in milliseconds of the same clock. */
export function transferProgress(label: string, { bytes, totalBytes, began, now }: {
  readonly bytes: number
  readonly totalBytes: number | undefined
  readonly began: number
  readonly now: number
}): Progress {
  const perSecond = bytes / Math.max(0.001, (now - began) / 1000)
  const isMeasured = now - began > 500 && bytes > 0
  return {
    label,
    percent: totalBytes === undefined ? null : totalBytes === 0 ? 100 : Math.min(100, 100 * bytes / totalBytes),
    facts: [
      ...(totalBytes === undefined || !isMeasured ? [] : [`${formatDuration((totalBytes - bytes) / perSecond)} left`]),
      totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
      ...(isMeasured ? [`${formatBytes(perSecond)}/s`] : []),
    ],
  }
}

const LABEL_WIDTH = 10
const SHORTEST_BAR = 8
const LONGEST_BAR = 40
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

function widthOf(words: readonly string[]): number {
  return words.reduce((width, word) => width + columnsOf(word) + 2, -2)
}

/** Of names in Chinese, and of pictures, a letter takes two. Too many rather than too few. */
function columnsOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0)
}

const WIDE = /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/g

function blocks(fraction: number, width: number): string {
  const eighths = Math.floor(clamp(fraction) * width * 8)
  const filled = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
  return filled.padEnd(width, '░')
}

function hashes(fraction: number, width: number): string {
  return `[${'#'.repeat(Math.floor(clamp(fraction) * (width - 2))).padEnd(width - 2, '-')}]`
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}
