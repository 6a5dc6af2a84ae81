import { HubError } from '../errors.ts'
import { isLoopbackHost } from './addresses.ts'
import type { Anonymous } from './policy.ts'

/** What those without a key may do, and to whom that goes. */
export interface AnonymousAccess {
  readonly policy: Anonymous
  /** Who comes from elsewhere, through a proxy or under a name that is not this machine's, may nothing but read by id. */
  readonly isForThisMachineOnly: boolean
}

/**
 * As it is set, else everything for this machine where the hub listens on loopback only, and elsewhere nothing. Throws
 * a HubError where nobody could do anything.
 */
export function anonymousAccess({ host, anonymous, keyCount }: {
  readonly host: string
  readonly anonymous: Anonymous | undefined
  readonly keyCount: number
}): AnonymousAccess {
  if (anonymous !== undefined) return { policy: anonymous, isForThisMachineOnly: false }
  if (isLoopbackHost(host)) return { policy: 'open', isForThisMachineOnly: true }
  if (keyCount > 0) return { policy: 'none', isForThisMachineOnly: false }
  throw new HubError('invalid_input', `On ${host} others can reach the hub, and nothing says what they may do`, {
    hint: 'Make a key with "reeltime keys add NAME", or let everybody submit jobs with REELTIME_ANONYMOUS=submit',
    errors: [{ path: 'REELTIME_ANONYMOUS', message: 'is needed here, or a key' }],
  })
}

const MAY: Record<Anonymous, string> = {
  open: 'do everything: submit, list, cancel and remove all jobs',
  submit: 'submit jobs, and read those whose ids they know',
  none: 'read the jobs whose ids they know, and nothing else',
}

/** For the operator, in one line. */
export function describeAccess({ policy }: AnonymousAccess, keyCount: number): string {
  return `Those without a key may ${MAY[policy]}. ${keyCount === 1 ? '1 key' : `${keyCount} keys`}.`
}
