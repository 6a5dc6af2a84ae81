import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The server alone on one core, everything that loads it on the other: neither is slowed by the other's work. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1

const END_MS = 5000
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', `${LOAD_CORE}`, 'true']).status === 0
const running = new Set()

/** `[program, …args]` on that core only, where the machine has a second one; otherwise as it is. */
export function onCore(core, command) {
  return core === undefined || !canPin ? command : ['taskset', '-c', `${core}`, ...command]
}

/**
 * Starts a process in a group of its own, which `endProcess` ends as a whole. `ipc: 'channel'` gives it a message
 * channel; `stdout` is `pipe` or `ignore`.
 */
export function startProcess(command, { core, ipc = 'none', stdout = 'ignore', cwd } = {}) {
  const [file, ...args] = onCore(core, command)
  const stdio = ['ignore', stdout, 'inherit', ...(ipc === 'channel' ? ['ipc'] : [])]
  const child = spawn(file, args, { stdio, detached: true, cwd })
  child.ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  running.add(child)
  void child.ended.then(() => running.delete(child))
  return child
}

/** SIGTERM, and SIGKILL for what does not listen. Resolves when it has been reaped. */
export async function endProcess(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  signalGroup(child.pid, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), END_MS)
  await child.ended
  clearTimeout(timer)
  // What it started and left behind.
  signalGroup(child.pid, 'SIGKILL')
}

export async function endEverything() {
  await Promise.all([...running].map(endProcess))
}

/** The next message of a process with a channel. Rejects when it ends instead. */
export function nextMessage(child) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      child.off('exit', onExit)
      if (message.error) reject(new Error(message.error))
      else resolve(message)
    }
    const onExit = (code, signal) => {
      child.off('message', onMessage)
      reject(new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal}`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}

export function ask(child, request) {
  const answer = nextMessage(child)
  child.send(request)
  return answer
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
