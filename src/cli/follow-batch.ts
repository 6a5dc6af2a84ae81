import { hasEnded, type Batch, type BatchHandle, type BatchItem } from '../client/index.ts'
import { connectionReporter } from './follow-job.ts'
import { jsonLine, plainText } from './plain-text.ts'
import type { Progress } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { type Sink, write } from './shell.ts'
import { formatDuration } from './units.ts'

export interface FollowBatchOptions {
  readonly view: ProgressView
  /** Where each event goes as a line of JSON. */
  readonly events: Sink | undefined
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** How far each of those that run is, by index. */
type Running = readonly { readonly index: number; readonly progress: number | null }[]

/** Shows a batch until all of it has ended: one bar for the whole, and above it a line for each item that ends. */
export async function followBatch(batch: BatchHandle, { view, events, ...options }: FollowBatchOptions): Promise<Batch> {
  /** By index, since the log is told again after a `reset`. */
  const told = new Map<number, string>()
  let running: Running = []
  for await (const event of batch.events({ ...options, onConnection: connectionReporter(view) })) {
    if (events) await write(events, jsonLine(event))
    if (event.type === 'progress') running = event.data.running
    if (event.type === 'item') {
      const { item } = event.data
      const key = `${item.attempt} ${item.status}`
      if (hasEnded(item.status) && told.get(item.index) !== key) view.print([lineOf(item, batch.batch)])
      told.set(item.index, key)
    }
    if (batch.batch.items.length > 0 && !hasEnded(batch.status)) view.show(batchProgress(batch.batch, running))
  }
  view.clear()
  view.print([summaryOf(batch.batch)])
  return batch.batch
}

/** What failed, and why. */
export function failuresOf({ id, items }: Batch): readonly string[] {
  const failed = items.filter(({ status }) => status === 'failed')
  if (failed.length === 0) return []
  return [
    ...failed.flatMap((item) => [
      `${nameOf(item)} failed: ${item.error?.message ?? 'no reason told'}${item.error?.hint ? `. ${item.error.hint}` : ''}`,
      `  job ${item.job}; everything it said: reeltime logs ${item.job}`,
    ]),
    `run what failed again: reeltime retry ${id}, then reeltime watch ${id}`,
  ]
}

export function batchProgress({ status, progress, counts, items }: Batch, running: Running): Progress {
  const name = (index: number) => shortened(nameOf(items.find((item) => item.index === index) ?? { index }))
  return {
    label: status, percent: progress,
    facts: [
      `${counts.completed + counts.failed + counts.cancelled} of ${items.length}`,
      ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
      ...running.filter(({ index }) => items.some((item) => item.index === index && item.status === 'running'))
        .map((each) => `${name(each.index)}${each.progress === null ? '' : ` ${Math.floor(each.progress)}%`}`),
    ],
  }
}

function lineOf(item: BatchItem, { counts, items }: Batch): string {
  const count = `${counts.completed + counts.failed + counts.cancelled} of ${items.length}`
  const { status, started_at: began, ended_at: ended } = item
  return `${count}  ${nameOf(item)} ${status}${status === 'completed' && began !== undefined && ended !== undefined ? ` in ${formatDuration((ended - began) / 1000)}` : ''}`
}

function summaryOf({ counts, items, created_at, ended_at }: Batch): string {
  const others = (['failed', 'cancelled'] as const).flatMap((status) => (counts[status] > 0 ? [`, ${counts[status]} ${status}`] : []))
  return `${counts.completed} of ${items.length} completed${others.join('')} in ${formatDuration(((ended_at ?? created_at) - created_at) / 1000)}`
}

function nameOf({ name, index }: Pick<BatchItem, 'name' | 'index'>): string {
  return plainText(name ?? `item ${index + 1}`)
}

/** Several have to fit beside a bar. */
function shortened(name: string): string {
  const letters = [...name]
  return letters.length <= MOST_LETTERS ? name : `${letters.slice(0, MOST_LETTERS - 1).join('')}…`
}

const MOST_LETTERS = 24
