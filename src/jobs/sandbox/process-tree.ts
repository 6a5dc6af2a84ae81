import { readdirSync, readFileSync } from 'node:fs'

export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  readonly memoryBytes: number
  readonly threads: number
}

/** A process and all that descend from it, itself first; empty where that cannot be looked at. */
export function processTree(root: number): readonly RunningProcess[] {
  const found: RunningProcess[] = []
  const waiting = [root]
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const process = readProcess(pid)
    if (!process) continue
    found.push(process)
    waiting.push(...childrenOf(pid))
  }
  return found
}

/** Of all its threads: any of them may have started a program. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
  } catch {
    return []
  }
}

function readProcess(pid: number): RunningProcess | undefined {
  try {
    // The name in parentheses may itself hold parentheses and spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    return { pid, parent: Number(fields[1]), threads: Number(fields[17]), memoryBytes: Number(fields[21]) * PAGE_BYTES }
  } catch {
    return undefined
  }
}

/** Some arm64 kernels have larger ones; what is told is then less than there is, and the kernel's own limit stands. */
const PAGE_BYTES = 4096
