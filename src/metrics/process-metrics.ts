import { readdir, stat } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from './registry.ts'

const RESOLUTION_MS = 50
const NANOSECONDS = 1e9

/** Of the process itself, under the names that dashboards know. */
export function addProcessMetrics(registry: Registry): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  registry.add({
    name: 'reeltime_event_loop_delay_seconds', type: 'summary', help: 'How late the event loop was since the last time this was read',
    read() {
      // What is measured is the time between two looks, of which the pause between them is no delay.
      const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000)
      const samples = [0.5, 0.99].map((quantile) => ({ labels: { quantile: String(quantile) }, value: late(delay.percentile(quantile * 100)) }))
      const worst = { labels: { quantile: '1' }, value: late(delay.max) }
      delay.reset()
      return [...samples, worst]
    },
  })
  registry.add({
    name: 'process_resident_memory_bytes', type: 'gauge', help: 'Resident memory of the hub, without its children',
    read: () => [{ value: process.memoryUsage.rss() }],
  })
  registry.add({
    name: 'nodejs_heap_size_used_bytes', type: 'gauge', help: 'JavaScript objects, with those that the next collection frees',
    read: () => [{ value: process.memoryUsage().heapUsed }],
  })
  registry.add({
    name: 'nodejs_external_memory_bytes', type: 'gauge', help: 'Buffers and what else lies outside the JavaScript heap',
    read: () => [{ value: process.memoryUsage().external }],
  })
  registry.add({
    name: 'process_cpu_seconds_total', type: 'counter', help: 'CPU time of the hub, without its children',
    read() {
      const { user, system } = process.cpuUsage()
      return [{ value: (user + system) / 1e6 }]
    },
  })
  registry.add({
    name: 'process_open_fds', type: 'gauge', help: 'Open descriptors',
    read: () => openDescriptors().then((value) => [{ value }], () => []),
  })
  const startedAt = Date.now() / 1000 - process.uptime()
  registry.add({
    name: 'process_start_time_seconds', type: 'gauge', help: 'When the hub started, in seconds since 1970', read: () => [{ value: startedAt }],
  })
  return { stop: () => delay.disable() }
}

const DESCRIPTORS = '/proc/self/fd'

/** Linux tells their number as a size, from 6.2 on. To read all their names takes milliseconds where there are thousands. */
async function openDescriptors(): Promise<number> {
  const { size } = await stat(DESCRIPTORS)
  return size > 0 ? size : (await readdir(DESCRIPTORS)).length
}
