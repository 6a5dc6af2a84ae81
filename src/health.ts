import type { HubContext } from './context.ts'
import { HubError } from './errors.ts'
import type { Sandbox } from './jobs/sandbox/sandbox.ts'
import { VERSION } from './version.ts'

/** What `/health` tells: whether jobs can run, and with what. No secrets, no ids. */
export async function healthOf({ jobs, engine, sanjuuni, disk, pool, fetchAllowEntries }: HubContext) {
  const [found, free, floor, installed] = await Promise.all([
    engine().catch((error: unknown) => (error instanceof HubError ? error : new HubError('internal', 'ffmpeg could not be looked for', { cause: error }))),
    disk.free(),
    disk.floor(),
    sanjuuni().catch(() => undefined),
  ])
  const problems = [
    ...(found instanceof HubError ? [found.message] : []),
    ...(free < floor ? ['the disk is full'] : []),
    ...(pool.isStopping ? ['the hub is going down'] : []),
  ]
  return {
    status: problems.length === 0 ? ('ok' as const) : ('unavailable' as const),
    version: VERSION,
    problems,
    ffmpeg: found instanceof HubError ? null : { kind: found.kind, version: found.version, source: found.source },
    converters: { builtin: true, sanjuuni: installed ? { source: installed.source } : null },
    sandbox: found instanceof HubError ? null : sandboxOf(found.sandbox),
    jobs: jobs.counts(),
    readers: jobs.readerCount,
    disk: { free_bytes: free, floor_bytes: floor },
    fetch_allow_entries: fetchAllowEntries,
    uptime_s: Math.round(process.uptime()),
  }
}

function sandboxOf({ wall, network, filesystem, seccomp, limits, reason }: Sandbox) {
  return { wall, network, filesystem, seccomp, limits, ...(reason !== undefined && { reason }) }
}
