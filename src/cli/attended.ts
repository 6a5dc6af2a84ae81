import type { HubClient } from '../client/index.ts'
import type { ExitCode } from './exit-code.ts'
import { Interruption } from './interruption.ts'
import { openHubPatiently } from './open-hub.ts'
import { createProgressView, type ProgressView } from './progress-view.ts'
import type { Shell } from './shell.ts'

export interface Attendance {
  readonly hub: HubClient
  readonly view: ProgressView
  readonly interruption: Interruption
  readonly signal: AbortSignal
}

type Values = Parameters<typeof openHubPatiently>[1] & { readonly quiet?: boolean; readonly json?: boolean; readonly keep?: boolean }

/** Sends something to a hub and sees it through: shows how it goes, waits for a hub that is away, and listens for Ctrl-C. */
export async function attended(shell: Shell, values: Values, action: (attendance: Attendance) => Promise<ExitCode>): Promise<ExitCode> {
  const view = createProgressView(shell, { mode: values.quiet || values.json ? 'silent' : 'shown' })
  const interruption = new Interruption(view, { keep: values.keep ? 'running' : 'cancelled' })
  const off = shell.onInterrupt(() => interruption.begin())
  const { signal } = interruption
  try {
    const hub = await openHubPatiently(shell, values, {
      signal, onRetry: (failure, pauseMs) => view.print([`${failure.message}; trying again in ${Math.ceil(pauseMs / 1000)} s`]),
    })
    return await action({ hub, view, interruption, signal })
  } finally {
    view.clear()
    off()
  }
}
