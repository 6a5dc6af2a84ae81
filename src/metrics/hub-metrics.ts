import type { ErrorCode } from '../errors.ts'
import type { JobCount } from '../jobs/job-index.ts'
import { addJobMetrics, type JobMetrics } from './job-metrics.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { addReaderMetrics, type ReaderCounts } from './reader-metrics.ts'
import { Registry } from './registry.ts'
import { SocketBytes } from './socket-bytes.ts'
import { addWebhookMetrics, type WebhookMetrics } from './webhook-metrics.ts'

export interface HubFigures {
  readonly version: string
  readonly jobCounts: () => readonly JobCount[]
  readonly readerCounts: () => readonly ReaderCounts[]
  readonly pendingDeliveries: () => number
  readonly disk: { free(): Promise<number>; floor(): Promise<number> }
}

/** All that the hub tells Prometheus. Labels have few values; there are no ids and no URLs in them. */
export class HubMetrics {
  readonly jobs: JobMetrics
  readonly sockets: SocketBytes
  readonly webhooks: WebhookMetrics
  /** Of one event, to one reader. */
  readonly onDelivered: (seconds: number) => void
  readonly #registry = new Registry()
  readonly #refusals
  readonly #process

  constructor({ version, jobCounts, readerCounts, pendingDeliveries, disk }: HubFigures) {
    const registry = this.#registry
    registry.add({ name: 'reeltime_info', type: 'gauge', help: 'The version that runs', read: () => [{ labels: { version }, value: 1 }] })
    this.jobs = addJobMetrics(registry, { counts: jobCounts })
    this.webhooks = addWebhookMetrics(registry, { pending: pendingDeliveries })
    this.#refusals = registry.counter('reeltime_refusals_total', 'Requests and WebSockets answered with an error, by its code, and connections that were one too many')
    const latency = addReaderMetrics(registry, { counts: readerCounts })
    this.onDelivered = (seconds) => latency.observe(seconds)
    this.sockets = new SocketBytes(registry)
    registry.add({
      name: 'reeltime_disk_free_bytes', type: 'gauge', help: "Bytes free on the data directory's disk", read: async () => [{ value: await disk.free() }],
    })
    registry.add({
      name: 'reeltime_disk_floor_bytes', type: 'gauge', help: 'Bytes below which new jobs are refused', read: async () => [{ value: await disk.floor() }],
    })
    this.#process = addProcessMetrics(registry)
  }

  refused(code: ErrorCode): void {
    this.#refusals.add({ code })
  }

  render(): Promise<string> {
    return this.#registry.render()
  }

  stop(): void {
    this.#process.stop()
  }
}
