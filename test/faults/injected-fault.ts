import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** False where the tests' user may not trace another process, or there is no strace. */
export const mayInject = (() => {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** The calls by which the hub changes its files. */
export const FILE_CALLS = 'mkdir,pwrite64,fdatasync,fsync,rename,unlink,rmdir,ftruncate'

export interface InjectedFault {
  readonly pid: number
  /** `main` alone, on which SQLite works and from which programs are started, or `all` that the process has now. */
  readonly threads: 'main' | 'all'
  /** As in strace's `-e trace=`. */
  readonly calls: string
  /** As in strace's `-e inject=`, without the calls: `signal=KILL:when=3`, `error=EIO`. */
  readonly fault?: string
}

/** What a thread did, one line a call. */
export interface Injection {
  readonly calls: readonly string[]
  /** How many calls the fault met. */
  readonly count: number
  stop(): Promise<void>
}

/**
 * Lets calls of a running process fail, or kills it at one of them, until it is stopped. Each thread counts for itself.
 * Threads that come later and child processes are left alone. Resolves when it holds.
 */
export async function injectFault({ pid, threads, calls, fault }: InjectedFault): Promise<Injection> {
  const ids = threads === 'main' ? [String(pid)] : readdirSync(`/proc/${pid}/task`)
  const args = ['-yy', '-e', `trace=${calls}`, ...(fault === undefined ? [] : ['-e', `inject=${calls}:${fault}`]), ...ids.flatMap((id) => ['-p', id])]
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(tracer, 'exit')
  const lines: string[] = []
  await new Promise<void>((resolve) => {
    let attached = 0
    createInterface({ input: tracer.stderr }).on('line', (line) => {
      if (/^strace: Process \d+ attached/.test(line)) attached++
      else lines.push(line)
      if (attached === ids.length) resolve()
    })
    tracer.once('exit', () => resolve())
  })
  return {
    get calls() {
      return lines.filter((line) => line.includes('('))
    },
    get count() {
      return lines.filter((line) => line.includes('(INJECTED)') || line.includes('+++ killed by SIGKILL')).length
    },
    async stop() {
      tracer.kill('SIGINT')
      await exited
    },
  }
}
