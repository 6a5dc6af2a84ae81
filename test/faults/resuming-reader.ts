import { setTimeout as pause } from 'node:timers/promises'
import type { JobEvent } from '../../src/jobs/job.ts'
import { type Reading, readSse, readWebSocket } from '../channel-reader.ts'

const TRANSPORTS = {
  sse: (url: string, options: Parameters<typeof readSse>[1]) => readSse(url, options),
  websocket: (url: string, options: Parameters<typeof readWebSocket>[1]) => readWebSocket(url, options),
} satisfies Record<string, (url: string, options: { until: (event: JobEvent) => boolean }) => Promise<Reading>>

export type Transport = keyof typeof TRANSPORTS

export interface Followed {
  /** What is in the log, in the order told. */
  readonly events: readonly JobEvent[]
  readonly connections: number
  /** How often it was told that its offset means nothing. */
  readonly resets: number
}

/**
 * Follows a job to its end as a program on the other side does: whenever the connection breaks it comes back with the
 * offset that it has, as soon as `whenUp` says where.
 */
export async function readResuming(transport: Transport, job: string, { whenUp }: { whenUp: () => Promise<string> }): Promise<Followed> {
  const events: JobEvent[] = []
  let resets = 0
  const take = (event: JobEvent): boolean => {
    if (event.type === 'reset') resets++
    if (event.offset !== undefined) events.push(event)
    return event.type === 'end'
  }
  for (let connections = 1; ; connections++) {
    const after = events.at(-1)?.offset ?? 'start'
    const url = `${await whenUp()}/api/jobs/${job}/events?after=${after}`
    await TRANSPORTS[transport](url, { until: take }).catch(() => pause(10))
    if (events.at(-1)?.type === 'end') return { events, connections, resets }
  }
}
