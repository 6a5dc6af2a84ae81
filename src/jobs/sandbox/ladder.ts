import { tmpdir } from 'node:os'
import { HubError } from '../../errors.ts'
import { CommandNotStartedError } from '../command-errors.ts'
import { findProgram, SYSTEM_PATH } from '../find-program.ts'
import { readOutput, type Output } from '../run-command.ts'
import { bubblewrap, type Optional } from './bubblewrap.ts'
import { RESOURCE_LIMITS, restrict } from './restricted.ts'
import { DEFAULT_LIMITS, NO_SANDBOX, type Launch, type Limits, type Sandbox } from './sandbox.ts'
import { seccompFilter } from './seccomp.ts'
import { explainFailure } from './bubblewrap-failures.ts'

export type SandboxMode = 'auto' | 'require' | 'off'

export interface SandboxOptions {
  /** Default `auto`. */
  readonly mode?: SandboxMode | undefined
  /** Bytes that a program and what it starts may take together. */
  readonly memoryBytes?: number | undefined
  /** The PATH to search for bwrap. */
  readonly pathVariable?: string | undefined
  /** Why bubblewrap is no choice, where that is known. */
  readonly notBubblewrap?: string | undefined
}

/**
 * Puts together the strongest wall that works on this machine, and no other where it is required. Throws a HubError
 * `missing_capability` that says what to install or to allow.
 */
export async function findSandbox({ mode = 'auto', memoryBytes = DEFAULT_LIMITS.memory, pathVariable = SYSTEM_PATH, notBubblewrap }: SandboxOptions = {}): Promise<Sandbox> {
  const [setpriv, prlimit] = await Promise.all([findProgram('setpriv'), findProgram('prlimit')])
  const defaults = { ...DEFAULT_LIMITS, memory: memoryBytes }
  if (mode === 'off') return findRestricted({ setpriv, prlimit, defaults }, 'REELTIME_SANDBOX=off')
  const found = notBubblewrap ?? (await findBubblewrap({ bwrap: await findProgram('bwrap', pathVariable), setpriv, prlimit, defaults }))
  if (typeof found !== 'string') return found
  if (mode === 'auto') return findRestricted({ setpriv, prlimit, defaults }, found)
  throw new HubError('missing_capability', `REELTIME_SANDBOX=require, and there is no sandbox: ${found}`, {
    hint: 'Do what that says, or set REELTIME_SANDBOX=auto to run with less',
  })
}

interface Parts {
  readonly setpriv: string | undefined
  readonly prlimit: string | undefined
  readonly defaults: Omit<Limits, 'cpu'>
}

/** What works first is the strongest. */
const VARIANTS: readonly (readonly Optional[])[] = [[], ['--disable-userns'], ['--proc'], ['--disable-userns', '--proc']]

/** Or else why there is none. */
async function findBubblewrap({ bwrap, ...parts }: Parts & { readonly bwrap: string | undefined }): Promise<Sandbox | string> {
  if (!bwrap) return explainFailure(undefined)
  const [prlimit, limits] = await usablePrlimit(parts)
  const seccomp = seccompFilter()
  let failure: string | undefined
  for (const without of VARIANTS) {
    const prepare = bubblewrap({ bwrap, prlimit, defaults: parts.defaults, seccomp, without, listLibraries })
    const sandbox: Sandbox = {
      wall: 'bubblewrap', network: 'none', filesystem: 'job', seccomp: seccomp !== undefined, limits, prepare,
      ...(without.length > 0 && { reason: `without ${without.join(' and ')}: ${failure}` }),
    }
    const output = await tryOut(sandbox)
    if (output?.exitCode === 0) return sandbox
    failure ??= explainFailure(output?.stderr)
  }
  return failure!
}

async function findRestricted({ setpriv, prlimit, defaults }: Parts, reason: string): Promise<Sandbox> {
  const [usable, limits] = await usablePrlimit({ prlimit, defaults })
  const missing = limits.length > 1 ? '' : '; prlimit (of util-linux) is missing or not allowed: no limits but on memory'
  const base = { ...NO_SANDBOX, limits, reason: reason + missing }
  const restricted: Sandbox = { ...base, wall: 'restricted', prepare: async (call) => restrict(call, { setpriv, prlimit: usable, defaults }) }
  if (setpriv && (await tryOut(restricted))?.exitCode === 0) return restricted
  return {
    ...base, reason: `${base.reason}; setpriv (of util-linux) is missing or not allowed: programs outlive a server that is killed`,
    prepare: async (call) => restrict(call, { prlimit: usable, defaults }),
  }
}

async function usablePrlimit({ prlimit, defaults }: Pick<Parts, 'prlimit' | 'defaults'>): Promise<readonly [string | undefined, readonly (keyof Limits)[]]> {
  const prepare = async (call: Parameters<Sandbox['prepare']>[0]): Promise<Launch> => restrict(call, { prlimit, defaults })
  const works = prlimit !== undefined && (await tryOut({ ...NO_SANDBOX, prepare }))?.exitCode === 0
  return works ? [prlimit, RESOURCE_LIMITS] : [undefined, ['memory']]
}

/** Undefined where nothing could be started. */
async function tryOut(sandbox: Sandbox): Promise<Output | undefined> {
  try {
    return await readOutput({ program: 'true', args: [], cwd: tmpdir(), sandbox, timeoutMs: TRY_MS })
  } catch (error) {
    if (error instanceof CommandNotStartedError && error.isTransient) throw error
    return undefined
  }
}

const TRY_MS = 10_000

async function listLibraries(program: string): Promise<string> {
  const output = await readOutput({ program: 'ldd', args: [program], cwd: tmpdir(), sandbox: NO_SANDBOX }).catch(() => undefined)
  return output?.stdout ?? ''
}
