import { WebSocket } from 'ws'
import { HubClient, type HubClientOptions, type WebSocketConstructor } from '../client/index.ts'
import { httpFetch } from './http-fetch.ts'
import { type Shell, UsageError } from './shell.ts'

export interface HubValues {
  readonly url?: string
  readonly key?: string
  readonly wait?: string
}

/** The hub that the options, else the environment, name, for one question: who is away is not waited for without `--wait`. */
export function openHub(shell: Shell, values: HubValues): HubClient {
  return makeClient(shell, values, { patienceMs: patienceOf(values) ?? 0 })
}

/**
 * The hub, for a command that takes its time. It has to be there now, or within what `--wait` says; once it has been
 * seen, a restart of it is waited out.
 */
export async function openHubPatiently(
  shell: Shell, values: HubValues, { signal, onRetry }: Pick<HubClientOptions, 'onRetry'> & { readonly signal?: AbortSignal },
): Promise<HubClient> {
  const wait = { ...(onRetry && { onRetry }) }
  await makeClient(shell, values, { ...wait, patienceMs: patienceOf(values) ?? 0 }).health({ ...(signal && { signal }) })
  return makeClient(shell, values, { ...wait, patienceMs: followingPatience(values) })
}

/** How long a hub that was there and went away is waited for, in milliseconds. */
export function followingPatience(values: HubValues): number {
  return patienceOf(values) ?? 60_000
}

function makeClient(shell: Shell, values: HubValues, options: Pick<HubClientOptions, 'patienceMs' | 'onRetry'>): HubClient {
  return new HubClient({
    url: hubUrl(shell, values), key: values.key ?? (shell.env.REELTIME_KEY || undefined), fetch: httpFetch, WebSocket: WebSocket as unknown as WebSocketConstructor, ...options,
  })
}

export function hubUrl(shell: Shell, values: HubValues): string {
  const url = values.url ?? (shell.env.REELTIME_URL || 'http://127.0.0.1:5000')
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw new UsageError(`"${url}" is no http:// or https:// address`)
  return url.replace(/\/+$/, '')
}

function patienceOf({ wait }: HubValues): number | undefined {
  if (wait === undefined) return undefined
  const seconds = Number(wait)
  if (wait === '' || !(seconds >= 0)) throw new UsageError(`--wait takes a number of seconds, not "${wait}"`)
  return seconds * 1000
}
