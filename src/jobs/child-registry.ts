import { rm } from 'node:fs/promises'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { signalGroup } from './process-group.ts'

/**
 * Notes in a job's directory which process works there, so that a later server can tell it from another one that was
 * given the same pid. At once, since a server that is killed in the next moment must have noted it.
 */
export function recordChild(directory: string, pid: number): void {
  const identity = identityOf(pid)
  // It has ended already, or this system has no /proc to tell one process from another.
  if (identity) writeFileSync(join(directory, FILE), JSON.stringify(identity))
}

export async function forgetChild(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true })
}

/**
 * Kills what an earlier server left running in these directories, and waits until it is gone. Only a process that is
 * still the one that was noted is touched, together with its group. Tells how many there were.
 */
export async function killLeftChildren(directories: Iterable<string>): Promise<number> {
  const killed = await Promise.all([...directories].map(killLeftChild))
  return killed.filter(Boolean).length
}

async function killLeftChild(directory: string): Promise<boolean> {
  // At once too: after a restart every job that waits is looked at, and hardly any has left something.
  const text = readIfPresent(join(directory, FILE))
  if (text === undefined) return false
  const noted = parseIdentity(text)
  const isLeft = noted !== undefined && isRunning(noted)
  if (isLeft) {
    signalGroup(noted.pid, 'SIGKILL')
    // Nobody but its parent is told of its end, so it has to be looked for.
    for (let look = 0; isRunning(noted) && look < MAX_LOOKS; look++) await setTimeout(LOOK_EVERY_MS)
  }
  await forgetChild(directory)
  return isLeft
}

const FILE = 'child.json'
const LOOK_EVERY_MS = 10
const MAX_LOOKS = 500

interface Identity {
  readonly pid: number
  /** In the kernel's ticks since it booted. */
  readonly startedAt: string
  readonly boot: string
}

function isRunning(noted: Identity): boolean {
  const current = identityOf(noted.pid)
  return current?.startedAt === noted.startedAt && current.boot === noted.boot
}

/** Undefined for a process that is not there, has ended, or leads no group. */
function identityOf(pid: number): Identity | undefined {
  try {
    // The name in parentheses may itself hold parentheses and spaces.
    const [state, , group, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    const startedAt = rest[16]
    if (state === 'Z' || state === 'X' || Number(group) !== pid || startedAt === undefined) return undefined
    return { pid, startedAt, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() }
  } catch {
    return undefined
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Undefined for a file that a crash cut short. */
function parseIdentity(text: string): Identity | undefined {
  try {
    const { pid, startedAt, boot } = JSON.parse(text)
    const isWhole = Number.isSafeInteger(pid) && pid > 1 && typeof startedAt === 'string' && typeof boot === 'string'
    return isWhole ? { pid, startedAt, boot } : undefined
  } catch {
    return undefined
  }
}
