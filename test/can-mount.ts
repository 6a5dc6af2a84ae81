import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** Whether a test may mount a disk of its own. */
export function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', tmpdir()], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
