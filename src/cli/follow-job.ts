import { hasEnded, type ConnectionDetail, type ConnectionState, type Job, type JobHandle } from '../client/index.ts'
import { jsonLine } from './plain-text.ts'
import { progressOf } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { type Sink, write } from './shell.ts'
import { formatDuration } from './units.ts'

export interface FollowJobOptions {
  readonly view: ProgressView
  /** Where each event goes as a line of JSON. */
  readonly events: Sink | undefined
  readonly logs: 'shown' | 'hidden'
  readonly after: 'start' | 'now'
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Shows a job until it has ended, and tells how it ended. */
export async function followJob(job: JobHandle, { view, events, logs, ...options }: FollowJobOptions): Promise<Job> {
  let lastLine = 0
  for await (const event of job.events({ ...options, onConnection: connectionReporter(view) })) {
    if (events) await write(events, jsonLine(event))
    if (event.type === 'new_logs') {
      // After a `reset` the log is told again from its beginning.
      const lines = event.data.lines.filter(({ n }) => n > lastLine)
      lastLine = Math.max(lastLine, event.data.first + event.data.lines.length - 1)
      if (logs === 'shown') view.print(lines.map(({ text }) => text))
    }
    if (event.type === 'reset') view.print(['the hub has lost a part of this log; it is told again from its beginning'])
    if (job.job.created_at > 0 && !hasEnded(job.job.status)) view.show(progressOf(job.job))
  }
  view.clear()
  view.print(summaryOf(job.job, logs))
  return job.job
}

/** Tells once that the hub is away, and once that it is back. */
export function connectionReporter(view: ProgressView): (state: ConnectionState, detail: ConnectionDetail) => void {
  let isLost = false
  return (state, { cause }) => {
    if (state === 'lost' && !isLost) view.print([`connection lost: ${cause?.message ?? 'no reason told'}; trying again`])
    if (state === 'live' && isLost) view.print(['connected again'])
    if (state !== 'connecting') isLost = state === 'lost'
  }
}

function summaryOf({ id, status, error, started_at, ended_at, created_at }: Job, logs: 'shown' | 'hidden'): readonly string[] {
  const seconds = ((ended_at ?? 0) - (started_at ?? created_at)) / 1000
  if (status === 'completed') return [`completed in ${formatDuration(seconds)}`]
  if (!error) return [`${status}: job ${id}`]
  return [
    ...(logs === 'shown' ? [] : error.log_tail.slice(-LAST_LINES)),
    `${status}: ${error.message}${error.hint ? `. ${error.hint}` : ''}`,
    `job ${id}; everything it said: reeltime logs ${id}`,
  ]
}

const LAST_LINES = 10
