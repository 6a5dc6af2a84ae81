import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { HubError } from '../errors.ts'
import type { Requirements } from '../tools/tool.ts'
import { findProgram } from './find-program.ts'
import { readOutput } from './run-command.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

/** The sanjuuni that has been installed, for those who want it in place of the hub's own converter. */
export interface Sanjuuni {
  readonly path: string
  readonly source: 'REELTIME_SANJUUNI' | 'PATH'
}

export interface SanjuuniOptions {
  /** What REELTIME_SANJUUNI says. */
  readonly sanjuuniPath?: string | undefined
  /** The PATH to search. */
  readonly pathVariable: string
  /** What it runs behind. */
  readonly sandbox: Sandbox
}

/** Undefined where none is installed. Throws a HubError `missing_capability` for one that is configured and does not run. */
export async function findSanjuuni({ sanjuuniPath, pathVariable, sandbox }: SanjuuniOptions): Promise<Sanjuuni | undefined> {
  if (sanjuuniPath === undefined) {
    const path = await findProgram('sanjuuni', pathVariable)
    return path !== undefined && (await runs(path, sandbox)) ? { path, source: 'PATH' } : undefined
  }
  const path = await findProgram(sanjuuniPath.includes('/') ? resolve(sanjuuniPath) : sanjuuniPath, pathVariable)
  if (path !== undefined && (await runs(path, sandbox))) return { path, source: 'REELTIME_SANJUUNI' }
  throw new HubError('missing_capability', 'REELTIME_SANJUUNI does not name a program that runs as sanjuuni', {
    hint: 'Set REELTIME_SANJUUNI to the path of one, or leave it out: the hub has a converter of its own',
  })
}

/** Throws a HubError `missing_capability` where a job needs a sanjuuni and there is none. */
export async function checkPrograms({ programs = [] }: Requirements, sanjuuni: () => Promise<Sanjuuni | undefined>): Promise<void> {
  if (programs.includes('sanjuuni')) await needSanjuuni(sanjuuni)
}

export async function needSanjuuni(sanjuuni: () => Promise<Sanjuuni | undefined>): Promise<Sanjuuni> {
  const found = await sanjuuni()
  if (found) return found
  throw new HubError('missing_capability', 'sanjuuni is not installed on this server', {
    hint: 'Leave engine out: the hub’s own converter makes the same formats. Or set REELTIME_SANJUUNI to the path of one',
  })
}

async function runs(path: string, sandbox: Sandbox): Promise<boolean> {
  const answer = await readOutput({ program: path, args: ['--help'], cwd: tmpdir(), sandbox }).catch(() => undefined)
  return answer?.exitCode === 0
}
