import type { Histogram, Registry } from './registry.ts'

const LATENCY_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** One for each reader, telling how it is connected. */
export type ReaderCounts = Readonly<Record<'sse' | 'websocket', number>>

/** `counts` are asked when somebody reads, and added up. Answers with where sampled latencies of events go. */
export function addReaderMetrics(registry: Registry, { counts }: { counts: () => readonly ReaderCounts[] }): Histogram {
  registry.add({
    name: 'reeltime_readers', type: 'gauge', help: 'Readers that follow a job or all jobs, by transport',
    read: () => (['sse', 'websocket'] as const).map((transport) => ({
      labels: { transport }, value: counts().reduce((sum, readers) => sum + readers[transport], 0),
    })),
  })
  return registry.histogram('reeltime_event_latency_seconds', {
    help: 'From an event to its bytes in the socket of a reader that keeps up; one reader is asked each time there is something new', bounds: LATENCY_BOUNDS,
  })
}
