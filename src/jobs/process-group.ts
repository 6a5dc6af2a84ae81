import { processTree } from './sandbox/process-tree.ts'

/** Signals a whole process group, the children of its leader included. A group that is gone is no error. */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  send(-leader, signal)
}

/**
 * Asks the programs behind a wall to end: not the leader, with which the wall would fall at once, nor its child, which is
 * the init of the processes behind it and hears no SIGTERM. Where none runs so far, the wall falls.
 */
export function signalPrograms(leader: number): void {
  const programs = processTree(leader).filter(({ pid, parent }) => pid !== leader && parent !== leader)
  if (programs.length === 0) return signalGroup(leader, 'SIGKILL')
  for (const { pid } of programs) send(pid, 'SIGTERM')
}

function send(target: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    // EPERM: macOS says so of a group that holds nothing but zombies.
    if (!isErrorWithCode(error, 'ESRCH') && !isErrorWithCode(error, 'EPERM')) throw error
  }
}

function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
